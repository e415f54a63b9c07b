"""Shared by the tests of the rules stage: a small world of devices, series, rules and observations."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest

from ingest import dictionary
from ingest.model import Device, Observation, Property, Quality, Series, series_id
from rules.conditions._base import Condition
from rules.conditions.no_data import NoData
from rules.conditions.threshold import Threshold
from rules.model import Rule, Severity, Text, Transition

T0 = 1_767_571_200_000


@dataclasses.dataclass(frozen=True, slots=True, repr=False)
class World:
    """Makes the values that tests speak about; times are seconds after an arbitrary beginning."""

    dictionary: Mapping[str, Property]

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
        content: dict[str, Any] = {
            "observed_property": "weather.water_level",
            "unit": "cm",
            "word": "above",
            "limit": 15.0,
            "clear": 10.0,
        }
        return Threshold(**(content | changes))

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
