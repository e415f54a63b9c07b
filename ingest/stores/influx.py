"""Time series in InfluxDB 2: batches of line protocol, written one at a time, with a bounded spool on disk.

    write ─▶ batches of at most 5,000 lines ─▶ server
                 │ away, or not able to             ▲
                 └──▶ influx.spool ── drained ──────┘     before anything newer is written
                                      └─ what the server refuses ─▶ influx.refused ─▶ `refused()` ─▶ dead letters

While the server is away `write` returns when the observations are in the spool, so that rules and alerts go on. It
refuses (retryable) when the spool is full. Whether an old observation is known can only be told by the server: `known`
raises (retryable) while it is away. One process writes to a spool; readers need none.

Writing an observation again changes nothing: the same series and time is overwritten.
"""

from __future__ import annotations

import math
import operator
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import msgspec
import structlog

from ingest.model import Observation, Series
from ingest.stores import _influx_queries as queries
from ingest.stores._base import Point, Refused, ServerAwayError, StoreError, Wanted
from ingest.stores._influx_options import InfluxOptions
from ingest.stores._line_protocol import MOST_LINES, Entry, LineWriter, entries, lines_of
from ingest.stores._spool import Spool

LOG = structlog.get_logger("influx")
_FIRST_WAIT_S = 0.25
_LONGEST_WAIT_S = 15.0
_SCAN_MS = 600_000
_FEW_DEVICES = 200  # so many are named in a query; of more, the property is read of all devices
_decode = msgspec.msgpack.Decoder(list[Entry]).decode
_decode_refused = msgspec.msgpack.Decoder(list[Refused]).decode


class Link(Protocol):
    """What is asked of the server (`ingest.stores._influx_client.InfluxClient`); every fault is a StoreError."""

    def send(self, lines: bytes) -> None:
        """Write line protocol with times in ms; not retryable when the server refuses a line."""

    def query(self, flux: str) -> list[dict[str, str]]:
        """Return the rows of a Flux query as text by column."""

    def retention_ms(self) -> int:
        """Return how long the bucket keeps points; 0: for ever."""

    def close(self) -> None:
        """Close the connection."""


class InfluxStore:
    """A bucket of an InfluxDB 2. `keeps_ms`: how long it keeps points (0: for ever; None: ask the server)."""

    name = "influx"

    def __init__(
        self,
        link: Link,
        options: InfluxOptions,
        folder: Path,
        keeps_ms: int | None = None,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._link = link
        self._bucket = options.bucket
        self._spool = Spool(folder / "influx.spool", options.spool_bytes)
        self._refused = Spool(folder / "influx.refused", options.spool_bytes)
        self._handed_over = False
        self._lines = LineWriter()
        self._monotonic_s = monotonic_s
        self._failures = 0
        self._next_try_s = 0.0
        self._trouble = ""
        self._keeps_ms = keeps_ms

    @classmethod
    def open(cls, folder: Path, _observations_per_s: float | None, options: InfluxOptions) -> InfluxStore:
        """Return the store; raise StoreError when the server is there but refuses token, organisation or bucket."""
        try:
            from ingest.stores._influx_client import InfluxClient  # noqa: PLC0415 - an extra: others need it not
        except ImportError as exc:
            text = f"the store influx needs the extra `cluster` ({exc}): pip install 'wangge[cluster]'"
            raise StoreError(text, retryable=False) from exc
        store = cls(InfluxClient(options), options, folder)
        try:
            store.check()
        except ServerAwayError as exc:
            LOG.warning("starting without the server", error=str(exc))
        except StoreError:
            store.close()
            raise
        return store

    def check(self) -> None:
        """Ask the server for the bucket; raise StoreError with what is wrong and how to mend it."""
        self._keeps_ms = self._link.retention_ms()

    def write(self, observations: Sequence[Observation]) -> None:
        """Store all of them, in the server or in the spool; raise StoreError otherwise (some may be stored then)."""
        if self._handed_over:
            self._refused.clear()
            self._handed_over = False
        self._vet(observations)
        if not self._drained():
            self._keep(observations)
            return
        start = 0
        try:
            if self._keeps_ms is None:
                self.check()
                self._vet(observations)
            for start in range(0, len(observations), MOST_LINES):
                self._link.send(self._lines.batch(observations[start : start + MOST_LINES]))
        except StoreError as exc:
            if not exc.retryable:
                raise
            self._failed(exc)
            self._keep(observations[start:])

    def known(self, observations: Iterable[Observation]) -> set[tuple[int, int]]:
        """Return the (series id, time) keys of those that are stored; raise StoreError while the server is away."""
        asked = list(observations)
        if not self._drained():
            raise ServerAwayError(self._trouble)
        query = queries.presence(self._bucket, asked)
        found = queries.present(self._link.query(query)) if query else set()
        return {
            (one.series.id, one.phenomenon_time_ms)
            for one in asked
            if (one.observed_property, one.device_id, one.phenomenon_time_ms) in found
        }

    def read(
        self, device_id: str, observed_property: str, from_ms: int, to_ms: int, limit: int = 10_000
    ) -> list[Point]:
        """Return the newest `limit` points with from_ms ≤ time < to_ms in order of time."""
        if from_ms >= to_ms:
            return []
        stretch = queries.Stretch(observed_property, device_id, from_ms, to_ms)
        return queries.points(self._link.query(queries.newest(self._bucket, stretch, limit)))

    def recent(self, wanted: Sequence[Wanted]) -> dict[int, list[Point]]:
        """Return the newest points of many series, by series id; raise StoreError while the server is away."""
        if not self._drained():
            raise ServerAwayError(self._trouble)
        found: dict[int, list[Point]] = {}
        for together in queries.alike([one for one in wanted if one.from_ms < one.to_ms], _FEW_DEVICES):
            devices = [one.series.device.id for one in together]
            from_ms, to_ms = min(one.from_ms for one in together), max(one.to_ms for one in together)
            name = together[0].series.property.name
            rows = queries.by_device(self._link.query(queries.span(self._bucket, name, devices, from_ms, to_ms)))
            for one in together:
                points = queries.points(rows.get(one.series.device.id, ()))
                found[one.series.id] = [at for at in points if one.from_ms <= at.time_ms < one.to_ms][-one.limit :]
        return found

    def scan(self, wanted: Mapping[int, Series], from_ms: int, to_ms: int) -> Iterator[list[Observation]]:
        """Yield the observations of many series with from_ms ≤ time < to_ms, in order of time."""
        of: dict[str, dict[str, Series]] = {}
        for series in wanted.values():
            of.setdefault(series.property.name, {})[series.device.id] = series
        for start_ms in range(from_ms, to_ms, _SCAN_MS):
            end_ms = min(start_ms + _SCAN_MS, to_ms)
            part: list[Observation] = []
            for name, devices in of.items():
                chosen = list(devices) if len(devices) <= _FEW_DEVICES else None
                rows = queries.by_device(self._link.query(queries.span(self._bucket, name, chosen, start_ms, end_ms)))
                for device, found in rows.items():
                    if device in devices:
                        part += [
                            Observation(devices[device], point.value, point.time_ms, point.time_ms, point.quality)
                            for point in queries.points(found)
                        ]
            yield sorted(part, key=operator.attrgetter("phenomenon_time_ms"))

    def count(self) -> int:
        """Return how many observations the server holds."""
        return sum(int(row["_value"]) for row in self._link.query(queries.total(self._bucket)))

    def refused(self) -> list[Refused]:
        """Return what the server refused after it had waited in the spool; the next `write` forgets it."""
        late = [one for record in self._refused.records() for one in _decode_refused(record)]
        self._handed_over = bool(late)
        return late

    def close(self) -> None:
        """Close connection and files; what waits in the spool is sent by the next process."""
        self._link.close()
        self._spool.close()
        self._refused.close()

    def _vet(self, observations: Iterable[Observation]) -> None:
        """Refuse what the server would refuse or drop, before it costs a request."""
        keeps_ms = self._keeps_ms or math.inf
        for one in observations:
            age_ms = one.result_time_ms - one.phenomenon_time_ms
            if age_ms > keeps_ms:
                days = keeps_ms / 86_400_000
                raise StoreError(f"older than the bucket {self._bucket!r} keeps ({days:g} days)", retryable=False)
            if not (queries.LOWEST_MS <= one.phenomenon_time_ms < queries.HIGHEST_MS and math.isfinite(one.value)):
                raise StoreError("a time before 1678 or after 2262, or not a number", retryable=False)

    def _keep(self, observations: Sequence[Observation]) -> None:
        """Put observations into the spool."""
        encode = msgspec.msgpack.encode
        parts = range(0, len(observations), MOST_LINES)
        self._spool.append([encode(entries(observations[start : start + MOST_LINES])) for start in parts])

    def _drained(self) -> bool:
        """Send what waits in the spool, if it is time to try; return whether it is empty."""
        if not self._spool.waiting():
            return True
        if self._monotonic_s() < self._next_try_s:
            return False
        try:
            for record in self._spool.records():
                late = self._settle(_decode(record))
                if late:
                    LOG.error("the server refuses what had waited for it", points=len(late), error=late[0].reason)
                    self._refused.append([msgspec.msgpack.encode(late)])
                self._spool.done()
        except StoreError as exc:
            self._failed(exc)
            return False
        if self._failures:
            LOG.info("the server is back, the spool is empty")
        self._failures = 0
        return True

    def _settle(self, batch: list[Entry]) -> list[Refused]:
        """Send a batch; return those that the server refuses, found by halving."""
        try:
            self._link.send(lines_of(batch))
        except StoreError as exc:
            if exc.retryable:
                raise
            if len(batch) > 1:
                half = len(batch) // 2
                return self._settle(batch[:half]) + self._settle(batch[half:])
            one = batch[0]
            return [Refused(*one[:4], one.result_time_ms, str(exc))]
        return []

    def _failed(self, exc: StoreError) -> None:
        """Note that the server is away, and when to try again."""
        if not self._failures:
            LOG.warning("the server is away, observations wait in the spool", error=str(exc))
        longest = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2 ** min(self._failures, 10))
        self._failures += 1
        self._trouble = str(exc)
        self._next_try_s = self._monotonic_s() + longest * random.uniform(0.5, 1)  # noqa: S311 - jitter, not a secret


STORE = InfluxStore
