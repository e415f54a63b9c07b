"""What every time-series store offers. Writing an observation (series, phenomenon time) again changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from ingest.model import Observation


class StoreError(Exception):
    """The store did not take or give what was asked; `retryable` tells whether trying again can help."""

    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.retryable = retryable


class Point(NamedTuple):
    """One stored value of a series: time in ms since 1970 UTC, value in the property's unit, QARTOD flag."""

    time_ms: int
    value: float
    quality: int


class SeriesStore(Protocol):
    """A time-series store. Used from one writing thread; readers open their own."""

    def write(self, observations: Sequence[Observation]) -> None:
        """Store all of them, durably, before returning; raise `StoreError` and store none otherwise."""

    def known(self, keys: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
        """Return those of the (series id, time in ms) keys that are stored."""

    def read(
        self, device_id: str, observed_property: str, from_ms: int, to_ms: int, limit: int = 10_000
    ) -> list[Point]:
        """Return the points with from_ms ≤ time < to_ms in order of time: the newest `limit` of them."""

    def count(self) -> int:
        """Return how many observations are stored."""

    def close(self) -> None:
        """Release files and connections."""
