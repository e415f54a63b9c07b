"""What is spoiled: recorded messages with the devices that they speak of.

A folder of cases (`tests/ingest/dialects/payloads`: JSON files with `topic`, `devices`, and `payload`, `text` or
`hex`), or a file of messages as `wangge replay` reads it; those speak of devices that nobody has listed, so everybody
is known.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from deploy.replay import recorded
from ingest import dictionary
from ingest.devices import Register
from ingest.model import Device, Lookup
from ingest.profiles.model import Profile

RECEIVED_MS = 1_782_892_810_000  # 2026-07-01T08:00:10Z
_CELL = "450107003013001"
_DOMAINS = ("traffic", "weather", "lighting", "waste")
_LONGEST_ID = 64
_DICTIONARY, _ = dictionary.load()


class Recording(NamedTuple):
    """One recorded message, and the register for it."""

    name: str
    topic: str
    payload: bytes
    lookup: Lookup


class Anybody(Register):
    """A register that knows every device: with its domain, its attributes and its profile by a digest of its name."""

    def __init__(self, profiles: Mapping[str, Profile] | None = None) -> None:
        super().__init__({}, _DICTIONARY, profiles)
        self._models = sorted(self.profiles)

    def device(self, device_id: str) -> Device | None:
        """Return a device of this name, if a register could have it."""
        if not 0 < len(device_id) <= _LONGEST_ID:
            return None
        number = zlib.crc32(device_id.encode("utf-8", "backslashreplace"))
        attributes = {"height_cm": str(number % 200 + 1)} if number % 3 else {}
        kind = "sensor"
        if self._models and number % 4:
            attributes["model"] = self._models[number // 4 % len(self._models)]
            kinds = sorted(self.profiles[attributes["model"]].kinds)
            kind = kinds[number % len(kinds)] if kinds else kind
        return _device(device_id, _DOMAINS[number % len(_DOMAINS)], None, attributes, kind)

    def by_eui(self, eui: str) -> Device | None:
        """Return a device with this EUI."""
        return self.device(eui)

    def series_of(self, device_id: str) -> Any:
        """Return the series of the device."""
        device = self.device(device_id)
        return None if device is None else Register({device_id: device}, self.dictionary).table[device_id]

    def series(self, device_id: str, observed_property: str) -> Any:
        """Return a series of the device."""
        try:
            return self.series_of(device_id)[observed_property]
        except (KeyError, TypeError):
            return None


def register_of(devices: Mapping[str, Mapping[str, Any]], profiles: Mapping[str, Profile] | None = None) -> Register:
    """Return a register of `{device id: {domain, eui, attributes}}`."""
    return Register(
        {
            device_id: _device(device_id, device["domain"], device.get("eui"), device.get("attributes", {}))
            for device_id, device in devices.items()
        },
        _DICTIONARY,
        profiles,
    )


def of_folder(folder: Path) -> list[Recording]:
    """Return the cases of a folder, by name; raises OSError, and ValueError or KeyError where a file is no case."""
    return [_of_case(file) for file in sorted(folder.glob("*/*.json"))]


def of_file(file: Path, lookup: Lookup) -> list[Recording]:
    """Return the messages of a file that can be read."""
    return [
        Recording(f"{file.name}:{number}", one.topic, one.payload, lookup)
        for number, one in enumerate(recorded.read(file), start=1)
        if isinstance(one, recorded.Message)
    ]


def _of_case(file: Path) -> Recording:
    content = json.loads(file.read_text(encoding="utf-8"))
    if "hex" in content:
        payload = bytes.fromhex(content["hex"])
    else:
        text = content["text"] if "text" in content else json.dumps(content["payload"], ensure_ascii=False)
        payload = text.encode()
    return Recording(f"{file.parent.name}/{file.stem}", content["topic"], payload, register_of(content["devices"]))


def _device(
    device_id: str, domain: str, eui: str | None, attributes: Mapping[str, str], kind: str = "sensor"
) -> Device:
    return Device(
        id=device_id,
        domain=domain,
        kind=kind,
        cell=_CELL,
        lat=22.8,
        lon=108.3,
        cadence_s=60,
        eui=eui,
        attributes=dict(attributes),
    )
