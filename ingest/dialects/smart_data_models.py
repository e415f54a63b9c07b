"""FIWARE Smart Data Models: entities in NGSI-v2 or NGSI-LD, key-values or normalised, on topics with a level `ngsi`.

    {"id": "urn:ngsi-ld:WasteContainer:wb-0001", "type": "WasteContainer", "dateObserved": "2026-07-01T08:00:00Z",
     "fillingLevel": {"type": "Property", "value": 0.81, "unitCode": "C62"}, "temperature": 31.5, "status": "ok"}

One entity (also as a GeoJSON feature), an array of them, or a notification `{"data": […]}`. The device is the first
known of `refDevice`, `stationID` and `id` (also without `urn:ngsi-ld:{Type}:`). Units: `unitCode` where it is stated,
else the one that the model defines; where the model defines none (Streetlight, FloodMonitoring) the attribute
`unit.NAME` of the device, or the entity is refused. A time without zone is UTC, as the context brokers take it; an
interval `from/to` holds for its end. `intensity` counts vehicles of the interval and becomes vehicles an hour. Words
that are no measurement (`visibility: "good"`) are passed over. `_smart_models.py` says what each model measures.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from ingest.dialects._base import Dialect, all_or_nothing, read_json
from ingest.dialects._smart_models import MODELS, PHASES, WORDS
from ingest.errors import Reason, shown, unacceptable, unreadable
from ingest.model import Device, Frame, Lookup, Observation
from ingest.normalise import converted, known_device, known_series, number, something, time_ms
from ingest.units import conversion

_TOPIC_LEVELS = frozenset({"ngsi", "ngsi-v2", "ngsi-ld", "fiware"})
_HOUR_MS = 3_600_000

_WORDS_FOR_NUMBERS = frozenset({"visibility"})
_COUNTS = frozenset({"intensity"})
_CIRCLE_DEG = 360.0
_URN = re.compile(r"^urn:ngsi-ld:\w+:")
_TIMES = ("dateObserved", "observationDateTime", "TimeInstant", "binLoggedTime", "dateModified")


class _Attribute(msgspec.Struct, frozen=True):
    value: Any
    unit: str | None = None
    observed_at_ms: int | None = None


class SmartDataModels:
    """Decodes entities of the Smart Data Models."""

    name = "smart_data_models"

    def matches(self, topic: str, payload: bytes) -> bool:
        """Say whether the topic has a level of NGSI, or the payload begins with an entity of a known model."""
        if not _TOPIC_LEVELS.isdisjoint(topic.lower().split("/")):
            return True
        head = payload[:4096]
        return b'"id"' in head and b'"type"' in head and any(model.encode() in head for model in MODELS)

    @all_or_nothing
    def decode(self, frame: Frame, lookup: Lookup) -> tuple[Observation, ...]:
        """Return the observations of all entities; `_base.all_or_nothing` turns what it raises into a refusal."""
        content = read_json(frame.payload)
        if isinstance(content, dict) and isinstance(content.get("data"), list):
            content = content["data"]
        observations: list[Observation] = []
        for entity in content if isinstance(content, list) else [content]:
            observations += _of_entity(entity, frame, lookup)
        return something(observations, frame)


def _of_entity(entity: Any, frame: Frame, lookup: Lookup) -> Iterator[Observation]:
    if isinstance(entity, dict) and entity.get("type") == "Feature" and isinstance(entity.get("properties"), dict):
        entity = {"id": entity.get("id"), **entity["properties"]}
    if not isinstance(entity, dict) or not isinstance(entity.get("id"), str):
        raise unreadable(Reason.SHAPE, f"{shown(entity)} is not an entity with an id")
    if not isinstance(entity.get("type"), str):
        raise unreadable(Reason.SHAPE, f"entity {shown(entity['id'])} has no type")
    model = entity["type"].replace("#", "/").rpartition("/")[2]
    device = _device(entity, lookup)
    start_ms, end_ms = _period(entity)
    for name, (quantity, value, unit, observed_at_ms) in _measured(model, entity, device).items():
        time = end_ms if observed_at_ms is None else observed_at_ms
        if time is None:
            raise unreadable(Reason.TIME, f"entity {shown(entity['id'])} has no time ({', '.join(_TIMES)})")
        series = known_series(lookup, device.id, quantity)
        if unit is not None:
            amount = converted(value, unit, series, name)
        elif start_ms is not None and start_ms < time:
            amount = converted(value * _HOUR_MS / (time - start_ms), "/h", series, name)
        else:
            raise unacceptable(Reason.INTERVAL, f"{name} is a count in a period, and the entity states none")
        if name == "windDirection" and -_CIRCLE_DEG <= amount < 0:  # -180…180 in AirQualityObserved
            amount += _CIRCLE_DEG
        yield Observation(series, amount, time, frame.received_at_ms)


_Measured = tuple[str, float, str | None, int | None]


def _measured(model: str, entity: dict[str, Any], device: Device) -> dict[str, _Measured]:
    """Return by attribute: property, value, unit (None: a count in the period), and its own time if it has one."""
    found: dict[str, _Measured] = {}
    for name, (quantity, usual) in MODELS.get(model, {}).items():
        attribute = _attribute(entity, name)
        if attribute.value is None or (name in _WORDS_FOR_NUMBERS and isinstance(attribute.value, str)):
            continue
        unit = attribute.unit or device.attributes.get(f"unit.{name}") or usual
        if name in _COUNTS and (unit is None or conversion(unit, "1") is not None):
            unit = None
        elif unit is None:
            mend = f"state unitCode, or set the attribute unit.{name} of device {device.id}"
            raise unacceptable(Reason.UNIT, f"{name} has no unit: {mend}")
        found[name] = quantity, number(attribute.value, name), unit, attribute.observed_at_ms
    for name, (quantity, words) in WORDS.get(model, {}).items():
        attribute = _attribute(entity, name)
        if isinstance(attribute.value, str) and attribute.value in words:
            found[name] = quantity, words[attribute.value], "1", attribute.observed_at_ms
    if model == "StreetlightControlCabinet":
        stated = {quantity for quantity, *_ in found.values()}
        found |= {name: phases for name, phases in _phases(entity).items() if phases[0] not in stated}
    return found


def _phases(entity: dict[str, Any]) -> dict[str, _Measured]:
    found: dict[str, _Measured] = {}
    for name, quantity, usual, together in PHASES:
        phases = [_attribute(entity, f"{name}{phase}") for phase in "RST"]
        units = {phase.unit or usual for phase in phases}
        if any(phase.value is None for phase in phases) or len(units) > 1:
            continue
        value = together([number(phase.value, name) for phase in phases])
        found[name] = quantity, value, units.pop(), phases[-1].observed_at_ms
    return found


def _attribute(entity: dict[str, Any], name: str) -> _Attribute:
    """Return an attribute of an entity in any of the four forms; its value is None where there is none."""
    raw = entity.get(name)
    if not isinstance(raw, dict):
        return _Attribute(raw)
    unit, observed_at = raw.get("unitCode"), raw.get("observedAt")
    metadata = raw.get("metadata")
    if isinstance(metadata, dict):
        unit = _plain(metadata.get("unitCode", unit))
        observed_at = _plain(metadata.get("TimeInstant", observed_at))
    if unit is not None and not isinstance(unit, str):
        raise unacceptable(Reason.UNIT, f"the unit of {name} is {shown(unit)}")
    observed_at_ms = None if observed_at is None else time_ms(observed_at, f"observedAt of {name}", zone=dt.UTC)
    return _Attribute(_plain(raw), unit, observed_at_ms)


def _plain(raw: Any) -> Any:
    """Take a value out of what it is wrapped in: `{"value": …}`, `{"object": …}`, `{"@type": …, "@value": …}`."""
    for key in ("value", "object", "@value"):
        if isinstance(raw, dict) and key in raw:
            raw = raw[key]
    return raw


def _device(entity: dict[str, Any], lookup: Lookup) -> Device:
    names = [name for key in ("refDevice", "stationID", "id") for name in _texts(_plain(entity.get(key)))]
    for name in names:
        device = lookup.device(name) or lookup.device(_URN.sub("", name))
        if device is not None:
            return device
    return known_device(None, entity["id"])


def _texts(value: Any) -> list[str]:
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]


def _period(entity: dict[str, Any]) -> tuple[int | None, int | None]:
    """Return start and end of the time that an entity speaks of; an instant has no start."""
    start, end = (_plain(entity.get(key)) for key in ("dateObservedFrom", "dateObservedTo"))
    if start is None or end is None:
        times = (_plain(entity.get(key)) for key in _TIMES)
        text = next((time for time in times if time is not None), None)
        if text is None:
            return None, None
        start, separator, end = text.partition("/") if isinstance(text, str) else (None, "", text)
        if not separator:
            start, end = None, text
    start_ms = None if start is None else time_ms(start, "start of dateObserved", zone=dt.UTC)
    return start_ms, time_ms(end, "dateObserved", zone=dt.UTC)


DIALECT: Dialect = SmartDataModels()
