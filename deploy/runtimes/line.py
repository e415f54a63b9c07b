"""The line: every stage after decoding, for one shard, with one transaction at the end. Both runtimes run this code.

    intakes ─ sift ─ check (quality, increments, trust) ─ rules.step ─┐
      (1) observations → time-series store, durably
      (2) ledger, dead letters, seen, rule states, transitions, alerts, cases, outbox → case store, one transaction

What the line remembers (the newest time of each series, the states of rules) belongs to its shard and is changed before
the commit. So a line whose commit was given up is of no use any more: make a new one, it loads what was committed.
"""

from __future__ import annotations

import dataclasses
import operator
import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple

import structlog
from sqlalchemy import Connection, Engine

from alerts import flow as cases
from alerts.context import CaseContext
from alerts.errors import StoreError as CaseStoreError
from alerts.store import deadletters, ledger, rule_states, seen
from alerts.store.database import reading
from deploy import metrics
from deploy.clock import Clock
from deploy.runtimes.checking import Checking
from deploy.runtimes.commit import until_done, write_all
from deploy.runtimes.drift import DriftWatch
from deploy.runtimes.recalling import recall
from deploy.runtimes.shard import WHOLE, Shard, area_of
from deploy.site import Site
from ingest import dedup
from ingest.flow import Counts, Intake, Letter, count
from ingest.model import Observation
from ingest.stores._base import SeriesStore
from rules import engine as rules
from rules.model import Transition

LOG = structlog.get_logger("pipeline")
_phenomenon_time_ms = operator.attrgetter("phenomenon_time_ms")
_TICK_MS = 200  # so often the timers of cases are looked at in a flood; they count minutes
_SNAPSHOT_PAIRS = 1_000_000  # journal pairs after which a snapshot is cheaper to read back


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LineParts:
    """What a line is put together from (deploy.app builds it)."""

    site: Site
    series: SeriesStore
    database: Engine
    context: CaseContext
    clock: Clock


class Done(NamedTuple):
    """What a piece of work came to: a ledger row for each intake, and the transitions."""

    counts: list[Counts]
    transitions: tuple[Transition, ...]


class Work(NamedTuple):
    """A piece of work: `hearing` tells whether sensors can be heard, so that their silence means something.

    `also` writes what belongs into the same transaction; `lap` is told of the end of each stage. `acknowledged` tells
    that the frames are safe elsewhere already (in Kafka). `behind_ms`, by the clock: what was said since may still be
    on its way to us, so that silence is judged as of then.
    """

    intakes: Sequence[Intake]
    hearing: bool
    also: Callable[[Connection], None]
    lap: Callable[[str], None]
    acknowledged: bool = False
    behind_ms: int = 0


class _Sifted(NamedTuple):
    """What is new of an intake, in order of time; which of it is late; its part of the journal row."""

    fresh: list[Observation]
    late: frozenset[dedup.Identity]
    taken: bytes


class Line:
    """The stages of one shard and what they remember. Used from one thread."""

    def __init__(self, parts: LineParts, connection: Connection, shard: Shard = WHOLE) -> None:
        self._parts, self._shard = parts, shard
        self._newest = dedup.unpack(seen.load(connection, shard.number))
        self._checking = Checking(parts, connection, shard, self._newest)
        self.recompile()
        self.epoch = seen.last_epoch(connection, shard.number)
        rows = rule_states.load(connection, None if shard.of == 1 else shard.serves)
        self._state = rules.load(self._program, rows, parts.clock.now_ms())
        self._drift = DriftWatch(connection, shard.number, parts.context.site_id, parts.clock.now_ms())
        self._hearing = False
        self._ticked_ms = 0
        self._journal_pairs = 0

    def recompile(self) -> None:
        """Look at the devices that the register has now; what rules know of those that stay is kept."""
        devices = self._parts.site.register.devices.values()
        served = [one for one in devices if self._shard.serves(area_of(one.cell))]
        site = self._parts.site
        self._program = rules.compile_rules(site.rules, served, locale=site.locale)
        self._checking.serve(served)

    def work(self, work: Work, stop: threading.Event, now_ms: int) -> Done:
        """Take intakes through all stages and commit; without intakes, only what the clock makes due.

        Raises StoppedError when `stop` is set while a store is down, and the store's error when waiting cannot help.
        """
        sifted: list[_Sifted] = []
        fresh: list[Observation] = []
        for intake in work.intakes:
            sifted.append(self._sift(intake, fresh, stop))
            fresh += sifted[-1].fresh
        work.lap("sift")
        checked = self._checking.work(fresh, self._newest, stop)
        work.lap("quality")
        past = self._parts.series, self._parts.site.register
        recall(self._state, self._program, checked.judged, past, stop, self._checking.taken_before)
        step = self._judge(checked.judged, now_ms, work)
        work.lap("rules")
        late = frozenset().union(*(one.late for one in sifted))
        self._intend(late, stop)
        refused = write_all(self._parts.series, checked.stored, stop, checked.unsent) if fresh else []
        work.lap("series")

        self._drift.take(look for intake in work.intakes for look in intake.looks)
        taken = b"".join(one.taken for one in sifted)
        self.epoch += bool(work.intakes)
        tick = abs(now_ms - self._ticked_ms) >= _TICK_MS
        if tick:
            self._ticked_ms = now_ms
        tried: list[Counts] = []

        def commit() -> list[Counts]:
            with self._parts.database.begin() as connection:
                if tried and work.intakes and seen.last_epoch(connection, self._shard.number) >= self.epoch:
                    return tried  # the attempt before was committed; only its answer was lost
                work.also(connection)
                tried[:] = _account(connection, work.intakes, [len(one.fresh) for one in sifted], refused)
                if work.intakes:
                    self._remember(connection, taken)
                self._checking.save(connection, checked)
                rule_states.save(connection, step.changed, self._area)
                if step.transitions or tick:
                    self._fold(connection, step.transitions, now_ms)
                seen.settle(connection, late, self._shard.number)
                self._drift.write(connection, now_ms)
                _enter(connection, work, tried)
                return tried

        counts = until_done("cases", commit, stop)
        work.lap("cases")
        return Done(counts, step.transitions)

    def is_due(self, now_ms: int, *, hearing: bool) -> bool:
        """Tell whether the clock makes something due, without any observation."""
        due_ms = rules.next_check_at_ms(self._program, self._state) if hearing else None
        return (due_ms is not None and now_ms >= due_ms) or hearing != self._hearing

    def _sift(self, intake: Intake, before: Sequence[Observation], stop: threading.Event) -> _Sifted:
        """Return what is new of an intake; `before`: what is new of those that are worked on with it."""
        sifted = dedup.sift(self._newest, intake.observations)
        fresh, late = sifted.fresh, frozenset[dedup.Identity]()
        if sifted.doubtful:
            stored = until_done("series", lambda: self._parts.series.known(sifted.doubtful), stop)
            if stored:
                stored -= until_done("cases", self._intended, stop)
            accepted = dedup.accept(sifted, stored | dedup.identities(before))
            fresh = sorted([*fresh, *accepted], key=_phenomenon_time_ms)  # late ones in their place
            late = frozenset(dedup.identities(accepted))
        return _Sifted(fresh, late, dedup.packed(sifted.taken))

    def _intended(self) -> set[dedup.Identity]:
        """Return the late observations that may be stored though no epoch with them was committed."""
        with reading(self._parts.database) as connection:
            return seen.intended(connection, self._shard.number)

    def _intend(self, late: frozenset[dedup.Identity], stop: threading.Event) -> None:
        """Name late observations before they are stored: the newest times do not tell whether they were judged."""

        def commit() -> None:
            with self._parts.database.begin() as connection:
                seen.intend(connection, late, self._shard.number)

        if late:
            until_done("cases", commit, stop)

    def _judge(self, fresh: Sequence[Observation], now_ms: int, work: Work) -> rules.Step:
        """Run the rules; silence is judged only while we can hear, and starts anew for all after we could not."""
        heard, self._hearing = self._hearing, work.hearing
        if work.hearing and not heard:
            rules.settle(self._state, now_ms)
        try:
            step = rules.step(self._program, self._state, fresh, now_ms) if fresh else rules.Step()
            due_ms = rules.next_check_at_ms(self._program, self._state) if work.hearing else None
            if due_ms is None or now_ms - work.behind_ms < due_ms:
                return step
            silence = rules.check(self._program, self._state, now_ms - work.behind_ms)
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
        """Fold transitions into alerts and cases; one that makes it fail is left out, the others go on.

        Only one shard runs the timers of cases: they are not parted by sub-district.
        """
        context = self._parts.context
        for part in (transitions, *((one,) for one in transitions)):
            try:
                with connection.begin_nested():
                    cases.apply(connection, part, now_ms, context)
                    if part is transitions and self._shard.number == 0:
                        cases.tick(connection, now_ms, context)
            except CaseStoreError:
                raise
            except Exception:
                LOG.exception("a transition could not be folded", transitions=len(part))
                metrics.FAILURES.labels("cases").inc()
            else:
                if part is transitions:
                    return

    def _remember(self, connection: Connection, taken: bytes) -> None:
        self._journal_pairs += 1 + len(taken) // 16
        if self._journal_pairs > _SNAPSHOT_PAIRS:
            self._journal_pairs = 0
            seen.snapshot(connection, self.epoch, dedup.pack(self._newest), self._shard.number)
        else:
            seen.append(connection, self.epoch, taken, self._shard.number)

    def _area(self, key: rule_states.Key) -> str:
        if key[1] != "device":
            return area_of(key[2])  # the code of a cell or of a sub-district
        device = self._parts.site.register.device(key[2])
        return area_of(device.cell) if device else ""


def _account(
    connection: Connection, intakes: Sequence[Intake], stored: Sequence[int], refused: Sequence[Letter]
) -> list[Counts]:
    deadletters.add(connection, refused)
    rows = []
    for intake, new in zip(intakes, stored, strict=True):
        letters = deadletters.add(connection, intake.letters)
        unstorable = len(refused) if intake is intakes[-1] else 0
        counts = count(intake, stored=new - unstorable, unstorable=unstorable, new_letters=letters)
        rows.append(counts)
    return rows


def _enter(connection: Connection, work: Work, counts: Sequence[Counts]) -> None:
    """Enter counts in the ledger: last in a transaction, and in one order, because all shards share its rows."""
    for intake, row in sorted(zip(work.intakes, counts, strict=True), key=lambda pair: pair[0][:2]):
        acknowledged = row.frames if work.acknowledged else row.acknowledged
        entered = dataclasses.replace(row, acknowledged=acknowledged)
        ledger.add(connection, intake.source, intake.hour_ms, entered)
