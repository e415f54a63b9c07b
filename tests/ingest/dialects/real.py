"""What comes of real messages: helpers of the tests that read a folder of them."""

from __future__ import annotations

from typing import Any

from ingest.errors import Reason
from ingest.model import Frame, Observation, Refusal
from ingest.topics import discover
from tests.ingest.dialects.recorded import register_of

RECEIVED_MS = 1_800_000_000_000


def outcome_of(topic: str, payload: bytes, devices: dict[str, dict[str, Any]]) -> tuple[Observation, ...] | Refusal:
    """Return what comes of a message; a refusal has a known reason."""
    frame = Frame(topic=topic, payload=payload, received_at_ms=RECEIVED_MS, source="test")
    outcome = discover().decode(frame, register_of(devices))
    if isinstance(outcome, Refusal):
        assert outcome.reason in set(Reason)
    return outcome


def values(outcome: tuple[Observation, ...] | Refusal) -> dict[str, float]:
    """Return the last value of each property."""
    assert not isinstance(outcome, Refusal), outcome
    return {one.observed_property: one.value for one in outcome}
