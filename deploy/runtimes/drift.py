"""The line's part in drift: it counts what the looked-at frames were like, and the first shard judges all counts.

Counts are written in the line's own transaction, once a minute; what a crash loses of them are looks at a minute's
frames. A mistake here must not stop the line: it is logged, counted and passed over.
"""

from __future__ import annotations

from collections.abc import Iterable

import structlog
from sqlalchemy import Connection

from alerts import drift as notices
from alerts.errors import StoreError
from alerts.store import drift, outbox
from deploy import metrics
from ingest.drift import HOUR_MS, Hour, Look
from ingest.drift_alarms import KEPT_HOURS, judge

LOG = structlog.get_logger("pipeline")
_SAVE_MS = 60_000
_JUDGE_MS = 300_000


class DriftWatch:
    """Counts for one shard. Used from the line's thread."""

    def __init__(self, connection: Connection, shard: int, site_id: str, now_ms: int) -> None:
        self._shard, self._site_id = shard, site_id
        begin_ms = now_ms // HOUR_MS * HOUR_MS
        found = drift.load(connection, from_ms=begin_ms, to_ms=begin_ms + HOUR_MS, shard=shard)
        self._hour = Hour(begin_ms, found.get(begin_ms))
        self._past: drift.Tallies | None = None
        self._saved_ms = self._judged_ms = now_ms

    def take(self, looks: Iterable[Look]) -> None:
        """Count frames that were looked at."""
        self._hour.add(looks)

    def write(self, connection: Connection, now_ms: int) -> None:
        """Save, and judge, when it is time to."""
        over = now_ms // HOUR_MS * HOUR_MS != self._hour.hour_ms
        if not over and abs(now_ms - self._saved_ms) < _SAVE_MS:
            return
        self._saved_ms = now_ms
        try:
            with connection.begin_nested():
                self._write(connection, now_ms, over=over)
        except StoreError:
            raise
        except Exception:
            LOG.exception("drift could not be judged")
            metrics.FAILURES.labels("drift").inc()

    def _write(self, connection: Connection, now_ms: int, *, over: bool) -> None:
        drift.save(connection, self._hour, self._shard)
        self._hour.changed.clear()
        if over:
            self._hour = Hour(now_ms // HOUR_MS * HOUR_MS)
            self._past = None
            if self._shard == 0:
                drift.forget(connection, self._hour.hour_ms - KEPT_HOURS * HOUR_MS)
        if self._shard == 0 and (over or abs(now_ms - self._judged_ms) >= _JUDGE_MS):
            self._judged_ms = now_ms
            self._judge(connection, now_ms)

    def _judge(self, connection: Connection, now_ms: int) -> None:
        begin_ms = self._hour.hour_ms
        since_ms = begin_ms - KEPT_HOURS * HOUR_MS
        if self._past is None:
            self._past = drift.load(connection, from_ms=since_ms, to_ms=begin_ms)
        present = drift.load(connection, from_ms=begin_ms, to_ms=begin_ms + HOUR_MS)
        alarms = drift.opened(connection)
        verdict = judge(self._past | present, alarms, drift.accepted_since(connection, since_ms), now_ms)
        changed = [drift.open_(connection, one, now_ms) for one in verdict.opened]
        for one, how in verdict.cleared:
            changed += drift.clear(connection, one, how, now_ms)
        for row in changed:
            outbox.put(connection, notices.about(row, self._site_id), now_ms)
        still = {(row.kind, row.key) for row in verdict.opened} | {(one.alarm.kind, one.alarm.key) for one in alarms}
        still -= {(one.alarm.kind, one.alarm.key) for one, _ in verdict.cleared}
        for kind in ("vanished", "jump", "refusals"):
            metrics.DRIFT.labels(kind).set(sum(name == kind for name, _ in still))
