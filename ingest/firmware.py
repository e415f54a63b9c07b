"""Which firmware a message comes from, where somebody says so: the network server beside the payload, or the register.

    The Things Stack   {"uplink_message": {"version_ids": {"firmware_version": "1.2"}}}
    ChirpStack         {"deviceInfo": {"tags": {"firmware": "1.2"}}}
    register           attribute `firmware` of the device

Asked of the few frames that drift looks at, never of each.
"""

from __future__ import annotations

import msgspec

from ingest.model import Device


class _Version(msgspec.Struct, frozen=True):
    firmware_version: str = ""


class _Uplink(msgspec.Struct, frozen=True):
    version_ids: _Version = _Version()


class _Tags(msgspec.Struct, frozen=True):
    firmware: str = ""


class _Info(msgspec.Struct, frozen=True):
    tags: _Tags = _Tags()


class _Message(msgspec.Struct, frozen=True):
    uplink_message: _Uplink = _Uplink()
    uplink_normalized: _Uplink = _Uplink()
    info: _Info = msgspec.field(name="deviceInfo", default=_Info())


_DECODER = msgspec.json.Decoder(_Message)


def firmware_of(payload: bytes, device: Device) -> str:
    """Return the firmware that a message of a device names, else the one of the register; empty where nobody says."""
    said = ""
    if payload.startswith(b"{"):
        try:
            message = _DECODER.decode(payload)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            message = _Message()
        uplinks = message.uplink_message, message.uplink_normalized
        said = next((one.version_ids.firmware_version for one in uplinks if one.version_ids.firmware_version), "")
        said = said or message.info.tags.firmware
    return said or device.attributes.get("firmware", "")
