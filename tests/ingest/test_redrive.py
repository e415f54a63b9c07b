"""The envelope of a frame that is published again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.model import Frame
from ingest.redrive import PREFIX, unwrap, wrap
from ingest.topics import discover
from tests.ingest.dialects.recorded import RECEIVED_MS, register_of


def frame(topic: str, payload: bytes = b"x", received_at_ms: int = 9) -> Frame:
    """Return a frame of this test."""
    return Frame(topic=topic, payload=payload, received_at_ms=received_at_ms, source="mqtt")


@given(topic=st.text(max_size=30), received_at_ms=st.integers(0, 10**14))
def test_round_trip(topic: str, received_at_ms: int) -> None:
    """What was wrapped comes out with its topic, its time of receipt and its source."""
    found = unwrap(frame(wrap(topic, "north", received_at_ms)))

    assert (found.topic, found.source, found.received_at_ms, found.payload) == (topic, "north", received_at_ms, b"x")


@pytest.mark.parametrize("topic", ["a/b", PREFIX, PREFIX + "mqtt/12", PREFIX + "mqtt/x/a", PREFIX + "mqtt/²/a"])
def test_no_envelope(topic: str) -> None:
    """What is in no envelope, or in a spoiled one, is left as it is."""
    assert unwrap(frame(topic)) == frame(topic)


def test_topic_too_long() -> None:
    """A topic that has no room for an envelope is published as it is."""
    assert wrap("a" * 65_530, "mqtt", 1) == "a" * 65_530


def test_relative_time() -> None:
    """A time relative to the receipt is relative to the first receipt, also an hour later."""
    register = register_of({"wl-1": {"domain": "weather"}})
    payload = b'[{"bn": "urn:dev:ops:wl-1/", "n": "weather.temperature", "u": "Cel", "v": 25, "t": -5}]'
    first = discover().decode(frame("senml/x", payload, RECEIVED_MS), register)
    late = frame(wrap("senml/x", "mqtt", RECEIVED_MS), payload, RECEIVED_MS + 3_600_000)

    assert discover().decode(late, register) == first
