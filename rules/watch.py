"""What the engine remembers of a series and of a device while it runs; none of it is stored.

A `Watch` answers most observations with one comparison: a value inside [low, high] can change nothing. `recent` keeps
times and values of the last minutes (the lateness bound), which a late observation may have to be put between; it is
one flat array (time, value, time, value, …), because thousands of small objects would cost more to drop than to judge.
"""

from __future__ import annotations

import dataclasses
import math
from array import array
from collections.abc import Iterable

from ingest.model import Observation, Quality
from rules.conditions._base import ValueCondition
from rules.model import Rule
from rules.state import MOST_REMEMBERED

_ROOM = 8
ValueRules = tuple[tuple[Rule, ValueCondition], ...]


@dataclasses.dataclass(slots=True, eq=False)
class Presence:
    """A device: when it was last heard of by a watch that is gone, its watches, the rules that call it silent."""

    seen_ms: int
    watches: tuple[Watch, ...] = ()
    silent: tuple[str, ...] = ()

    def last_seen_ms(self) -> int:
        """Return when something was last heard of the device (our clock)."""
        return max((watch.seen_ms for watch in self.watches), default=self.seen_ms)


@dataclasses.dataclass(slots=True, eq=False)
class Watch:
    """A series: rules that judge it, the interval in which none of them begins to hold, when it was last heard of.

    `low > high` while every observation must be judged: some rule is not quiet, or the device was silent. `recent` is
    None if no rule judges the series.
    """

    low: float
    high: float
    seen_ms: int
    recent: array[float] | None
    rules: ValueRules
    quiet: tuple[float, float]
    device_id: str
    presence: Presence
    room: int = _ROOM

    def wake(self) -> None:
        """Have every observation judged."""
        self.low, self.high = math.inf, -math.inf

    def rest(self) -> None:
        """Judge only what is outside the quiet intervals of all rules."""
        self.low, self.high = self.quiet

    def remember(self, observation: Observation, lateness_ms: int) -> None:
        """Keep time and value of an observation that was judged."""
        if self.recent is not None:
            self.recent.extend((observation.phenomenon_time_ms, observation.value))
            if len(self.recent) > self.room:
                self.trim(lateness_ms)

    def trim(self, lateness_ms: int) -> None:
        """Forget what is older than the bound, or too much, and make room for a few more."""
        recent = self.recent or array("d")
        horizon_ms, old = recent[-2] - lateness_ms, max(0, len(recent) - 2 * MOST_REMEMBERED)
        while recent[old] < horizon_ms:
            old += 2
        del recent[:old]
        self.room = len(recent) + _ROOM

    def forget(self, times_ms: set[int]) -> None:
        """Forget the observations of these times: they are judged again."""
        if self.recent:
            pairs = zip(self.recent[::2], self.recent[1::2], strict=True)
            self.recent = array("d", [item for pair in pairs if pair[0] not in times_ms for item in pair])

    def history(self, lateness_ms: int) -> list[tuple[int, float]]:
        """Return (time, value) of what is recent, in time order; of two with the same time the one that came first."""
        flat = self.recent or array("d")
        pairs = {int(at_ms): value for at_ms, value in zip(flat[-2::-2], flat[::-2], strict=True)}
        horizon_ms = max(pairs, default=0) - lateness_ms
        return sorted((at_ms, value) for at_ms, value in pairs.items() if at_ms >= horizon_ms)


def quiet(rules: Iterable[tuple[Rule, ValueCondition]]) -> tuple[float, float]:
    """Return the closed interval of values with which none of the rules begins to hold."""
    intervals = [condition.quiet() for _, condition in rules]
    return max((low for low, _ in intervals), default=-math.inf), min((high for _, high in intervals), default=math.inf)


def drives(observation: Observation) -> bool:
    """Return True if rules may act on it: it was neither found wrong nor is it missing."""
    return observation.quality < Quality.FAIL and not math.isnan(observation.value)
