"""What every time-series store offers. Writing an observation (series, phenomenon time) again changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from ingest.model import Observation, Series


class StoreError(Exception):
    """The store did not take or give what was asked; `retryable` tells whether trying again can help."""

    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.retryable = retryable


class ServerAwayError(StoreError):
    """The server did not answer, or said that it cannot now: waiting helps, or starting it."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retryable=True)


class Point(NamedTuple):
    """One stored value of a series: time in ms since 1970 UTC, value in the property's unit, QARTOD flag."""

    time_ms: int
    value: float
    quality: int


class Wanted(NamedTuple):
    """The newest `limit` points of a series with from_ms ≤ time < to_ms."""

    series: Series
    from_ms: int
    to_ms: int
    limit: int


class SeriesStore(Protocol):
    """A time-series store. Used from one writing thread; readers open their own."""

    def write(self, observations: Sequence[Observation]) -> None:
        """Store all of them, durably, before returning; raise `StoreError` and store none otherwise."""

    def known(self, observations: Iterable[Observation]) -> set[tuple[int, int]]:
        """Return the keys (series id, time in ms) of those observations whose key is stored, with whatever value."""

    def read(
        self, device_id: str, observed_property: str, from_ms: int, to_ms: int, limit: int = 10_000
    ) -> list[Point]:
        """Return the points with from_ms ≤ time < to_ms in order of time: the newest `limit` of them."""

    def recent(self, wanted: Sequence[Wanted]) -> dict[int, list[Point]]:
        """Return the newest points of many series, each of its own stretch, in order of time, by series id.

        A series without points may be left out. Raises `StoreError`.
        """

    def scan(self, wanted: Mapping[int, Series], from_ms: int, to_ms: int) -> Iterator[list[Observation]]:
        """Yield the observations of many series (by id) with from_ms ≤ time < to_ms, in order of time, in parts.

        When they arrived is not stored: their result time is their phenomenon time. Raises `StoreError`.
        """

    def count(self) -> int:
        """Return how many observations are stored."""

    def close(self) -> None:
        """Release files and connections."""


class Refused(NamedTuple):
    """An observation that was taken and refused later, as plain values, and why; times in ms."""

    device_id: str
    observed_property: str
    value: float
    time_ms: int
    result_time_ms: int
    reason: str


@runtime_checkable
class Spooling(Protocol):
    """What a store offers besides when it takes observations for a server that is away."""

    def refused(self) -> list[Refused]:
        """Return what the server refused after we had taken it. The next `write` says that this was dealt with."""
