"""SenML in JSON (RFC 8428), on topics with a level `senml`.

    [{"bn": "urn:dev:mac:0024befffe804ff1/", "bt": 1782892800, "bu": "Cel", "n": "temperature", "v": 25.2},
     {"n": "humidity", "u": "%RH", "v": 61, "t": -10}]

A pack is first resolved: base fields (`bn bt bu bv bs`) hold from their record on, times below 2²⁸ count from the time
of receipt. Then the name of each record says device and property:

| name | device | property |
|---|---|---|
| `{device}/{field}`, `{device}:{field}`, `urn:dev:…:{id}_{field}` | `{device}` | by field name (`_fields.py`) |
| `{device}` | `{device}` | by unit: `Cel` is a temperature, `%RH` a humidity, `%EL` a battery level … |

`{device}` is an id of the register, or a URN `urn:dev:{scheme}:{id}` whose `{id}` is one, or a DevEUI. Records of
unknown fields, texts and opaque data are passed over; a device that is not known refuses the pack. A unit is never
implied. A record without any time holds for the moment of receipt, so a repeat of it is a new observation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ingest.dialects._base import Dialect, all_or_nothing, read_json
from ingest.dialects._fields import Stated, observe
from ingest.errors import Reason, shown, unacceptable, unreadable
from ingest.model import Device, Frame, Lookup, Observation
from ingest.normalise import bounded_ms, number, something

_VERSION = 10
_RELATIVE_BELOW_S = 2**28
_BASE = {"bn": "n", "bt": "t", "bu": "u", "bv": "v", "bs": "s"}
_VALUES = ("v", "vs", "vb", "vd")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9:./_-]*")
_URN = re.compile(r"urn:dev:[a-z0-9]+:(.+)", re.IGNORECASE)
_BY_UNIT = {
    "Cel": "temperature", "%RH": "humidity", "hPa": "pressure", "Pa": "pressure", "lx": "illuminance",
    "W/m2": "solar_radiation", "W": "power", "V": "voltage", "A": "current", "km/h": "speed",
    "%EL": "battery_level", "dBm": "rssi",
}  # fmt: skip


class SenmlJson:
    """Decodes SenML packs in JSON."""

    name = "senml_json"

    def matches(self, topic: str, payload: bytes) -> bool:
        """Say whether the topic has a level `senml`, or the payload begins like a pack."""
        if "senml" in topic.lower().split("/"):
            return True
        head = payload[:256].lstrip()
        return head.startswith(b"[") and (b'"bn"' in head or (b'"n"' in head and b'"v"' in head))

    @all_or_nothing
    def decode(self, frame: Frame, lookup: Lookup) -> tuple[Observation, ...]:
        """Return the observations of a pack; `_base.all_or_nothing` turns what it raises into a refusal."""
        observations: list[Observation] = []
        for record in resolve(read_json(frame.payload), frame.received_at_ms / 1000):
            device, field = _named(record["n"], lookup)
            field = field or _BY_UNIT.get(record.get("u", ""), "")
            value = record.get("v", record.get("vb"))
            if field and value is not None:
                time = bounded_ms(round(number(record["t"] * 1000, "t")), "t")
                stated = Stated(name=field, value=value, time_ms=time, unit=record.get("u"))
                observations += observe([stated], device, frame, lookup, usual_units=False)
        return something(observations, frame)


def resolve(pack: Any, now_s: float) -> list[dict[str, Any]]:
    """Return the resolved records of a pack (RFC 8428 §4.6): full name, absolute time in seconds, no base fields.

    Records that hold nothing but base fields are left out. Raises `RefusedError` for what is not a pack.
    """
    if not isinstance(pack, list):
        raise unreadable(Reason.SHAPE, f"a SenML pack is an array, not {shown(pack)}")
    base: dict[str, Any] = {"bn": "", "bt": 0.0, "bv": 0.0, "bs": 0.0}
    records = []
    for entry in pack:
        if not isinstance(entry, dict):
            raise unreadable(Reason.SHAPE, f"a SenML record is an object, not {shown(entry)}")
        _check(entry)
        base.update((key, entry[key]) for key in _BASE if key in entry)
        if any(key in entry for key in (*_VALUES, "s")):
            records.append(_resolved(entry, base, now_s))
    return records


def _check(entry: dict[str, Any]) -> None:
    for key, value in entry.items():
        if key in {"bn", "bu", "n", "u", "vs", "vd"} and not isinstance(value, str):
            raise unreadable(Reason.SHAPE, f"{key} is {shown(value)}, not a text")
        if key in {"bt", "bv", "bs", "v", "s", "t", "ut"}:
            number(value, key)
        if key == "vb" and not isinstance(value, bool):
            raise unreadable(Reason.SHAPE, f"vb is {shown(value)}, not true or false")
        if key == "bver" and not (type(value) is int and 0 < value <= _VERSION):
            raise unreadable(Reason.VERSION, f"bver is {shown(value)}, versions 1 to {_VERSION} are known")
        if key.endswith("_"):  # §4.4: must be understood, or the pack must be refused
            raise unreadable(Reason.VERSION, f"the field {shown(key)} must be understood and is not known")
    if sum(key in entry for key in _VALUES) > 1:
        raise unreadable(Reason.SHAPE, "a SenML record has more than one value")


def _resolved(entry: dict[str, Any], base: dict[str, Any], now_s: float) -> dict[str, Any]:
    record = {key: value for key, value in entry.items() if key not in _BASE and key != "bver"}
    record["n"] = base["bn"] + entry.get("n", "")
    if not _NAME.fullmatch(record["n"]):
        raise unreadable(Reason.SHAPE, f"{shown(record['n'])} is not a SenML name")
    time = base["bt"] + entry.get("t", 0.0)
    record["t"] = number(time + now_s if time < _RELATIVE_BELOW_S else time, "t")
    if "u" in entry or "bu" in base:
        record["u"] = entry.get("u", base.get("bu"))
    for key, base_key in (("v", "bv"), ("s", "bs")):
        if key in entry:
            record[key] = number(base[base_key] + entry[key], key)
    return record


def _named(name: str, lookup: Lookup) -> tuple[Device, str]:
    """Return the device that a record name speaks of, and the field behind it (empty if there is none)."""
    for device_name, field in _readings_of(name):
        device = _device(device_name, lookup)
        if device is not None:
            return device, field
    raise unacceptable(Reason.UNKNOWN_DEVICE, f"no device of the register is named by {shown(name)}")


def _readings_of(name: str) -> Iterator[tuple[str, str]]:
    yield name.rstrip(":/"), ""
    for device_name, separator, field in (name.rpartition("/"), name.rpartition(":"), name.partition("_")):
        if separator and device_name:
            yield device_name, field


def _device(name: str, lookup: Lookup) -> Device | None:
    urn = _URN.fullmatch(name)
    short = urn[1] if urn else name
    return lookup.device(name) or lookup.device(short) or lookup.by_eui(short.replace("-", ""))


DIALECT: Dialect = SenmlJson()
