"""The embedded runtime: one process, one thread of work, committed in epochs.

    frames ─ take_in ─ sift ─ rules.step ─┐
      (1) observations → time-series store, durably
      (2) ledger, dead letters, seen, rule states, transitions, alerts, cases, outbox → case store, one transaction
      (3) acknowledge the frames, in order of arrival, in one write

A crash anywhere redelivers frames whose effects are recognised. A store that is down is tried again until it is back:
nothing is acknowledged meanwhile, and the broker keeps the frames.
"""

from __future__ import annotations

import dataclasses
import functools
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog
from sqlalchemy import Connection, Engine

from alerts import flow as cases
from alerts.context import CaseContext
from alerts.errors import StoreError as CaseStoreError
from alerts.store import deadletters, ledger, meta, rule_states, seen
from alerts.store.database import reading
from deploy import metrics
from deploy.clock import Clock, monotonic_s
from deploy.runtimes.commit import StoppedError, until_done, write_all
from deploy.runtimes.pulse import Link, Pulse
from deploy.site import Site
from ingest import dedup
from ingest.flow import Counts, Intake, Letter, count, take_in
from ingest.model import Frame, Observation
from ingest.quality import flag
from ingest.stores._base import SeriesStore
from ingest.topics import discover
from rules import engine as rules
from rules.model import Transition

LOG = structlog.get_logger("pipeline")
_SNAPSHOT_PAIRS = 1_000_000  # journal pairs after which a snapshot is cheaper to read back
_TICK_S = 0.25


class Source(Link, Protocol):
    """Where frames come from and are acknowledged to (`ingest.io.mqtt_source.MqttSource`)."""

    def ensure(self) -> None:
        """See to it that frames keep coming."""

    def acknowledge(self, frames: Sequence[Frame]) -> int:
        """Tell the broker that these are safe; return how many it still wanted to know of."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the runtime is put together from (deploy.app builds it)."""

    site: Site
    series: SeriesStore
    database: Engine
    source: Source
    context: CaseContext
    clock: Clock


class EmbeddedRuntime:
    """Runs the line. `resume`, then `epoch` for each batch of frames; the state between is in the stores."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        site = parts.site
        self._program = rules.compile_rules(site.rules, site.register.devices.values())
        self._pulse = Pulse(parts.clock)
        self._listening = False
        self._ticked_s = 0.0
        self._unacknowledged: list[tuple[str, int, int]] = []
        with reading(parts.database) as connection:
            self._newest = dedup.unpack(seen.load(connection))
            self._epoch = seen.last_epoch(connection)
            self._state = rules.load(self._program, rule_states.load(connection), parts.clock.now_ms())
        self._journal_pairs = 0
        self._decode = functools.partial(discover().decode, lookup=site.register)

    def run(self, stop: threading.Event, collect: Callable[[], list[Frame]]) -> None:
        """Work until `stop` is set; what was not committed by then was not acknowledged and comes again."""
        try:
            while not stop.is_set():
                self._parts.source.ensure()
                frames = collect()
                if frames or monotonic_s() - self._ticked_s >= _TICK_S:
                    self.epoch(frames, stop)
            self.epoch((), stop)
        except StoppedError as exc:
            LOG.warning("stopped while a store was down", store=str(exc))

    def epoch(self, frames: Sequence[Frame], stop: threading.Event) -> None:
        """Take frames through all stages, commit, acknowledge. Without frames: only what the clock makes due."""
        parts, pulse = self._parts, self._pulse
        now_ms = parts.clock.now_ms()
        pulse.begin(len(frames))
        intakes = list(take_in(frames, self._decode, flag, now_ms))
        sifted = [self._sift(intake, stop) for intake in intakes]
        fresh = [one for new, _ in sifted for one in new]
        pulse.lap("ingest")
        step = self._judge(fresh, now_ms)
        pulse.lap("rules")
        refused = write_all(parts.series, fresh, stop) if fresh else []
        pulse.lap("series")

        def commit() -> list[Counts]:
            with parts.database.begin() as connection:
                counts = self._account(connection, intakes, [len(new) for new, _ in sifted], refused)
                self._remember(connection, b"".join(taken for _, taken in sifted))
                rule_states.save(connection, step.changed)
                self._fold(connection, step.transitions, now_ms)
                if pulse.report_due:
                    meta.put(connection, "pipeline", pulse.report(parts.source, self._epoch, now_ms))
                return counts

        counts = until_done("cases", commit, stop)
        pulse.lap("cases")
        self._unacknowledged = []
        if frames and parts.source.acknowledge(frames):
            self._unacknowledged = [(one.source, one.hour_ms, one.frames) for one in intakes]
        self._ticked_s = monotonic_s()
        pulse.end(intakes, counts, step.transitions, parts.clock.now_ms())

    def _sift(self, intake: Intake, stop: threading.Event) -> tuple[list[Observation], bytes]:
        """Return the observations of an intake that are new, and its part of the journal row."""
        sifted = dedup.sift(self._newest, intake.observations)
        fresh = sifted.fresh
        if sifted.doubtful:
            keys = [(one.series.id, one.phenomenon_time_ms) for one in sifted.doubtful]
            fresh += dedup.accept(sifted, until_done("series", lambda: self._parts.series.known(keys), stop))
        return fresh, dedup.packed(sifted.taken)

    def _judge(self, fresh: Sequence[Observation], now_ms: int) -> rules.Step:
        """Run the rules; silence is judged only while we can hear, and starts anew for all after we could not."""
        listening, self._listening = self._listening, self._parts.source.connected
        if self._listening and not listening:
            rules.settle(self._state, now_ms)
        try:
            step = rules.step(self._program, self._state, fresh, now_ms) if fresh else rules.Step()
            due_ms = rules.next_check_at_ms(self._program, self._state) if self._listening else None
            if due_ms is None or now_ms < due_ms:
                return step
            silence = rules.check(self._program, self._state, now_ms)
        except Exception:
            LOG.exception("rules failed for an epoch")
            metrics.FAILURES.labels("rules").inc()
            return rules.Step()
        return rules.Step(
            transitions=step.transitions + silence.transitions,
            changed=step.changed | silence.changed,
            too_late=step.too_late,
        )

    def _fold(self, connection: Connection, transitions: Sequence[Transition], now_ms: int) -> None:
        """Fold transitions into alerts and cases; one that makes it fail is left out, the others go on."""
        context = self._parts.context
        for part in (transitions, *((one,) for one in transitions)):
            try:
                with connection.begin_nested():
                    cases.apply(connection, part, now_ms, context)
                    if part is transitions:
                        cases.tick(connection, now_ms, context)
            except CaseStoreError:
                raise
            except Exception:
                LOG.exception("a transition could not be folded", transitions=len(part))
                metrics.FAILURES.labels("cases").inc()
            else:
                if part is transitions:
                    return

    def _account(
        self, connection: Connection, intakes: Sequence[Intake], stored: Sequence[int], refused: Sequence[Letter]
    ) -> list[Counts]:
        for source, hour_ms, frames in self._unacknowledged:
            ledger.acknowledged(connection, source, hour_ms, frames)
        deadletters.add(connection, refused)
        rows = []
        for intake, new in zip(intakes, stored, strict=True):
            letters = deadletters.add(connection, intake.letters)
            unstorable = len(refused) if intake is intakes[-1] else 0
            counts = count(intake, stored=new - unstorable, unstorable=unstorable, new_letters=letters)
            ledger.add(connection, intake.source, intake.hour_ms, counts)
            rows.append(counts)
        return rows

    def _remember(self, connection: Connection, taken: bytes) -> None:
        if not taken:
            return
        self._epoch += 1
        self._journal_pairs += len(taken) // 16
        if self._journal_pairs > _SNAPSHOT_PAIRS:
            self._journal_pairs = 0
            seen.snapshot(connection, self._epoch, dedup.pack(self._newest))
        else:
            seen.append(connection, self._epoch, taken)
