"""What changes between two runs of rules over the same past: alerts that appear, vanish, or begin at another time.

    compare(spans(old), spans(new))

Two alerts are the same one when rule and subject are the same and they fire at the same time, or nearly
(`NEAR_MS` between them). Transitions may come from rules of different versions.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rules.model import State, Transition

NEAR_MS = 900_000


class Span(NamedTuple):
    """An alert: of which rule, about what (a file or a subject), from when until when in ms (None: it still fires)."""

    rule_id: str
    about: str
    since_ms: int
    until_ms: int | None
    severity: str


class Diff(NamedTuple):
    """Alerts of the old rules alone, of the new ones alone, and of both as (old, new) pairs, each in order of time."""

    vanished: tuple[Span, ...]
    appeared: tuple[Span, ...]
    both: tuple[tuple[Span, Span], ...]

    @property
    def moved(self) -> tuple[tuple[Span, Span], ...]:
        """The pairs that begin at different times."""
        return tuple(pair for pair in self.both if pair[0].since_ms != pair[1].since_ms)

    @property
    def median_shift_s(self) -> float | None:
        """How much later the new rules fire, in seconds (less than 0: earlier), as the median over all pairs."""
        return statistics.median((new.since_ms - old.since_ms) / 1000 for old, new in self.both) if self.both else None


def spans(transitions: Iterable[tuple[str, Transition]]) -> list[Span]:
    """Return the alerts of (about, transition) in the order in which they came."""
    found: list[Span] = []
    live: dict[tuple[str, str], int] = {}
    for about, one in transitions:
        key = one.rule_id, about
        if one.state is State.FIRING and key not in live:
            live[key] = len(found)
            found.append(Span(one.rule_id, about, one.since_ms, None, one.severity))
        elif one.state is State.RESOLVED and key in live:
            number = live.pop(key)
            found[number] = found[number]._replace(until_ms=one.since_ms)
    return found


def compare(old: Sequence[Span], new: Sequence[Span]) -> Diff:
    """Pair each old alert with the first new one that is the same and was not taken."""
    left = sorted(new, key=_begin)
    both: list[tuple[Span, Span]] = []
    vanished: list[Span] = []
    for one in sorted(old, key=_begin):
        match = next((other for other in left if _same(one, other)), None)
        if match is None:
            vanished.append(one)
        else:
            left.remove(match)
            both.append((one, match))
    return Diff(tuple(vanished), tuple(left), tuple(both))


def _begin(span: Span) -> tuple[int, str, str]:
    return span.since_ms, span.rule_id, span.about


def _same(one: Span, other: Span) -> bool:
    if (one.rule_id, one.about) != (other.rule_id, other.about):
        return False
    return (other.until_ms is None or one.since_ms <= other.until_ms + NEAR_MS) and (
        one.until_ms is None or other.since_ms <= one.until_ms + NEAR_MS
    )
