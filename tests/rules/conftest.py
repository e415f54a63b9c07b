"""Shared by the tests of the rules stage: a small world of devices, series, rules and observations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ingest import dictionary
from ingest.model import Device, Observation, Property, Quality, Series, series_id
from rules.conditions._base import Condition
from rules.conditions._limits import Bound, Bounds
from rules.conditions.no_data import NoData
from rules.conditions.threshold import Threshold
from rules.model import Rule, Severity, Text, Transition
from rules.schema import kinds

T0 = 1_767_571_200_000


class World:
    """Makes the values that tests speak about; times are seconds after an arbitrary beginning."""

    def __init__(self, dictionary: Mapping[str, Property]) -> None:
        self.dictionary = dictionary

    def __repr__(self) -> str:
        """Keep the dictionary out of the reports of failures."""
        return "World()"

    def device(self, name: str = "g1", **changes: Any) -> Device:
        """Return a gauge with one value a minute."""
        content: dict[str, Any] = {
            "id": name,
            "domain": "weather",
            "kind": "water_level_gauge",
            "cell": "450107003013001",
            "lat": 22.8,
            "lon": 108.3,
            "cadence_s": 60,
            "attributes": {"place": "road"},
        }
        return Device(**(content | changes))

    def series(self, device: Device, observed_property: str = "weather.water_level") -> Series:
        """Return a series of the device."""
        name = observed_property
        return Series(id=series_id(device.id, name), device=device, property=self.dictionary[name])

    def rule(self, condition: Condition | None = None, **changes: Any) -> Rule:
        """Return a rule about water above 15 cm, clear below 10 cm."""
        content: dict[str, Any] = {
            "id": "flood.road",
            "version": "v1",
            "domain": "weather",
            "title": Text(zh="积水", en="Flooding"),
            "subject": "device",
            "severity": Severity.CRITICAL,
            "condition": condition or self.threshold(),
        }
        return Rule(**(content | changes))

    def threshold(self, **changes: Any) -> Threshold:
        """Return the condition: above 15 cm, clear below 10 cm."""
        limits: dict[str, Any] = {"word": "above", "limit": 15.0, "clear": 10.0}
        bound = Bound(**(limits | changes))
        return Threshold(observed_property="weather.water_level", unit="cm", bounds=Bounds(each=(bound,)))

    def condition(self, name: str, **options: Any) -> Any:
        """Return a condition of its options, as they stand in a rule file."""
        kind = kinds()[name]
        model = kind.options.model_validate(options)
        if kind.join is None:
            return kind.build(model, self.dictionary)
        parts = {}
        for option in kind.parts:
            given = options.get(option, [])
            each = given if isinstance(given, list) else [given]
            parts[option] = tuple(self.condition(key, **value) for part in each for key, value in part.items())
        return kind.join(model, parts)

    def silence(self, **changes: Any) -> Rule:
        """Return a rule about three intervals without data."""
        return self.rule(NoData(for_intervals=3), **({"id": "weather.silent"} | changes))

    def observation(self, series: Series, at_s: float, value: float, quality: Quality = Quality.GOOD) -> Observation:
        """Return an observation that was received when it was made."""
        at_ms = self.at(at_s)
        return Observation(series, value, at_ms, at_ms, quality)

    def at(self, at_s: float) -> int:
        """Return the time in milliseconds."""
        return T0 + round(at_s * 1000)

    def told(self, transitions: tuple[Transition, ...]) -> list[tuple[str, float]]:
        """Return (state, since) of transitions, since in seconds."""
        return [(item.state.value, (item.since_ms - T0) / 1000) for item in transitions]


@pytest.fixture(scope="session")
def world() -> World:
    """Return the makers of test values."""
    properties, faults = dictionary.load()
    assert faults == ()
    return World(properties)
