"""What the engine remembers of a series and of a device while it runs; none of it is stored.

A `Watch` answers most observations with one comparison: a value inside [low, high] can change nothing. `recent` keeps
the observations of the last minutes (the lateness bound), which a late one may have to be put between.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable

from ingest.model import Observation, Quality
from rules.conditions._base import ValueCondition
from rules.model import Rule

_ROOM = 4


@dataclasses.dataclass(slots=True, eq=False)
class Presence:
    """When a device was last heard of (receipt time), its watched series, and the rules that call it silent."""

    seen_ms: int
    watches: list[Watch] = dataclasses.field(default_factory=list)
    silent: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(slots=True, eq=False)
class Watch:
    """A series: rules that judge it, the interval in which none of them begins to hold, its recent observations.

    `low > high` while every observation must be judged: some rule is not quiet, or the device was silent.
    """

    device_id: str
    presence: Presence
    rules: tuple[tuple[Rule, ValueCondition], ...]
    quiet: tuple[float, float] = (-math.inf, math.inf)
    low: float = -math.inf
    high: float = math.inf
    recent: list[Observation] = dataclasses.field(default_factory=list)
    room: int = _ROOM

    def wake(self) -> None:
        """Have every observation judged."""
        self.low, self.high = math.inf, -math.inf

    def rest(self) -> None:
        """Judge only what is outside the quiet intervals of all rules."""
        self.low, self.high = self.quiet

    def trim(self, lateness_ms: int) -> None:
        """Drop what is older than the bound, and make room for as much again as is left."""
        self.recent = _within(self.recent, lateness_ms)
        self.room = max(_ROOM, 2 * len(self.recent))

    def history(self, lateness_ms: int) -> list[tuple[int, float]]:
        """Return (time, value) of what is recent, in time order."""
        return sorted(
            {item.phenomenon_time_ms: item.value for item in reversed(_within(self.recent, lateness_ms))}.items()
        )


def quiet(rules: Iterable[tuple[Rule, ValueCondition]]) -> tuple[float, float]:
    """Return the closed interval of values with which none of the rules begins to hold."""
    intervals = [condition.quiet() for _, condition in rules]
    return max((low for low, _ in intervals), default=-math.inf), min((high for _, high in intervals), default=math.inf)


def drives(observation: Observation) -> bool:
    """Return True if rules may act on it: it was neither found wrong nor is it missing."""
    return observation.quality not in _IDLE and not math.isnan(observation.value)


_IDLE = (Quality.FAIL, Quality.MISSING)


def _within(recent: list[Observation], lateness_ms: int) -> list[Observation]:
    driving = [item for item in recent if drives(item)]
    if not driving:
        return driving
    horizon_ms = max(item.phenomenon_time_ms for item in driving) - lateness_ms
    return [item for item in driving if item.phenomenon_time_ms >= horizon_ms]
