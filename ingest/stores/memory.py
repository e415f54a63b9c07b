"""A time-series store in memory: for tests and trials."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from ingest.model import Observation, Series, series_id
from ingest.stores._base import Point, Wanted


class MemoryStore:
    """Keeps everything in one dictionary; forgets it at the end of the process."""

    name = "memory"

    def __init__(self) -> None:
        self._points: dict[int, dict[int, Point]] = {}

    @classmethod
    def open(cls, _folder: Path, _observations_per_s: float | None = None) -> MemoryStore:
        """Return a new, empty store."""
        return cls()

    def write(self, observations: Sequence[Observation]) -> None:
        """Store all of them."""
        for one in observations:
            time_ms = one.phenomenon_time_ms
            self._points.setdefault(one.series.id, {})[time_ms] = Point(time_ms, one.value, int(one.quality))

    def known(self, observations: Iterable[Observation]) -> set[tuple[int, int]]:
        """Return the (series id, time) keys of those that are stored."""
        keys = {(one.series.id, one.phenomenon_time_ms) for one in observations}
        return {key for key in keys if key[1] in self._points.get(key[0], {})}

    def read(
        self, device_id: str, observed_property: str, from_ms: int, to_ms: int, limit: int = 10_000
    ) -> list[Point]:
        """Return the newest `limit` points with from_ms ≤ time < to_ms in order of time."""
        series = self._points.get(series_id(device_id, observed_property), {})
        return sorted(point for time_ms, point in series.items() if from_ms <= time_ms < to_ms)[-limit:]

    def recent(self, wanted: Sequence[Wanted]) -> dict[int, list[Point]]:
        """Return the newest points of many series, by series id."""
        found = {}
        for one in wanted:
            points = self._points.get(one.series.id, {}).values()
            stretch = sorted(point for point in points if one.from_ms <= point.time_ms < one.to_ms)
            found[one.series.id] = stretch[-one.limit :]
        return found

    def scan(self, wanted: Mapping[int, Series], from_ms: int, to_ms: int) -> Iterator[list[Observation]]:
        """Yield the observations of many series with from_ms ≤ time < to_ms, in order of time."""
        found = [
            Observation(series, point.value, point.time_ms, point.time_ms, point.quality)
            for number, series in wanted.items()
            for point in self._points.get(number, {}).values()
            if from_ms <= point.time_ms < to_ms
        ]
        yield sorted(found, key=operator.attrgetter("phenomenon_time_ms"))

    def count(self) -> int:
        """Return how many observations are stored."""
        return sum(map(len, self._points.values()))

    def close(self) -> None:
        """Do nothing: there is nothing to release."""


STORE = MemoryStore
