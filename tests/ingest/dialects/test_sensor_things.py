"""SensorThings: quality words, spellings of units, and that what a datastream means follows the register."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from ingest.dialects._sensor_things import quality_of, unit_of
from ingest.dialects.sensor_things import DIALECT
from ingest.model import Frame, Quality, Refusal
from ingest.quality.single import flag
from tests.ingest.dialects.recorded import RECEIVED_MS, register_of

TOPIC = "v1.1/Datastreams(42)/Observations"
GAUGE = {"wl-0003": {"domain": "weather", "attributes": {"datastream.42": "weather.water_level"}}}


@pytest.mark.parametrize(
    "said, quality",
    [
        ("good", Quality.GOOD),
        (" Suspect ", Quality.SUSPECT),
        ("BAD", Quality.FAIL),
        ("unchecked", Quality.UNKNOWN),
        ("0.5 m", Quality.GOOD),
        ({"DQ_Status": 4}, Quality.GOOD),
        (None, Quality.GOOD),
    ],
)
def test_result_quality(said: Any, quality: Quality) -> None:
    """A usual word of `resultQuality` becomes the flag; anything else says nothing."""
    content = {"phenomenonTime": "2026-07-01T08:00:00Z", "result": 18.4, "resultQuality": said}
    frame = Frame(topic=TOPIC, payload=json.dumps(content).encode(), received_at_ms=RECEIVED_MS, source="test")
    outcome = DIALECT.decode(frame, register_of(GAUGE))

    assert not isinstance(outcome, Refusal)
    assert [one.quality for one in outcome] == [quality]
    assert quality_of(said) == quality


def test_stated_quality_is_not_softened() -> None:
    """What a server calls bad stays so, also where the range of the property finds it merely doubtful."""
    content = {"phenomenonTime": "2026-07-01T08:00:00Z", "result": 1500, "resultQuality": "bad"}
    frame = Frame(topic=TOPIC, payload=json.dumps(content).encode(), received_at_ms=RECEIVED_MS, source="test")
    outcome = DIALECT.decode(frame, register_of(GAUGE))
    assert not isinstance(outcome, Refusal)
    (one,) = outcome

    assert flag(replace(one, quality=Quality.GOOD), RECEIVED_MS) == Quality.SUSPECT
    assert flag(one, RECEIVED_MS) == Quality.FAIL


@pytest.mark.parametrize(
    "definition, symbol, name, unit",
    [
        ("ucum:mm", "x", "x", "mm"),
        ("http://unitsofmeasure.org/ucum.html#Cel", "C", "", "Cel"),
        ("http://www.qudt.org/qudt/owl/1.0.0/unit/Instances.html#DegreeCelsius", "C", "", "Cel"),
        ("http://qudt.org/vocab/unit/DEG_C", None, None, "Cel"),
        ("http://unitsofmeasure.org/ucum.html#para-30", "Cel", "", "Cel"),
        (None, "°C", "degree Celsius", "Cel"),
        (None, "°C", None, "°C"),
        (None, "C", "Degrees Celsius", "Cel"),
        (None, "", "Percent", "%"),
        (None, "%", None, "%"),
        (None, "bananas", None, "bananas"),
        (None, None, None, None),
    ],
)
def test_unit(definition: str | None, symbol: str | None, name: str | None, unit: str | None) -> None:
    """The definition counts before the symbol; what nobody knows stays as it is, to be refused by its name."""
    assert unit_of({"definition": definition, "symbol": symbol, "name": name}) == unit


def test_unit_of_something_else() -> None:
    """What is no object states no unit."""
    assert unit_of("Cel") is None
