"""What the engine remembers of a series and of a device while it runs; none of it is stored.

A `Watch` answers most observations with one comparison: a value inside [low, high] can change nothing. It keeps the
recent samples of the series (`rules.samples`): a late observation may have to be put between them, and conditions that
judge samples look at them.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from ingest.model import Observation, Quality
from rules.conditions._base import ValueCondition
from rules.model import COUNTED, Rule
from rules.samples import Samples
from rules.view import Member

if TYPE_CHECKING:
    from rules.gathering import Gathering

NEVER_MS = 2**62
ValueRules = tuple[tuple[Rule, ValueCondition], ...]
Qualities = tuple[int, ...]


@dataclasses.dataclass(slots=True, eq=False)
class Presence:
    """A device: when it was last heard of by a watch that is gone, its watches, the rules that call it silent.

    `members`: its samples, by the flags that count.
    """

    seen_ms: int
    watches: tuple[Watch, ...] = ()
    silent: tuple[str, ...] = ()
    members: dict[Qualities, Member] | None = None

    def last_seen_ms(self) -> int:
        """Return when something was last heard of the device (our clock)."""
        return max((watch.seen_ms for watch in self.watches), default=self.seen_ms)


class Feed(NamedTuple):
    """A gathering that a series feeds, and the closed interval of its values that cannot make that one hold."""

    gathering: Gathering
    low: float
    high: float


@dataclasses.dataclass(slots=True, eq=False)
class Watch:
    """A series: rules that judge it, the interval in which none of them begins to hold, when it was last heard of.

    An observation with low ≤ value ≤ high and since_ms ≤ time < until_ms changes nothing; the times are those of the
    step that conditions with steps have not judged yet. `low > high` while every observation must be judged: some rule
    is not quiet, or the device was silent. `samples` is None if no rule judges the series. `quiet` is the interval of
    the rules that judge values; they need not be asked about a value inside it unless `stirred`. `others`: samples for
    rules that count other flags.
    """

    low: float
    high: float
    seen_ms: int
    samples: Samples | None
    rules: ValueRules
    quiet: tuple[float, float]
    device_id: str
    presence: Presence
    feeds: tuple[Feed, ...] = ()
    others: dict[Qualities, Samples] | None = None
    stirred: bool = False
    newest_ms: int = 0
    since_ms: int = 0
    until_ms: int = NEVER_MS

    def wake(self) -> None:
        """Have every observation judged."""
        if self.low <= self.high:
            self.low, self.high = math.inf, -math.inf
            if self.newest_ms < 0:
                self._look()

    def rouse(self, value: float) -> bool:
        """Have an observation judged; True if with it all that the series had in the batch before.

        That is so for a value that is not quiet. When only a step is over, what came before it needs no judgement.
        """
        if self.low > self.high:
            return False
        if self.newest_ms < 0:  # not again in the same batch: it would see what came later
            self._look()
        if self.low <= value <= self.high:
            return False
        self.low, self.high = math.inf, -math.inf
        return True

    def _look(self) -> None:
        """Find out when was observed last, by what is remembered."""
        self.newest_ms = self.samples.newest_ms() if self.samples is not None else 0

    def rest(self, feeds: Iterable[Feed], since_ms: int, until_ms: int) -> None:
        """Judge only what is outside the quiet intervals of all rules, or outside these times; of feeds, of those."""
        low, high = self.quiet
        for feed in feeds:
            low, high = max(low, feed.low), min(high, feed.high)
        self.low, self.high, self.since_ms, self.until_ms = low, high, since_ms, until_ms
        self.newest_ms = -1

    def samples_for(self, quality: Qualities) -> Samples:
        """Return the samples of the flags that a rule counts."""
        samples = self.samples if quality == COUNTED else (self.others or {}).get(quality)
        if samples is None:  # pragma: no cover - they are made when the series is admitted
            raise KeyError(quality)
        return samples

    def remember(self, observation: Observation) -> None:
        """Keep time and value of an observation that was judged."""
        at_ms, value = observation.phenomenon_time_ms, observation.value
        self.newest_ms = max(self.newest_ms, at_ms)
        if self.samples is not None and observation.quality < Quality.FAIL:
            self.samples.times.append(at_ms)
            self.samples.values.append(value)
        for quality, samples in (self.others or {}).items():
            if observation.quality in quality:
                samples.times.append(at_ms)
                samples.values.append(value)

    def forget(self, times_ms: set[int]) -> None:
        """Forget the observations of these times: they are judged again."""
        if self.samples is not None:
            self.samples.forget(times_ms)
            self._look()

    def trim(self) -> None:
        """Forget what is too old, where there is too much."""
        for samples in (self.samples, *(self.others or {}).values()):
            if samples is not None and len(samples.times) > samples.room:
                samples.trim()


def quiet(rules: Iterable[tuple[Rule, ValueCondition]]) -> tuple[float, float]:
    """Return the closed interval of values with which none of the rules begins to hold."""
    intervals = [condition.quiet() for _, condition in rules]
    return max((low for low, _ in intervals), default=-math.inf), min((high for _, high in intervals), default=math.inf)


def is_value(observation: Observation) -> bool:
    """Return True if there is a value that a rule could judge."""
    return observation.quality != Quality.MISSING and not math.isnan(observation.value)
