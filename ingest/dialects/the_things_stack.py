"""The Things Stack v3 (LoRaWAN): uplinks with a decoded payload, on `v3/{application}@{tenant}/devices/{device}/up`.

    {"end_device_ids": {"device_id": "wb-0001", "dev_eui": "70B3D57ED0000001"},
     "received_at": "2026-07-01T08:00:00.123456789Z",
     "uplink_message": {"received_at": "2026-07-01T08:00:00.023456789Z",
        "decoded_payload": {"fillLevel": 81, "temperature": "25 ℃",
                            "battery_voltage": {"value": 3.1, "unit": "V", "displayName": "Battery"}},
        "rx_metadata": [{"gateway_ids": {…}, "rssi": -80, "snr": 7.5}]}}

The device is found by its DevEUI, else by its id in the message or in the topic. The time is when the network server
received the uplink. What the fields of `decoded_payload` mean is in `_fields.py`; it may be nested, and vendors write
numbers as text, alone or with a unit ("2000 mm"). Empty fields are left out on the wire: an `rx_metadata` with `rssi`
and no `snr` means 0 dB. Of several gateways the one with the best signal counts. `"valid": false` makes everything
but the state of the device itself void. Other messages (join, downlink …) and simulated uplinks measure nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from ingest.dialects._base import Dialect, all_or_nothing, read_json
from ingest.dialects._fields import Stated, observe
from ingest.errors import Reason, shown, unacceptable, unreadable
from ingest.model import Device, Frame, Lookup, Observation
from ingest.normalise import known_device, something, time_ms

_MAX_DEPTH = 8
_TEXT = re.compile(r"\s*([+-]?\d{1,15}(?:\.\d{1,15})?)\s*(\D\S{0,15})?\s*")
_NO_VALUE = frozenset({"", "no sensor", "nosensor", "n/a", "null", "none", "-"})
_VALID_IDS = 4  # v3, application@tenant, "devices", device


class _Ids(msgspec.Struct, frozen=True, gc=False):
    device_id: str = ""
    dev_eui: str = ""


class _Reception(msgspec.Struct, frozen=True, gc=False):
    rssi: float | None = None
    snr: float | None = None


class _Settings(msgspec.Struct, frozen=True, gc=False):
    time: str | None = None


class _Battery(msgspec.Struct, frozen=True, gc=False):
    value: float = 0.0  # left out on the wire when it is 0
    received_at: str | None = None


class _Uplink(msgspec.Struct, frozen=True):
    decoded_payload: dict[str, Any] | None = None
    rx_metadata: list[_Reception] = []
    settings: _Settings = _Settings()
    received_at: str | None = None
    last_battery_percentage: _Battery | None = None


class _Up(msgspec.Struct, frozen=True):
    end_device_ids: _Ids = _Ids()
    received_at: str | None = None
    uplink_message: _Uplink | None = None
    simulated: bool = False


class TheThingsStack:
    """Decodes uplinks of The Things Stack v3."""

    name = "the_things_stack"

    def matches(self, topic: str, payload: bytes) -> bool:
        """Say whether the topic is of The Things Stack, or the payload holds an uplink of it."""
        levels = topic.split("/")
        if len(levels) > _VALID_IDS and levels[0] == "v3" and levels[2] == "devices":
            return True
        return b'"uplink_message"' in payload and b'"end_device_ids"' in payload

    @all_or_nothing
    def decode(self, frame: Frame, lookup: Lookup) -> tuple[Observation, ...]:
        """Return the observations of an uplink; `_base.all_or_nothing` turns what it raises into a refusal."""
        try:
            message = msgspec.convert(read_json(frame.payload), _Up)
        except msgspec.ValidationError as exc:
            raise unreadable(Reason.SHAPE, f"the message is not an uplink: {exc}") from exc
        uplink = message.uplink_message
        if uplink is None:
            raise unacceptable(Reason.NOT_MEASURED, "the message is not an uplink")
        if message.simulated:
            raise unacceptable(Reason.NOT_MEASURED, "the uplink was simulated in the console of the network server")
        device = _device(message.end_device_ids, frame.topic, lookup)
        received_at = uplink.received_at or message.received_at or uplink.settings.time
        if received_at is None:
            raise unreadable(Reason.TIME, "received_at is missing")
        time = time_ms(received_at, "received_at")
        stated = [*_measured(uplink.decoded_payload or {}, time), *_of_device(uplink, time)]
        return something(observe(stated, device, frame, lookup, usual_units=True), frame)


def _device(ids: _Ids, topic: str, lookup: Lookup) -> Device:
    levels = topic.split("/")
    device_id = ids.device_id or (levels[3] if len(levels) > _VALID_IDS else "")
    device = lookup.by_eui(ids.dev_eui) if ids.dev_eui else None
    return known_device(device or lookup.device(device_id), f"{device_id} {ids.dev_eui}".strip())


def _measured(payload: dict[str, Any], time: int) -> Iterator[Stated]:
    void = payload.get("valid") is False
    for name, raw, stated_unit in _flat(payload, 0):
        value, unit = _number_in_text(raw) if isinstance(raw, str) else (raw, None)
        if value is not None and not (void and not name.lower().startswith("bat")):
            yield Stated(name=name, value=value, time_ms=time, unit=unit or stated_unit)


def _number_in_text(text: str) -> tuple[float | str | None, str | None]:
    """Return the number of a text and its unit; a text that is not a number as it is, one that says "none" as None."""
    match = _TEXT.fullmatch(text)
    if match:
        return float(match[1]), match[2]
    return (None if text.strip().lower() in _NO_VALUE else text), None


def _flat(payload: dict[str, Any], depth: int) -> Iterator[tuple[str, Any, str | None]]:
    """Go over the fields of a nested payload as (name, value, unit)."""
    if depth > _MAX_DEPTH:
        raise unreadable(Reason.TOO_DEEP, f"decoded_payload is nested deeper than {_MAX_DEPTH} levels")
    for name, value in payload.items():
        if isinstance(value, dict) and "value" in value:
            unit = value.get("unit")
            yield name, value["value"], unit if isinstance(unit, str) else None
        elif isinstance(value, dict):
            yield from _flat(value, depth + 1)
        elif isinstance(value, list):
            for item in value:
                if isinstance(item, dict) and "measurementId" in item:  # SenseCAP numbers its quantities
                    yield f"sensecap_{shown(item['measurementId'])}", item.get("measurementValue"), None
                elif isinstance(item, dict):
                    yield from _flat(item, depth + 1)
        else:
            yield name, value, None


def _of_device(uplink: _Uplink, time: int) -> Iterator[Stated]:
    best = max((r for r in uplink.rx_metadata if r.rssi is not None), key=lambda r: r.rssi or 0.0, default=None)
    if best is not None:
        yield Stated(name="device.rssi", value=best.rssi, time_ms=time, unit="dB[mW]")
        yield Stated(name="device.snr", value=best.snr or 0.0, time_ms=time, unit="dB")
    battery = uplink.last_battery_percentage
    if battery is not None and battery.received_at is not None:
        battery_time = time_ms(battery.received_at, "last_battery_percentage.received_at")
        yield Stated(name="device.battery_level", value=battery.value, time_ms=battery_time, unit="%")


DIALECT: Dialect = TheThingsStack()
