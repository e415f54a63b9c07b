"""Entities of NGSI-v2 and NGSI-LD in all their forms: key-values, normalised, temporal, GeoJSON, notifications.

A normalised attribute wraps its value (`{"type": "Property", "value": 0.81, "unitCode": "C62", "observedAt": …}`, in
NGSI-v2 with `metadata`); times of NGSI-LD are wrapped once more (`{"@type": "DateTime", "@value": …}`), and a value
that was taken away is `urn:ngsi-ld:null`. An attribute may come in several instances: of several times (also as
`{"values": [[0.81, "2026-07-01T08:00:00Z"], …]}`), all of which are read, or of several sources (`datasetId`), of
which the default counts, else the first. Names may be written out as URIs. A time without zone is UTC, as the context
brokers take it. Agents of NGSI-v2 write numbers as text: they are numbers where the type of the attribute says so.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterator
from typing import Any

import msgspec

from ingest.errors import Reason, shown, unacceptable, unreadable
from ingest.model import Device, Lookup
from ingest.normalise import known_device, time_ms

TIMES = (
    "dateObserved",
    "observationDateTime",
    "TimeInstant",
    "timeInstant",
    "binLoggedTime",
    "dateModified",
    "modifiedAt",
    "notifiedAt",
)
_WRAPPERS = ("value", "object", "vocab", "@value")
_NULL = "urn:ngsi-ld:null"
_NUMBER = re.compile(r"\s*[-+]?\d{1,15}(?:\.\d{1,15})?\s*", re.ASCII)
_NUMBER_TYPES = ("Number", "Float", "Integer")
_DIMENSIONS = (2, 3)  # of a point, with or without altitude
_URN = re.compile(r"^urn:ngsi-ld:\w+:")
_ENDS_IN_TIME = re.compile(r"[-.:_]\d{4}-\d\d-\d\dT\d\d[:-]\d\d[^/]*$")  # an entity of each observation


class Attribute(msgspec.Struct, frozen=True):
    """The value of an attribute, None where the entity has none, with the unit and time that it states for itself."""

    value: Any
    unit: str | None = None
    observed_at_ms: int | None = None


_DEVICE = ("refDevice", "stationID")
_NAMES = ("id", "type", *_DEVICE)
_PAIR = 2
_ROUND = 360  # degrees: what is beyond is no point


def entities(content: Any) -> Iterator[dict[str, Any]]:
    """Yield the entities of a message: one, an array, the `data` of a notification, features of GeoJSON.

    An entity of a notification also has the notification's `notifiedAt`, the last of the times that it may speak of.
    One whose attributes have several instances is yielded as so many, each with what is new.
    """
    notified_at = None
    if isinstance(content, dict):
        notified_at = content.get("notifiedAt")
        for key in ("data", "features"):
            if isinstance(content.get(key), list) and content.get("type") not in ("Alert", "Feature"):
                content = content[key]
                break
    for entity in content if isinstance(content, list) else [content]:
        found = _entity(entity)
        if notified_at is not None:
            found.setdefault("notifiedAt", notified_at)
        yield from _instances(found)


def _entity(entity: Any) -> dict[str, Any]:
    if isinstance(entity, dict) and entity.get("type") == "Feature" and isinstance(entity.get("properties"), dict):
        entity = {"id": entity.get("id"), "location": entity.get("geometry"), **entity["properties"]}
    if not isinstance(entity, dict) or not isinstance(entity.get("id"), str):
        raise unreadable(Reason.SHAPE, f"{shown(entity)} is not an entity with an id")
    if "/" in "".join(entity):
        return {_short(key): value for key, value in entity.items()}
    return entity


def _instances(entity: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield an entity with one instance of each attribute, then those with the further instances."""
    lists = [
        name for name, raw in entity.items() if raw.__class__ is list or (raw.__class__ is dict and "values" in raw)
    ]
    several = {name: found for name in lists if (found := _several(entity[name]))}
    if not several:
        yield entity
        return
    names = {name: entity[name] for name in _NAMES if name in entity}
    further: list[dict[str, Any]] = []
    for name, found in several.items():
        further += (names.copy() for _ in range(len(found) - 1 - len(further)))
        for one, instance in zip(further, found[1:], strict=False):
            one[name] = instance
    yield {**entity, **{name: found[0] for name, found in several.items()}}
    yield from further


def _several(raw: Any) -> list[dict[str, Any]]:
    """Return the instances that an attribute comes in; none where it has one value."""
    if isinstance(raw, dict) and isinstance(pairs := raw.get("values"), list):
        paired = all(isinstance(pair, list) and len(pair) == _PAIR for pair in pairs)
        return [{**raw, "value": value, "observedAt": at} for value, at in pairs or [(None, None)]] if paired else []
    if not isinstance(raw, list) or not raw or not all(isinstance(one, dict) and "value" in one for one in raw):
        return []
    source = None if any("datasetId" not in one for one in raw) else raw[0]["datasetId"]
    return [one for one in raw if one.get("datasetId") == source]


def model_of(entity: dict[str, Any], known: Collection[str]) -> str:
    """Return the model of an entity: the first known of its types."""
    types = entity.get("type")
    if types.__class__ is str and types in known:
        return types
    names = [_short(name) for name in _texts(types)]
    if not names:
        raise unreadable(Reason.SHAPE, f"entity {shown(entity['id'])} has no type")
    return next((name for name in names if name in known), names[0])


def attribute(entity: dict[str, Any], name: str) -> Attribute:
    """Return an attribute of an entity in any of its forms."""
    raw = entity.get(name)
    if not isinstance(raw, dict):
        return Attribute(raw)
    unit, observed_at, value = raw.get("unitCode"), raw.get("observedAt"), plain(raw)
    metadata = raw.get("metadata")
    if isinstance(metadata, dict):
        unit = metadata.get("unitCode", unit)
        observed_at = metadata.get("TimeInstant", metadata.get("timestamp", observed_at))
    unit, observed_at = plain(unit), plain(observed_at)
    if isinstance(value, str) and raw.get("type") in _NUMBER_TYPES and _NUMBER.fullmatch(value):
        value = float(value)
    if unit is not None and not isinstance(unit, str):
        raise unacceptable(Reason.UNIT, f"the unit of {name} is {shown(unit)}")
    observed_at_ms = None if observed_at is None else time_ms(observed_at, f"observedAt of {name}", zone=dt.UTC)
    return Attribute(value, unit, observed_at_ms)


def plain(raw: Any) -> Any:
    """Take a value out of what it is wrapped in (`{"value": …}`, `{"object": …}`); None for one that was taken away."""
    for key in _WRAPPERS if raw.__class__ is dict else ():
        if isinstance(raw, dict) and key in raw:
            raw = raw[key]
    return None if raw == _NULL else raw


def device_of(entity: dict[str, Any], lookup: Lookup) -> Device:
    """Return the device of an entity: the first known of `refDevice`, `stationID` and `id`.

    A name also counts without `urn:ngsi-ld:{Type}:` before it, and an id without the time behind it.
    """
    names = [name for key in _DEVICE if key in entity for name in _texts(plain(entity[key]))]
    names.append(entity["id"])
    for name in names:
        device = lookup.device(name) or lookup.device(_URN.sub("", name))
        if device is not None:
            return device
    device = lookup.device(_ENDS_IN_TIME.sub("", _URN.sub("", entity["id"])))
    if device is not None:
        return device
    likely = names[0] if names[0] != entity["id"] else _ENDS_IN_TIME.sub("", names[0])
    return known_device(None, _URN.sub("", likely))


def period_of(entity: dict[str, Any]) -> tuple[int | None, int | None]:
    """Return start and end of the time that an entity speaks of; an instant has no start, and there may be neither."""
    start, end = plain(entity.get("dateObservedFrom")), plain(entity.get("dateObservedTo"))
    if start is None or end is None:
        times = (plain(entity[key]) for key in TIMES if key in entity)
        text = next((time for time in times if time is not None), None)
        if text is None:
            return None, None
        start, separator, end = text.partition("/") if isinstance(text, str) else (None, "", text)
        if not separator:
            start, end = None, text
    start_ms = None if start is None else time_ms(start, "start of dateObserved", zone=dt.UTC)
    return start_ms, time_ms(end, "dateObserved", zone=dt.UTC)


def place_of(entity: dict[str, Any]) -> tuple[float, float] | None:
    """Return latitude and longitude of an entity in degrees; None where it states no point.

    GeoJSON says `[longitude, latitude]`, a `geo:point` of NGSI-v2 "latitude, longitude".
    """
    said = plain(entity.get("location"))
    if isinstance(said, str):
        lat, _, lon = said.partition(",")
        numbers = _NUMBER.fullmatch(lat) and _NUMBER.fullmatch(lon)
        said = {"type": "Point", "coordinates": [float(lon), float(lat)]} if numbers else None
    point = said.get("coordinates") if isinstance(said, dict) and said.get("type") == "Point" else None
    if not isinstance(point, list) or len(point) not in _DIMENSIONS:
        return None
    lon, lat = point[:2]
    degrees = all(type(part) in {int, float} and abs(part) <= _ROUND for part in (lat, lon))
    return (float(lat), float(lon)) if degrees else None


def _short(name: str) -> str:
    return name.replace("#", "/").rpartition("/")[2]


def _texts(value: Any) -> list[str]:
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]
