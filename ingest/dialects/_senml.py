"""SenML packs (RFC 8428), whether they came as JSON or as CBOR: resolving them, and what their records measure.

A pack is first resolved (§4.6): base fields (`bn bt bu bv bs`) hold from their record on, times below 2²⁸ count from
the time of receipt. Then the name of each record says device and property:

| name | device | property |
|---|---|---|
| `{device}/{field}`, `{device}:{field}`, `urn:dev:…:{id}_{field}` | `{device}` | by field name (`_fields.py`) |
| `{device}` | `{device}` | by unit: `Cel` is a temperature, `%RH` a humidity, `%EL` a battery level … |

`{device}` is an id of the register, or a URN `urn:dev:{scheme}:{id}` whose `{id}` is one, or a DevEUI. Records in the
units `lat` and `lon` say together how far the device is from where the register has it. Records of unknown fields,
texts and opaque data are passed over; a device that is not known refuses the pack. A unit is never implied. A record
without any time holds for the moment of receipt, so a repeat of it is a new observation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from ingest.dialects._fields import Stated, observe
from ingest.dialects._meanings import Meanings, holds, learn
from ingest.errors import Reason, shown, unacceptable, unreadable
from ingest.model import Device, Frame, Lookup, Observation
from ingest.normalise import LAST_MS, bounded_ms, known_series, number, position, something

_VERSION = 10
_SECONDARY_UNITS = 26  # RFC 9100: version 10 with the feature "secondary units"
_RELATIVE_BELOW_S = 2**28
_BASE = frozenset({"bn", "bt", "bu", "bv", "bs", "bver"})
_VALUES = frozenset({"v", "vs", "vb", "vd"})
_TEXTS = frozenset({"bn", "bu", "n", "u", "vs", "vd"})
_NUMBERS = frozenset({"bt", "bv", "bs", "v", "s", "t", "ut"})
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9:./_-]*")
_NAME_CHARACTERS = 255  # ours: without a bound a long base name, said once, would cost time at every record
_URN = re.compile(r"urn:dev:[a-z0-9]+:(.+)", re.IGNORECASE)
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]+")
_BY_UNIT = {
    "Cel": "temperature", "%RH": "humidity", "hPa": "pressure", "Pa": "pressure", "lx": "illuminance",
    "W/m2": "solar_radiation", "W": "power", "kW": "power", "V": "voltage", "mV": "voltage", "A": "current",
    "mA": "current", "Hz": "frequency", "kWh": "energy", "Wh": "energy", "km/h": "speed", "mm/h": "rain_rate",
    "Bspl": "noise", "kg": "weight", "%EL": "battery_level", "dBm": "rssi",
}  # fmt: skip
_COORDINATES = frozenset({"lat", "lon"})

_MEANINGS = Meanings()


def observations(pack: Any, frame: Frame, lookup: Lookup) -> tuple[Observation, ...]:
    """Return the observations of a pack in its order. Raises `RefusedError` for what is none or names no device."""
    found: list[Observation] = []
    places: dict[tuple[str, int], dict[str, object]] = {}
    received_at_ms, meanings = frame.received_at_ms, _MEANINGS.of(lookup)
    for record in resolve(pack, received_at_ms / 1000):
        value: Any = record.get("v", record.get("vb"))
        name, unit, time = record["n"], record.get("u"), record["t"] * 1000
        key = name, unit, value.__class__
        meaning = meanings.get(key)
        if meaning is not None and holds(meaning, lookup) and 0 <= time <= LAST_MS:
            amount = number(float(value) * meaning.factor + meaning.offset, name)
            found.append(Observation(meaning.series, amount, round(time), received_at_ms))
            continue
        device, field = _named(name, lookup)
        if unit in _COORDINATES and value is not None:
            places.setdefault((device.id, bounded_ms(round(number(time, "t")), "t")), {})[unit] = value
            continue
        field = field or _BY_UNIT.get(unit or "", "")
        if field and value is not None:
            time_ms = bounded_ms(round(number(time, "t")), "t")
            stated = Stated(name=field, value=value, time_ms=time_ms, unit=unit)
            observed = observe([stated], device, frame, lookup, usual_units=False)
            found += observed
            if len(observed) == 1 and (unit is not None or value.__class__ is bool):
                learn(meanings, key, unit or "1", float(value), observed[0])
    for (device_id, time_ms), place in places.items():
        if len(place) == len(_COORDINATES):
            series = known_series(lookup, device_id, "device.position_offset")
            offset = position(series.device, place["lat"], place["lon"])
            found.append(Observation(series, offset, time_ms, received_at_ms))
    return something(found, frame)


def resolve(pack: Any, now_s: float) -> list[dict[str, Any]]:
    """Return the resolved records of a pack (RFC 8428 §4.6): full name, absolute time in seconds, no base fields.

    They stand in the order of the pack, as in the standard's examples. Records that hold nothing but base fields are
    left out. Raises `RefusedError` for what is not a pack.
    """
    if not isinstance(pack, list):
        raise unreadable(Reason.SHAPE, f"a SenML pack is an array, not {shown(pack)}")
    base = _Base()
    records = []
    for entry in pack:
        if not isinstance(entry, dict):
            raise unreadable(Reason.SHAPE, f"a SenML record is an object, not {shown(entry)}")
        values = 0
        for key, value in entry.items():
            _check(key, value)
            values += key in _VALUES
        if values > 1:
            raise unreadable(Reason.SHAPE, "a SenML record has more than one value")
        if not _BASE.isdisjoint(entry):
            base.take(entry)
        if values or "s" in entry:
            records.append(_resolved(entry, base, now_s))
    return records


class _Base(msgspec.Struct):
    """The base fields that hold at a record."""

    name: str = ""
    unit: str | None = None
    time_s: float = 0.0
    value: float = 0.0
    total: float = 0.0
    version: int | None = None

    def take(self, entry: dict[str, Any]) -> None:
        """Take over the base fields of a record; the version must not change within a pack (§4.4)."""
        self.name, self.unit = entry.get("bn", self.name), entry.get("bu", self.unit)
        self.time_s, self.value = entry.get("bt", self.time_s), entry.get("bv", self.value)
        self.total, version = entry.get("bs", self.total), entry.get("bver", self.version)
        if version != self.version is not None:
            raise unreadable(Reason.VERSION, f"bver is {self.version} and {version} in one pack")
        self.version = version


def _resolved(entry: dict[str, Any], base: _Base, now_s: float) -> dict[str, Any]:
    record = {key: value for key, value in entry.items() if key not in _BASE}
    if len(base.name) + len(entry.get("n", "")) > _NAME_CHARACTERS:
        raise unreadable(Reason.SHAPE, f"a SenML name is longer than {_NAME_CHARACTERS} characters")
    record["n"] = name = base.name + entry.get("n", "")
    if not _NAME.fullmatch(name):
        raise unreadable(Reason.SHAPE, f"{shown(name)} is not a SenML name")
    time = base.time_s + entry.get("t", 0.0)
    record["t"] = number(time + now_s if time < _RELATIVE_BELOW_S else time, "t")
    if base.unit is not None:
        record.setdefault("u", base.unit)
    if "v" in entry:
        record["v"] = number(base.value + entry["v"], "v")
    if "s" in entry:
        record["s"] = number(base.total + entry["s"], "s")
    return record


def _check(key: str, value: object) -> None:
    if key in _NUMBERS:
        number(value, key)
    elif key in _TEXTS:
        if not isinstance(value, str):
            raise unreadable(Reason.SHAPE, f"{key} is {shown(value)}, not a text")
    elif key == "vb":
        if not isinstance(value, bool):
            raise unreadable(Reason.SHAPE, f"vb is {shown(value)}, not true or false")
    elif key == "bver":
        if type(value) is not int or not (0 < value <= _VERSION or value == _SECONDARY_UNITS):
            known = f"versions 1 to {_VERSION} and {_SECONDARY_UNITS} are known"
            raise unreadable(Reason.VERSION, f"bver is {shown(value)}, {known}")
    elif key.endswith("_"):  # §4.4: must be understood, or the pack must be refused
        raise unreadable(Reason.VERSION, f"the field {shown(key)} must be understood and is not known")


def _named(name: str, lookup: Lookup) -> tuple[Device, str]:
    """Return the device that a record name speaks of, and the field behind it (empty if there is none)."""
    for device_name, field in _readings_of(name):
        device = _device(device_name, lookup)
        if device is not None:
            return device, field
    raise unacceptable(
        Reason.UNKNOWN_DEVICE, f"no device of the register is named by {shown(name)}", device=_likely_device(name)
    )


def _likely_device(name: str) -> str:
    """Return the part of a name that an operator would register: `urn:dev:ow:10e2:temperature` speaks of `10e2`."""
    urn = _URN.fullmatch(name)
    rest = (urn[1] if urn else name).rstrip(":/")
    for separator in "/:":
        device, found, field = rest.rpartition(separator)
        if found and not _HEXADECIMAL.fullmatch(field):  # the last group of an IPv6 address is no field
            return device
    return rest.partition("_")[0] if urn else rest


def _readings_of(name: str) -> Iterator[tuple[str, str]]:
    yield name.rstrip(":/"), ""
    for device_name, separator, field in (name.rpartition("/"), name.rpartition(":"), name.partition("_")):
        if separator and device_name:
            yield device_name, field


def _device(name: str, lookup: Lookup) -> Device | None:
    urn = _URN.fullmatch(name)
    short = urn[1] if urn else name
    return lookup.device(name) or lookup.device(short) or lookup.by_eui(short.replace("-", ""))
