"""What the engine remembers of a series and of a device while it runs; none of it is stored.

A `Watch` answers most observations with one comparison: a value inside [low, high] can change nothing. It keeps the
recent samples of the series (`rules.samples`): a late observation may have to be put between them, and conditions that
judge samples look at them.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable
from typing import NamedTuple, Protocol

from ingest.model import Device, Observation, Quality
from rules.conditions._base import ALL_QUIET, NOTHING_QUIET, SampleCondition, ValueCondition
from rules.model import COUNTED, Rule
from rules.samples import Keeping, Samples

NEVER_MS = 2**62
ValueRules = tuple[tuple[Rule, ValueCondition], ...]
Qualities = tuple[int, ...]


class Feed(NamedTuple):
    """A rule that judges samples of a series, and the closed interval of its values that cannot make it hold.

    `every_ms`: the step of its condition. `lazy`: what is known of a subject follows from the samples of its series, so
    that nothing is kept while it rests.
    """

    rule: Rule
    condition: SampleCondition
    low: float
    high: float
    every_ms: int
    lazy: bool


class Plan(NamedTuple):
    """How a series is watched; devices that rules do not tell apart share one.

    `quiet`: the interval of the rules that judge values. `others`: flags that rules count in place of the usual ones.
    """

    observed_property: str
    values: ValueRules
    quiet: tuple[float, float]
    feeds: tuple[Feed, ...]
    keeping: Keeping
    others: tuple[Qualities, ...]

    @property
    def is_mute(self) -> bool:
        """True if no rule judges the series."""
        return not self.values and not self.feeds


class Ear(Protocol):
    """Hears of series: of an observation with low ≤ value ≤ high and since_ms ≤ time, nothing has to be judged.

    From `until_ms` on, a step is over with it. Where there is no `room`, nothing is remembered.
    """

    low: float
    high: float
    presence: Presence
    since_ms: int
    until_ms: int
    room: int
    times: array[int]
    values: array[float]

    def look(self) -> None:
        """Find out when was observed last, once after a rest."""

    def rouse(self, value: float) -> bool:
        """Have an observation judged; True if with it all that the series had in the batch before."""


class Presence:
    """A device: when it was last heard of, its watches, the rules that call it silent.

    It hears itself of all series that no rule judges. `device` is None until something was heard under this program.
    """

    __slots__ = ("device", "high", "low", "presence", "seen_ms", "silent", "watches")

    since_ms = 0
    until_ms = NEVER_MS
    room = 0
    times: array[int] = array("q")
    values: array[float] = array("d")

    def __init__(self, seen_ms: int) -> None:
        self.presence = self
        self.low, self.high = ALL_QUIET
        self.seen_ms = seen_ms
        self.device: Device | None = None
        self.watches: tuple[Watch, ...] = ()
        self.silent: tuple[str, ...] = ()

    def wake(self) -> None:
        """Have every sign of life noticed."""
        self.low, self.high = NOTHING_QUIET

    def rest(self) -> None:
        """Notice no more than when it was."""
        self.low, self.high = ALL_QUIET

    def look(self) -> None:
        """Do nothing: nothing is remembered."""

    def rouse(self, value: float) -> bool:  # noqa: ARG002 - of any value
        """Return False: what came before need not be looked at."""
        return False


class Watch(Samples):
    """The samples of a series that rules judge, and the interval in which none of them begins to hold.

    An observation with low ≤ value ≤ high and since_ms ≤ time changes nothing, or, from until_ms on, only this: a step
    of conditions with steps is over. `low > high` while every observation must be judged: some rule is not quiet, or
    the device was silent. `others`: samples for rules that count other flags.
    """

    __slots__ = (
        "high",
        "low",
        "newest_ms",
        "others",
        "plan",
        "presence",
        "since_ms",
        "until_ms",
    )

    def __init__(self, plan: Plan, presence: Presence) -> None:
        super().__init__(plan.keeping)
        self.plan, self.presence = plan, presence
        self.low, self.high = plan.quiet
        self.since_ms, self.until_ms, self.newest_ms = 0, NEVER_MS, 0
        self.others = {quality: Samples(plan.keeping) for quality in plan.others} if plan.others else None

    @property
    def device(self) -> Device:
        """The device of the series."""
        device = self.presence.device
        if device is None:  # pragma: no cover - it is set when the series is admitted
            raise ValueError(self.plan.observed_property)
        return device

    def wake(self) -> None:
        """Have every observation judged."""
        if self.low <= self.high:
            self.low, self.high = NOTHING_QUIET
            self.look()

    def rouse(self, value: float) -> bool:
        """Have an observation judged; True if with it all that the series had in the batch before.

        That is so for a value that is not quiet. When only a step is over, what came before it needs no judgement.
        """
        if self.low > self.high:
            return False
        self.look()
        if self.low <= value <= self.high:
            return False
        self.low, self.high = NOTHING_QUIET
        return True

    def look(self) -> None:
        """Find out when was observed last, once after a rest: later it would see what came later in the batch."""
        if self.newest_ms < 0:
            self.newest_ms = self.last_ms()

    def rest(self, quiet: Iterable[tuple[float, float]], since_ms: int, until_ms: int) -> None:
        """Judge only what is outside the intervals that are quiet for all rules, or outside these times."""
        low, high = self.plan.quiet
        for least, greatest in quiet:
            low, high = max(low, least), min(high, greatest)
        self.low, self.high, self.since_ms, self.until_ms = low, high, since_ms, until_ms
        self.newest_ms = -1

    def samples_for(self, quality: Qualities) -> Samples:
        """Return the samples of the flags that a rule counts."""
        return self if quality == COUNTED else (self.others or {})[quality]

    def remember(self, observation: Observation) -> None:
        """Keep time and value of an observation that was judged."""
        at_ms, value = observation.phenomenon_time_ms, observation.value
        self.newest_ms = max(self.newest_ms, at_ms)
        if observation.quality < Quality.FAIL:
            self.times.append(at_ms)
            self.values.append(value)
        for quality, samples in (self.others or {}).items():
            if observation.quality in quality:
                samples.times.append(at_ms)
                samples.values.append(value)

    def forget(self, times_ms: set[int]) -> None:
        """Forget the observations of these times: they are judged again."""
        super().forget(times_ms)
        self.newest_ms = self.last_ms()

    def tidy(self) -> None:
        """Forget what is too old, where there is too much."""
        for samples in (self, *(self.others or {}).values()):
            if len(samples.times) >= samples.room:
                samples.trim()


def quiet(rules: Iterable[tuple[Rule, ValueCondition]]) -> tuple[float, float]:
    """Return the closed interval of values with which none of the rules begins to hold."""
    intervals = [condition.quiet() for _, condition in rules]
    return max((low for low, _ in intervals), default=-math.inf), min((high for _, high in intervals), default=math.inf)


def is_value(observation: Observation) -> bool:
    """Return True if there is a value that a rule could judge."""
    return observation.quality != Quality.MISSING and not math.isnan(observation.value)
