"""Quality control as a stage of the line: what `ingest.quality.stream` needs of the stores, fetched and kept.

History comes from the time-series store, up to what was committed last: what an epoch that was given up has written
beyond comes again. Trust is a row in the case store, written in the epoch's transaction. A mistake of ours here must
not stop the stream: the observations of the epoch then go on with the flags that they came with.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import Connection

from alerts.store import trust as standings
from deploy import metrics
from deploy.runtimes.commit import StoppedError, until_done
from deploy.runtimes.shard import Shard, area_of
from ingest.model import Device, Observation
from ingest.quality.stream import Checked, Stream
from ingest.stores._base import Point, ServerAwayError, StoreError, Wanted
from ingest.trust import Trust

if TYPE_CHECKING:
    from deploy.runtimes.line import LineParts

LOG = structlog.get_logger("pipeline")


class Checking:
    """The quality control of one shard. `newest` is what had been taken in when it was loaded; it is copied."""

    def __init__(self, parts: LineParts, connection: Connection, shard: Shard, newest: Mapping[int, int]) -> None:
        self._store, self._register = parts.series, parts.site.register
        trust = Trust(self._register.series_of)
        trust.load(standings.load(connection, shard.serves))
        self._stream = Stream(self._register, parts.site.zone, newest, trust)

    def serve(self, devices: Iterable[Device]) -> None:
        """Seek neighbours among these devices."""
        self._stream.serve(devices)

    def taken_before(self, series: int) -> int | None:
        """Return the time up to which a series (by id) had been taken in when we began, or None."""
        return self._stream.taken_before(series)

    def work(self, fresh: Sequence[Observation], newest: Mapping[int, int], stop: threading.Event) -> Checked:
        """Check the observations of an epoch. Raises what `until_done` raises."""

        def load(wanted: Sequence[Wanted]) -> Mapping[int, Sequence[Point]]:
            try:
                return until_done("series", lambda: self._recent(wanted), stop)
            except _AwayError:
                LOG.warning("quality checks begin without history: the server of the series is away", of=len(wanted))
                return {}

        try:
            return self._stream.work(fresh, newest, load)
        except (StoppedError, StoreError):
            raise
        except Exception:
            LOG.exception("quality checks failed for an epoch")
            metrics.FAILURES.labels("quality").inc()
            return Checked(fresh, fresh)

    def save(self, connection: Connection, checked: Checked) -> None:
        """Write what changed of trust."""
        if checked.standings:
            standings.save(connection, checked.standings, self._area)

    def _recent(self, wanted: Sequence[Wanted]) -> Mapping[int, Sequence[Point]]:
        try:
            return self._store.recent(wanted)
        except ServerAwayError as exc:  # rules and alerts go on without the server: so do we
            raise _AwayError from exc

    def _area(self, device_id: str) -> str:
        device = self._register.device(device_id)
        return area_of(device.cell) if device else ""


class _AwayError(Exception):
    """The server of the time series is away, and waiting for it would hold everything up."""
