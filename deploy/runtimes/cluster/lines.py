"""The lines of the partitions that a worker owns. One thread works here; Faust's loop only hands records over.

Each record has its effects in one transaction, together with its offset: it has them once, however often Kafka brings
it. The line of a partition is loaded from the case store when the partition comes to the worker, and given up when it
goes away. Who was replaced while he worked finds the mark of another (`FencedError`), has written nothing, and loads
again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence

import structlog
from sqlalchemy import Connection

from alerts.errors import StoreError as CaseStoreError
from alerts.store import kafka_offsets, meta
from alerts.store.database import reading
from alerts.store.kafka_offsets import FencedError, Mark
from deploy import metrics
from deploy.clock import monotonic_s, wall_ms
from deploy.register_watch import RegisterWatch
from deploy.rules_watch import RulesWatch
from deploy.runtimes.cluster import records
from deploy.runtimes.cluster.end import Patience
from deploy.runtimes.cluster.normalise import Taken, dead, merge
from deploy.runtimes.commit import StoppedError, until_done
from deploy.runtimes.line import Line, LineParts, Work
from deploy.runtimes.pulse import Pulse
from deploy.runtimes.shard import Shard
from ingest.flow import Intake
from ingest.stores._base import StoreError as SeriesStoreError

LOG = structlog.get_logger("worker")
BEAT_S = 2.0
_SILENT_AFTER_MS = 10_000
_SLOW_TICK_S = 1.0  # of the timers of cases: each costs a transaction
DeadLetter = Callable[[Taken, str, str], None]


@dataclasses.dataclass(slots=True)
class _Held:
    line: Line
    mark: Mark
    beats: dict[int, int] = dataclasses.field(default_factory=dict)


class _Link:
    """What the heartbeat tells of the source."""

    def __init__(self, *, connected: bool) -> None:
        self.connected = connected
        self.links = {"bridge": connected}
        self.problem = None if connected else "the bridge gives no sign of life: it is not there, or a broker is away"


class Lines:
    """Works for the partitions 0 to `partitions` - 1 of `topic`; `dead_letter` is told of what cannot be taken."""

    def __init__(self, parts: LineParts, topic: str, partitions: int, dead_letter: DeadLetter) -> None:
        self._parts, self._topic, self._partitions = parts, topic, partitions
        self._register = RegisterWatch(parts.site, parts.database)
        self._rules = RulesWatch(parts.site, parts.database)
        self._dead_letter = dead_letter
        self._held: dict[int, _Held] = {}
        self._pulse = Pulse(parts.clock)
        self._ticked_s = 0.0
        self.stop = Patience()

    @property
    def owned(self) -> frozenset[int]:
        """The partitions whose lines are loaded."""
        return frozenset(self._held)

    def keep(self, partitions: Iterable[int]) -> None:
        """Give up the lines of all other partitions, load those that are not there yet."""
        wanted = frozenset(partitions)
        for number in self.owned - wanted:
            del self._held[number]
        for number in wanted - self.owned:
            self._load(number)

    def drop(self, partitions: Iterable[int]) -> None:
        """Give up the lines of these partitions."""
        for number in partitions:
            self._held.pop(number, None)

    def take(self, partition: int, taken: Sequence[Taken]) -> None:
        """Let records of one partition, in order, have their effects, those that had them already excepted.

        Raises StoppedError when `stop` is set while a store is down, and the store's error when waiting cannot help.
        """
        while True:
            held = self._held.get(partition) or self._load(partition)
            news = [one for one in taken if one.offset > held.mark.offset]
            if not news:
                return
            try:
                self._work(partition, held, news)
            except FencedError:
                LOG.warning("partition had another owner, loading it again", partition=partition)
                self.drop((partition,))
            except (CaseStoreError, SeriesStoreError, StoppedError):
                self.drop((partition,))
                raise
            except Exception as exc:
                self.drop((partition,))
                metrics.FAILURES.labels("line").inc()
                LOG.exception("a record could not be worked on", partition=partition, records=len(news))
                if len(news) == 1:
                    self._give_up(partition, news[0], exc)
                    return
                for one in news:
                    self.take(partition, (one,))
                return
            else:
                return

    def tick(self) -> None:
        """Do what the clock makes due: silence of sensors, timers of cases, the heartbeat, changes of the site."""
        now_ms = self._parts.clock.now_ms()
        if any([self._register.look(), self._rules.look()]):
            for held in self._held.values():
                held.line.recompile()
        for partition, held in list(self._held.items()):
            behind_ms = self._behind_ms(held)
            timers = partition == 0 and monotonic_s() - self._ticked_s >= _SLOW_TICK_S
            if not timers and not held.line.is_due(now_ms - (behind_ms or 0), hearing=behind_ms is not None):
                continue
            if timers:
                self._ticked_s = monotonic_s()
            try:
                self._commit(partition, held, [], held.mark.offset)
            except FencedError:
                self.drop((partition,))

    def _load(self, partition: int) -> _Held:
        held = self._held[partition] = until_done("cases", lambda: self._read(partition), self.stop)
        LOG.info("partition loaded", partition=partition, offset=held.mark.offset)
        return held

    def _read(self, partition: int) -> _Held:
        with reading(self._parts.database) as connection:
            mark = kafka_offsets.read(connection, self._topic, partition)
            return _Held(Line(self._parts, connection, Shard(partition, self._partitions)), mark)

    def _behind_ms(self, held: _Held) -> int | None:
        """Return how far we are behind the clock: what the bridge has sent before that has come through all queues.

        None when some partition of frames has not been heard of lately.
        """
        if len(held.beats) < self._partitions:
            return None
        behind_ms = max(0, wall_ms() - min(held.beats.values()))
        return None if behind_ms > _SILENT_AFTER_MS else round(behind_ms * self._parts.clock.speed)

    def _work(self, partition: int, held: _Held, taken: Sequence[Taken]) -> None:
        intakes: list[Intake] = []
        for one in taken:
            try:
                record = records.unpack_observations(one.value, self._parts.site.register)
            except records.UnreadableError as exc:
                self._dead_letter(one, exc.reason, str(exc))
                intakes.append(dead(one, exc))
                continue
            intakes += record.intakes
            for source, beat_ms in record.beats.items():
                held.beats[source] = max(beat_ms, held.beats.get(source, 0))
        if intakes:
            self._commit(partition, held, merge(intakes), taken[-1].offset)

    def _give_up(self, partition: int, taken: Taken, error: Exception) -> None:
        """Dead-letter a record that makes the line fail by itself."""
        detail = f"{type(error).__name__}: {error}".replace("\0", "\\0")
        self._dead_letter(taken, "internal", detail)
        lost = dead(taken, records.UnreadableError("internal", detail))
        self._commit(partition, self._load(partition), [lost], taken.offset)

    def _commit(self, partition: int, held: _Held, intakes: list[Intake], offset: int) -> None:
        parts, pulse = self._parts, self._pulse
        now_ms = parts.clock.now_ms()
        behind_ms = self._behind_ms(held)
        hearing = behind_ms is not None
        after = held.mark

        def also(connection: Connection) -> None:
            nonlocal after
            after = kafka_offsets.advance(connection, self._topic, partition, held.mark, offset)
            if partition == 0 and pulse.report_due:
                report = pulse.report(_Link(connected=hearing), held.line.epoch, now_ms)
                meta.put(connection, "pipeline", report)

        pulse.begin(sum(one.frames for one in intakes))
        work = Work(intakes, hearing, also, pulse.lap, acknowledged=True, behind_ms=behind_ms or 0)
        done = held.line.work(work, self.stop, now_ms)
        held.mark = after
        pulse.end(intakes, done.counts, done.transitions, parts.clock.now_ms())
