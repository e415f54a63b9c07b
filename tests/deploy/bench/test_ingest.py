"""The messages of `wangge bench ingest`: every dialect has some, and they are understood."""

from __future__ import annotations

import json

import pytest

from deploy.bench import ingest, mosquitto
from deploy.bench.payloads import PROPERTIES, WRITERS, messages, register
from ingest.model import Frame
from ingest.plugins import find
from ingest.topics import discover


def test_every_dialect_is_measured() -> None:
    """A new dialect needs a writer here."""
    assert set(WRITERS) == set(find("ingest.dialects", "DIALECT"))


@pytest.mark.parametrize("dialect", sorted(WRITERS))
def test_messages(dialect: str) -> None:
    """Messages are read in their dialect, all three values are there, and the same seed gives the same ones."""
    some = list(messages(dialect, 6))
    dialects, lookup = discover(), register()
    found: dict[str, set[float]] = {}
    for topic, payload in some:
        frame = Frame(topic=topic, payload=payload, received_at_ms=0, source="test")
        outcome = dialects.decode(frame, lookup)
        assert isinstance(outcome, tuple), outcome
        assert dialects.name_of(frame, lookup) == dialect
        for one in outcome:
            found.setdefault(one.observed_property, set()).add(round(one.value, 1))

    assert some == list(messages(dialect, 6))
    assert set(PROPERTIES) <= set(found)
    assert all(20 < value < 30 for value in found["weather.temperature"])
    assert all(50 < value < 80 for value in found["weather.humidity"])


@pytest.mark.slow
@pytest.mark.network
def test_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    """The measurement says everything that it promises, each rate above nothing."""
    if mosquitto.find() is None:
        pytest.skip("mosquitto is absent")
    monkeypatch.setattr(ingest, "_TURNS", 1)
    told: list[str] = []

    result = json.loads(json.dumps(ingest.measure(10_000, 1, told.append)))

    assert set(result["decode_observations_per_s"]) == set(WRITERS)
    assert set(result["decode_normalise_quality_observations_per_s"]) == set(WRITERS)
    assert min(result["source_msgs_per_s"], result["normalise_and_quality_observations_per_s"]) > 0
    assert result["source_ratio"] == pytest.approx(result["source_msgs_per_s"] / result["paho_msgs_per_s"], abs=0.01)
    assert told
