"""OGC SensorThings 1.0 and 1.1 over MQTT, on `v1.1/Observations`, `v1.1/Datastreams(ID)/Observations` and the like.

    {"@iot.id": 7, "phenomenonTime": "2026-07-01T08:00:00Z", "resultTime": null, "result": 18.4,
     "Datastream": {"@iot.id": 42, "unitOfMeasurement": {"symbol": "cm", "definition": "ucum:cm"},
                    "Thing": {"name": "wl-0003"}, "ObservedProperty": {"name": "weather.water_level"}}}

One observation, an array or collection of them (`value`), a Datastream with its `Observations`, a Thing with such
`Datastreams`, or the data array extension (`components`, `dataArray`). What a datastream measures is known

1. by the register: the device's attribute `datastream.42=weather.water_level`, where 42 stands in the topic or in the
   message. Values are in the unit that the message states, else in the one of the attribute `unit.datastream.42`, else
   in the canonical unit of the property;
2. or by the message, if it was subscribed with `$expand=Datastream($expand=Thing,ObservedProperty)`: the device is the
   first known of the Thing's `properties.device_id`, `properties.eui`, `name` and id, the property that of the
   ObservedProperty's name, as for any field name (`_fields.py`). The unit must be stated.

An observation of a period holds for its end. `resultQuality` is taken over where it is a usual word (`_sensor_things`).
MultiDatastreams and results that are no numbers are refused; other entities (a Thing that changed) measure nothing.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec.structs import replace

from ingest.dialects._base import Dialect, all_or_nothing, read_json
from ingest.dialects._fields import Stated, observe
from ingest.dialects._meanings import Meanings, holds, learn
from ingest.dialects._sensor_things import id_of, named, names_of_thing, quality_of, unit_of
from ingest.errors import Reason, RefusedError, shown, unacceptable, unreadable
from ingest.model import Device, Frame, Lookup, Observation, Quality
from ingest.normalise import converted, number, something, time_ms

_SETS = (
    "Datastreams|MultiDatastreams|Observations|CreateObservations|Things|Locations|HistoricalLocations|Sensors"
    "|ObservedProperties|FeaturesOfInterest"
)
_ID = r"[^)']{1,255}"  # bounded, so that no text of many brackets costs time
_TOPIC = re.compile(rf"(?:^|/)v1\.[01]/(?P<set>{_SETS})(?:\('?(?P<id>{_ID})'?\))?(?:[/?].*)?$")
_LINK = re.compile(rf"Datastreams\('?(?P<id>{_ID})'?\)$")
_LAST_PART = re.compile(r"[/#:]")
_HEAD_BYTES = 4096
_MAX_DEPTH = 4  # a collection of data arrays of a datastream, and one more
_GOOD = int(Quality.GOOD)
_MEANINGS = Meanings()
_ENTITY = frozenset({"@iot.id", "@iot.selfLink", "unitOfMeasurement", "encodingType", "observationType"})


class _Said(msgspec.Struct, frozen=True):
    """An observation as the message has it, with its datastream as far as it is known."""

    content: dict[str, Any]
    datastream: dict[str, Any]
    datastream_id: str | None


class SensorThings:
    """Decodes observations of SensorThings servers."""

    name = "sensor_things"

    def matches(self, topic: str, payload: bytes) -> bool:
        """Say whether the topic is a resource path of SensorThings, or the payload begins like an observation."""
        if "v1." in topic and _TOPIC.search(topic):
            return True
        head = payload[:_HEAD_BYTES]
        return b'"phenomenonTime"' in head and (b'"result"' in head or b'"dataArray"' in head)

    @all_or_nothing
    def decode(self, frame: Frame, lookup: Lookup) -> tuple[Observation, ...]:
        """Return the observations of a message in order; what is wrong with any of them becomes the refusal."""
        found: list[Observation] = []
        for said in _said(read_json(frame.payload), _datastream_of(frame.topic)):
            found += _observed(said, frame, lookup)
        return something(found, frame)


@functools.lru_cache(maxsize=4096)
def _datastream_of(topic: str) -> str | None:
    """Return the id of the datastream that a topic names, None where it names none."""
    found = _TOPIC.search(topic)
    return found["id"] if found and found["set"] == "Datastreams" else None


def _said(content: Any, stream_id: str | None, stream: dict[str, Any] | None = None, depth: int = 0) -> Iterator[_Said]:
    """Yield the observations of a message in any of its forms; what is around them says whose they are."""
    if depth > _MAX_DEPTH:
        raise unreadable(Reason.TOO_DEEP, f"observations are nested deeper than {_MAX_DEPTH} levels")
    if isinstance(content, list):
        for one in content:
            yield from _said(one, stream_id, stream, depth + 1)
    elif not isinstance(content, dict):
        raise unreadable(Reason.SHAPE, f"{shown(content)} is not an observation")
    elif "MultiDatastream" in content or "multiObservationDataTypes" in content:
        raise unreadable(Reason.SHAPE, "a MultiDatastream is not read: use one Datastream for each property")
    elif "result" in content:
        yield _one(content, stream_id, stream or {})
    elif isinstance(content.get("dataArray"), list):
        yield from _of_data_array(content, stream_id)
    elif within := _within(content, stream_id):
        for inner, inner_id, inner_stream in within:
            yield from _said(inner, inner_id, inner_stream, depth + 1)
    else:
        raise _no_observation(content)


def _no_observation(content: dict[str, Any]) -> RefusedError:
    if _ENTITY.isdisjoint(content):
        return unreadable(Reason.SHAPE, "an observation has a result")
    return unacceptable(Reason.NOT_MEASURED, "the message tells of another entity, not of an observation")


def _one(content: dict[str, Any], stream_id: str | None, stream: dict[str, Any]) -> _Said:
    stated = content.get("Datastream")
    own = stated if isinstance(stated, dict) else stream
    link = _LINK.search(str(content.get("Datastream@iot.navigationLink", "")))
    return _Said(content, own, id_of(own.get("@iot.id")) or (link["id"] if link else stream_id))


def _within(content: dict[str, Any], stream_id: str | None) -> list[tuple[list[Any], str | None, dict[str, Any]]]:
    """Return the lists of observations in a message, each with the id of its datastream and what is said of that."""
    streams = content.get("Datastreams")
    if isinstance(streams, list):
        inner = [one for one in streams if isinstance(one, dict) and isinstance(one.get("Observations"), list)]
        return [(one["Observations"], id_of(one.get("@iot.id")), {"Thing": content, **one}) for one in inner]
    listed = content.get("Observations", content.get("value"))
    return [(listed, id_of(content.get("@iot.id")) or stream_id, content)] if isinstance(listed, list) else []


def _of_data_array(content: dict[str, Any], stream_id: str | None) -> Iterator[_Said]:
    components = content.get("components")
    if not isinstance(components, list) or not all(isinstance(name, str) for name in components):
        raise unreadable(Reason.SHAPE, f"components is {shown(components)}, not a list of names")
    about = {key: content[key] for key in ("Datastream", "Datastream@iot.navigationLink") if key in content}
    for row in content["dataArray"]:
        if not isinstance(row, list) or len(row) != len(components):
            raise unreadable(Reason.SHAPE, f"a row of dataArray is {shown(row)}, not {len(components)} components")
        yield from _said({**dict(zip(components, row, strict=True)), **about}, stream_id)


def _observed(said: _Said, frame: Frame, lookup: Lookup) -> list[Observation]:
    result = said.content["result"]
    if isinstance(result, list | dict):
        detail = f"result is {shown(result)}, not a number: use one Datastream for each property"
        raise unreadable(Reason.NUMBER, detail)
    if result is None:
        return []
    time = _time(said.content)
    series = lookup.by_datastream(said.datastream_id) if said.datastream_id else None
    unit = unit_of(said.datastream.get("unitOfMeasurement"))
    if series is not None:
        attributes = series.device.attributes
        unit = unit or attributes.get(f"unit.datastream.{said.datastream_id}") or series.property.unit
        flag = isinstance(result, bool) and unit == "1"
        value = converted(float(result) if flag else number(result, "result"), unit, series, "result")
        found = [Observation(series, value, time, frame.received_at_ms)]
    else:
        found = _by_names(said, result, time, unit, frame, lookup)
    quality = quality_of(said.content.get("resultQuality"))
    return found if quality == _GOOD else [replace(one, quality=quality) for one in found]


def _by_names(
    said: _Said, result: object, time: int, unit: str | None, frame: Frame, lookup: Lookup
) -> list[Observation]:
    """Return the observation of a datastream that the register does not know, by the names of its entities."""
    device, fields = _named(said, lookup)
    meanings, key = _MEANINGS.of(lookup), (device.id, *fields, unit, result.__class__)
    meaning = meanings.get(key)
    if meaning is not None and holds(meaning, lookup):
        value = number(number(result, "result") * meaning.factor + meaning.offset, "result")
        return [Observation(meaning.series, value, time, frame.received_at_ms)]
    stated = (Stated(name=field, value=result, time_ms=time, unit=unit) for field in fields)
    tried = (observe([one], device, frame, lookup, usual_units=False) for one in stated)
    found = next((observed for observed in tried if observed), [])
    if unit is not None and len(found) == 1 and isinstance(result, int | float) and not isinstance(result, bool):
        learn(meanings, key, unit, float(result), found[0])
    return found


def _time(content: dict[str, Any]) -> int:
    """Return the time that an observation holds for: the end of a period; `resultTime` where it has no other."""
    text = content.get("phenomenonTime")
    if text is None:
        return time_ms(content.get("resultTime"), "phenomenonTime")
    if isinstance(text, str) and "/" in text:
        start, _, end = text.partition("/")
        if time_ms(end, "end of phenomenonTime") < time_ms(start, "start of phenomenonTime"):
            raise unreadable(Reason.TIME, f"phenomenonTime is {shown(text)}, which ends before it begins")
        text = end
    return time_ms(text, "phenomenonTime")


def _named(said: _Said, lookup: Lookup) -> tuple[Device, list[str]]:
    """Return the device and what the field may be called, by the expanded entities of an observation."""
    thing, observed = said.datastream.get("Thing"), said.datastream.get("ObservedProperty")
    names = names_of_thing(thing)
    if not names or not isinstance(observed, dict):
        raise _unbound(said)
    device = next((found for name in names if (found := lookup.device(name) or lookup.by_eui(name))), None)
    if device is None:
        detail = f"Thing {named(thing)} is not in the register"
        raise unacceptable(Reason.UNKNOWN_DEVICE, detail, device=names[0])
    fields = (observed.get("name"), _LAST_PART.split(str(observed.get("definition")))[-1])
    return device, [field for field in fields if isinstance(field, str) and field]


def _unbound(said: _Said) -> RefusedError:
    if said.datastream_id is None:
        detail = "the observation does not say of which datastream: subscribe with $expand=Datastream"
        return unacceptable(Reason.UNKNOWN_DEVICE, detail)
    detail = (
        f"datastream {shown(said.datastream_id)} is not in the register: set datastream.ID=PROPERTY on its device,"
        " or subscribe with $expand=Datastream($expand=Thing,ObservedProperty)"
    )
    return unacceptable(Reason.UNKNOWN_DEVICE, detail)


DIALECT: Dialect = SensorThings()
