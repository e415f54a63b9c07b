"""FIWARE Smart Data Models: entities in NGSI-v2 or NGSI-LD, key-values or normalised, on topics with a level `ngsi`.

    {"id": "urn:ngsi-ld:WasteContainer:wb-0001", "type": "WasteContainer", "dateObserved": "2026-07-01T08:00:00Z",
     "fillingLevel": {"type": "Property", "value": 0.81, "unitCode": "C62"}, "temperature": 31.5, "status": "ok"}

One entity, an array of them, a notification `{"data": […]}`, or GeoJSON features; an attribute may have several
instances (`_ngsi.py`). The device is the first known of `refDevice`, `stationID` and `id` (also without
`urn:ngsi-ld:{Type}:`, and without the time behind it). Units: `unitCode` where it is stated, else the attribute
`unit.NAME` of the device, else the one that the model defines; where there is none, an attribute is passed over beside
others, and the entity refused if it has no others. An interval `from/to` holds for its end; a model of a state (a lamp,
a bin) that says no time holds for the moment of receipt.
`_smart_models.py` says what each model measures, word by word.

- `intensity` counts the vehicles of the interval and becomes vehicles an hour.
- `windDirection` may run from −180 to 180.
- `visibility` in words becomes the upper bound of the word's class, flagged UNKNOWN.
- The level of a FloodMonitoring is `currentLevel`, else `referenceLevel` − `measuredDistance`; flagged SUSPECT where
  the two contradict each other by more than 5 cm (our choice).
- `location` is a point `[longitude, latitude]` and says how far the device is from where the register has it.
- An Alert is what another system concluded and measures nothing: it is refused by that name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ingest.dialects._base import Dialect, all_or_nothing, read_json
from ingest.dialects._ngsi import TIMES, device_of, entities, model_of, period_of, place_of, plain
from ingest.dialects._smart_models import MODELS, STATES
from ingest.dialects._smart_values import measured
from ingest.errors import Reason, shown, unacceptable, unreadable
from ingest.model import Frame, Lookup, Observation
from ingest.normalise import converted, known_series, position, something

_TOPIC_LEVELS = frozenset({"ngsi", "ngsi-v2", "ngsi-ld", "fiware"})
_MARK = re.compile(rf'"type"\s*:\s*(?:\[[^\]]*)?"(?:[^"]*[/#])?(?:{"|".join(MODELS)})"'.encode())
_HEAD_BYTES = 4096
_HOUR_MS = 3_600_000
_HALF_CIRCLE_DEG, _CIRCLE_DEG = 180.0, 360.0


class SmartDataModels:
    """Decodes entities of the Smart Data Models."""

    name = "smart_data_models"

    def matches(self, topic: str, payload: bytes) -> bool:
        """Say whether the topic has a level of NGSI, or the payload begins with an entity of a known model."""
        if not _TOPIC_LEVELS.isdisjoint(topic.lower().split("/")):
            return True
        head = payload[:_HEAD_BYTES]
        return b'"id"' in head and _MARK.search(head) is not None

    @all_or_nothing
    def decode(self, frame: Frame, lookup: Lookup) -> tuple[Observation, ...]:
        """Return the observations of all entities; `_base.all_or_nothing` turns what it raises into a refusal."""
        observations: list[Observation] = []
        entity: dict[str, Any] = {}
        for entity in entities(read_json(frame.payload)):
            observations += _observed(entity, frame, lookup)
        return something(observations, frame, entity)


def _observed(entity: dict[str, Any], frame: Frame, lookup: Lookup) -> Iterator[Observation]:
    model = model_of(entity, MODELS)
    if model == "Alert":
        about = "/".join(str(plain(entity.get(key))) for key in ("category", "subCategory") if key in entity)
        raise unacceptable(Reason.NOT_MEASURED, f"an Alert ({shown(about)}) is a conclusion, not a measurement")
    device = device_of(entity, lookup)
    start_ms, end_ms = period_of(entity)
    if end_ms is None and model in STATES:
        end_ms = frame.received_at_ms
    found = measured(model, entity, device)
    for one in found:
        time = end_ms if one.observed_at_ms is None else one.observed_at_ms
        if time is None:
            raise unreadable(Reason.TIME, f"entity {shown(entity['id'])} has no time ({', '.join(TIMES)})")
        series = known_series(lookup, device.id, one.quantity)
        if one.unit is not None:
            amount = converted(one.value, one.unit, series, one.name)
        elif start_ms is not None and start_ms < time:
            amount = converted(one.value * _HOUR_MS / (time - start_ms), "/h", series, one.name)
        else:
            raise unacceptable(Reason.INTERVAL, f"{one.name} is a count in a period, and the entity states none")
        if one.name == "windDirection" and -_HALF_CIRCLE_DEG <= amount < 0:
            amount += _CIRCLE_DEG
        yield Observation(series, amount, time, frame.received_at_ms, one.quality)
    if found and end_ms is not None and (place := place_of(entity)) is not None:
        series = known_series(lookup, device.id, "device.position_offset")
        yield Observation(series, position(device, *place), end_ms, frame.received_at_ms)


DIALECT: Dialect = SmartDataModels()
