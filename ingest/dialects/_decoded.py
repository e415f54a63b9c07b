"""Reads what a network server's codec made of a payload: a tree of fields, as every vendor likes it.

    {"fillLevel": 81, "temperature": "25 ℃", "battery_voltage": {"value": 3.1, "unit": "V"}, "valid": true,
     "messages": [{"measurementId": 4097, "measurementValue": 21.4}]}

It may be nested, and vendors write numbers as text, alone or with a unit ("2000 mm"). `"valid": false` makes everything
but the battery void. What the fields mean is in `_fields.py`. The Things Stack also knows *normalized* payloads, whose
fields have one name and unit for all vendors; they may say when they were measured:

    {"time": "2026-07-01T07:59:00Z", "air": {"temperature": 21.3, "relativeHumidity": 65}, "wind": {"speed": 3.2}}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ingest.dialects._fields import Stated
from ingest.errors import Reason, shown, unreadable
from ingest.normalise import time_ms
from ingest.profiles.values import NOTHING, NUMBER

_MAX_DEPTH = 8
_NORMALIZED = {  # of the normalized payload: the name in `_fields.py`, and the unit
    ("air", "temperature"): ("temperature", "Cel"),
    ("air", "relativeHumidity"): ("humidity", "%"),
    ("air", "pressure"): ("pressure", "hPa"),
    ("air", "co2"): ("co2", "[ppm]"),
    ("air", "lightIntensity"): ("illuminance", "lx"),
    ("wind", "speed"): ("wind_speed", "m/s"),
    ("wind", "direction"): ("wind_direction", "deg"),
    ("rain", "intensity"): ("rain_rate", "mm/h"),
    ("rain", "cumulative"): ("rain_total", "mm"),
    ("water", "temperature", "current"): ("water_temperature", "Cel"),
    ("water", "leak"): ("water_leak", "1"),
    ("battery",): ("battery_voltage", "V"),
}


def fields(decoded: dict[str, Any], at_ms: int) -> Iterator[Stated]:
    """Go over the fields of a decoded payload, each with its value, and its unit where one is stated."""
    void = decoded.get("valid") is False
    for name, raw, stated_unit in _flat(decoded, 0):
        value, unit = _number_in_text(raw) if isinstance(raw, str) else (raw, None)
        if value is not None and not (void and not name.lower().startswith("bat")):
            yield Stated(name=name, value=value, time_ms=at_ms, unit=unit or stated_unit)


def normalized_fields(normalized: dict[str, Any], at_ms: int) -> Iterator[Stated]:
    """Go over the fields of a normalized payload; the time is its own, where it has one."""
    time = normalized.get("time")
    if time is not None:
        at_ms = time_ms(time, "normalized_payload.time")
    for path, (name, unit) in _NORMALIZED.items():
        value: Any = normalized
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        if value is not None and not (unit == "1" and isinstance(value, str)):  # a leak may be told in free words
            yield Stated(name=name, value=value, time_ms=at_ms, unit=unit)


def _number_in_text(text: str) -> tuple[float | str | None, str | None]:
    """Return the number of a text and its unit; a text that is not a number as it is, one that says "none" as None."""
    match = NUMBER.fullmatch(text)
    if match:
        return float(match[1]), match[2]
    return (None if text.strip().lower() in NOTHING else text), None


def _flat(payload: dict[str, Any], depth: int) -> Iterator[tuple[str, Any, str | None]]:
    """Go over the fields of a nested payload as (name, value, unit)."""
    if depth > _MAX_DEPTH:
        raise unreadable(Reason.TOO_DEEP, f"the decoded payload is nested deeper than {_MAX_DEPTH} levels")
    for name, value in payload.items():
        if isinstance(value, dict) and "value" in value:
            unit = value.get("unit")
            yield name, value["value"], unit if isinstance(unit, str) else None
        elif isinstance(value, dict):
            yield from _flat(value, depth + 1)
        elif isinstance(value, list):
            for item in value:
                if isinstance(item, dict) and "measurementId" in item:
                    yield _numbered(item["measurementId"]), item.get("measurementValue"), None
                elif isinstance(item, dict):
                    yield from _flat(item, depth + 1)
        else:
            yield name, value, None


def _numbered(quantity: object) -> str:
    """Return the name of a quantity that SenseCAP numbers (a server may write whole numbers as 4097.0)."""
    if isinstance(quantity, float) and quantity.is_integer():
        quantity = int(quantity)
    return f"sensecap_{quantity if isinstance(quantity, str) else shown(quantity)}"
