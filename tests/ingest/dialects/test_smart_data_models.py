"""Smart Data Models: what is chosen or contradicts itself is flagged, words are data, names of entities are devices."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ingest.dialects._smart_models import IF_STATED, MODELS, PHASES, VISIBILITY_M, WORDS
from ingest.dialects.smart_data_models import DIALECT
from ingest.model import Frame, Observation, Quality, Refusal
from tests.ingest.dialects.recorded import DICTIONARY, RECEIVED_MS, register_of

TIME = "2026-07-01T08:00:00Z"
FLOOD = {"id": "wl-1", "type": "FloodMonitoring", "observationDateTime": TIME}


def outcome_of(entity: dict[str, Any], name: str = "wl-1", **attributes: str) -> tuple[Observation, ...] | Refusal:
    """Return what comes of an entity for a device with attributes (`_` stands for the dot)."""
    said = {key.replace("_", ".", 1): value for key, value in attributes.items()}
    frame = Frame(topic="ngsi/x", payload=json.dumps(entity).encode(), received_at_ms=RECEIVED_MS, source="test")
    return DIALECT.decode(frame, register_of({name: {"domain": "weather", "attributes": said}}))


def measured(entity: dict[str, Any], name: str = "wl-1", **attributes: str) -> list[tuple[str, float, int]]:
    """Return property, value and flag of what is observed."""
    outcome = outcome_of(entity, name, **attributes)
    assert not isinstance(outcome, Refusal), outcome
    return [(one.observed_property, one.value, one.quality) for one in outcome]


def test_models_speak_of_the_dictionary() -> None:
    """Every property that the tables name is in the dictionary."""
    named = {quantity for attributes in MODELS.values() for quantity, _ in attributes.values()}
    named |= {quantity for attributes in IF_STATED.values() for quantity in attributes.values()}
    named |= {quantity for _, quantity, _, _ in PHASES}
    named |= {
        quantity
        for attributes in WORDS.values()
        for words in attributes.values()
        for flags in words.values()
        for quantity, _ in flags
    }

    assert named <= set(DICTIONARY)


@pytest.mark.parametrize("word", VISIBILITY_M)
def test_visibility_in_words(word: str) -> None:
    """A visibility that was chosen for a word is flagged as not evaluated, never as good."""
    entity = {"id": "ws-1", "type": "WeatherObserved", "dateObserved": TIME, "visibility": word}

    assert measured(entity, "ws-1") == [("weather.visibility", VISIBILITY_M[word], Quality.UNKNOWN)]


@pytest.mark.parametrize(
    "current, quality",
    [(0.25, Quality.GOOD), (0.29, Quality.GOOD), (0.31, Quality.SUSPECT), (1.98, Quality.SUSPECT)],
)
def test_flood_that_contradicts_itself(current: float, quality: Quality) -> None:
    """A stated level that is not reference level less distance, within 5 cm, is suspect."""
    entity = FLOOD | {"currentLevel": current, "referenceLevel": 4.2, "measuredDistance": 3.95}

    ((quantity, level, flag),) = measured(entity, unit_currentLevel="m")

    assert (quantity, flag) == ("weather.water_level", quality)
    assert level == pytest.approx(100 * current)


def test_flood_in_two_units() -> None:
    """Levels in different units are not compared, nor is one taken from the other."""
    distance = {"type": "Property", "value": 395, "unitCode": "CMT"}
    level = {"type": "Property", "value": 4.2, "unitCode": "MTR"}
    current = {"type": "Property", "value": 0.9, "unitCode": "MTR"}
    both = measured(FLOOD | {"currentLevel": current, "referenceLevel": level, "measuredDistance": distance})
    alone = measured(FLOOD | {"referenceLevel": level, "measuredDistance": distance})

    assert both == [("weather.water_level", 90.0, Quality.GOOD), ("weather.water_distance", 395.0, Quality.GOOD)]
    assert alone == [("weather.water_distance", 395.0, Quality.GOOD)]


@pytest.mark.parametrize(
    "entity, device",
    [
        ({"id": "urn:ngsi-ld:WeatherObserved:ws-9"}, "ws-9"),
        ({"id": "ws-9-2026-07-01T08:00:00.00Z"}, "ws-9"),
        ({"id": "x", "refDevice": {"type": "Relationship", "object": ["urn:ngsi-ld:Device:ws-9"]}}, "ws-9"),
        ({"id": "urn:ngsi-ld:WeatherObserved:Madrid.2016-03-15T11-00-00.00Z"}, "Madrid"),
    ],
)
def test_unknown_device(entity: dict[str, Any], device: str) -> None:
    """A refusal names the device as an operator would register it."""
    outcome = outcome_of({"type": "WeatherObserved", "dateObserved": TIME, "temperature": 20} | entity)

    assert isinstance(outcome, Refusal)
    assert (outcome.reason, outcome.device) == ("unknown_device", device)
