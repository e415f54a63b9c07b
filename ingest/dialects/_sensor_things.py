"""What the words of SensorThings mean: plain data and small readers of the dialect `sensor_things`.

The standard (OGC 18-088) leaves unit symbols, names and `resultQuality` to each server. A unit is looked for in the
definition first (UCUM, QUDT), because a symbol may mislead: `C` is the coulomb in UCUM, and on servers often a degree.
"""

from __future__ import annotations

import functools
import re
from typing import Any

from ingest.errors import shown
from ingest.model import Quality
from ingest.units import is_known

# the last part of a definition of QUDT, or a name in small letters: UCUM
_UNITS = {
    "degreecelsius": "Cel", "degreecentigrade": "Cel", "deg_c": "Cel", "celsius": "Cel", "centigrade": "Cel",
    "degree celsius": "Cel", "degrees celsius": "Cel", "degc": "Cel", "kelvin": "K", "percent": "%",
    "millimeter": "mm", "millim": "mm", "centimeter": "cm", "centim": "cm", "meter": "m",
    "meterpersecond": "m/s", "m-per-sec": "m/s", "kilometerperhour": "km/h", "kilom-per-hr": "km/h",
    "hectopascal": "hPa", "hectopa": "hPa", "pascal": "Pa", "lux": "lx", "watt": "W", "volt": "V", "ampere": "A",
    "kilowatthour": "kW.h", "kilow-hr": "kW.h", "microgm-per-m3": "ug/m3", "degreeangle": "deg", "deg": "deg",
    "unitless": "1", "number": "1",
}  # fmt: skip
_UCUM = re.compile(
    r"^(?:ucum:|urn:ogc:def:uom:UCUM::?|https?://(?:www\.)?unitsofmeasure\.org/ucum[^#]*#)", re.IGNORECASE
)

# `resultQuality` as servers write it; whatever else it says is no flag
_QUALITY = {
    "good": Quality.GOOD, "ok": Quality.GOOD, "valid": Quality.GOOD, "pass": Quality.GOOD,
    "unknown": Quality.UNKNOWN, "not evaluated": Quality.UNKNOWN, "unchecked": Quality.UNKNOWN,
    "suspect": Quality.SUSPECT, "doubtful": Quality.SUSPECT, "questionable": Quality.SUSPECT,
    "uncertain": Quality.SUSPECT,
    "bad": Quality.FAIL, "fail": Quality.FAIL, "failed": Quality.FAIL, "wrong": Quality.FAIL, "error": Quality.FAIL,
    "invalid": Quality.FAIL,
}  # fmt: skip


def unit_of(unit: Any) -> str | None:
    """Return the unit that a `unitOfMeasurement` states, as well as it can be told; None where it states none."""
    if not isinstance(unit, dict):
        return None
    definition, symbol, name = (unit.get(key) for key in ("definition", "symbol", "name"))
    return _unit(*(part.strip() if isinstance(part, str) else "" for part in (definition, symbol, name)))


@functools.lru_cache(maxsize=1024)
def _unit(definition: str, symbol: str, name: str) -> str | None:
    ucum = _UCUM.sub("", definition)
    if ucum != definition and is_known(ucum):
        return ucum
    for text in (re.split(r"[/#:]", definition)[-1], name):
        if text.lower() in _UNITS:
            return _UNITS[text.lower()]
    known = next((text for text in (symbol, name) if text and is_known(text)), None)
    return known or _UNITS.get(symbol.lower()) or symbol or name or None


def quality_of(said: Any) -> int:
    """Return the flag that a `resultQuality` states in one of the usual words; GOOD where it states none of them."""
    word = said.lower().strip() if isinstance(said, str) else ""
    return int(_QUALITY.get(word, Quality.GOOD))


def id_of(value: Any) -> str | None:
    """Return an `@iot.id` (number or text) as text."""
    if isinstance(value, str) and value:
        return value
    return str(value) if type(value) is int else None


def names_of_thing(thing: Any) -> list[str]:
    """Return what a Thing may be called in the register: `properties.device_id`, `properties.eui`, name, id."""
    if not isinstance(thing, dict):
        return []
    properties = thing.get("properties")
    own = properties if isinstance(properties, dict) else {}
    names = [own.get("device_id"), own.get("eui"), thing.get("name"), id_of(thing.get("@iot.id"))]
    return [name for name in names if isinstance(name, str) and name]


def named(thing: Any) -> str:
    """Return the name or id of an entity, for a message."""
    if not isinstance(thing, dict):
        return shown(thing)
    return shown(thing.get("name") or thing.get("@iot.id"))
