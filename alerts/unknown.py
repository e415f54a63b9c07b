"""Devices that the register lacks: what is told of them, and how many frames name no device at all."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection

from alerts.store import deadletters
from alerts.store.deadletters import Choice
from ingest.errors import Reason


class Value(msgspec.Struct, frozen=True):
    """What would be read of a device: its latest value, in canonical unit."""

    property: str
    value: float
    unit: str


class Unknown(msgspec.Struct, frozen=True, kw_only=True):
    """A device that the register lacks. `topic` is that of its latest frame; None means: nothing to guess from."""

    device: str
    dialect: str
    model: str
    eui: str | None
    frames: int
    first_received_at_ms: int
    last_received_at_ms: int
    topic: str
    would_read: tuple[Value, ...]
    problem: str | None
    domain: str | None
    kind: str | None
    cadence_s: int | None


def nameless(connection: Connection) -> int:
    """Return how many letters wait for a device that their frames do not name (a bare datastream, say)."""
    return sum(deadletters.count(connection, Choice(reason=Reason.UNKNOWN_DEVICE, device="")).values())
