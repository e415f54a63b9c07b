"""The life cycle of one (rule, subject) as a table: inactive → pending → firing → resolved (= inactive).

    status     the condition holds                              it is clear
    inactive   pending; firing at once if `for` is 0            –
    pending    firing, once it has held for `for`               inactive (nothing is given out)
    firing     goes on firing                                   inactive, once clear for `keep_firing_for` (resolved)
    flapping   firing again, once it has held for `within`      inactive, once clear for `within` (resolved)

A value between the limits of a hysteresis moves nothing: it neither fires, resolves nor starts a count anew. With
`flapping`, the last of so many firings within so long is told as flapping instead. Time is that of the observations;
without observations nothing moves.

A rule with levels runs one life cycle for each; the subject has the worst level that fires. `Stand` holds them all,
mildest first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from rules.conditions._base import Verdict, Verdicts
from rules.model import Rule, State
from rules.state import INACTIVE, Phase, Stand

ON = frozenset({State.FIRING, State.FLAPPING})
NO_LEVEL = -1
_MOVES_NOTHING = (Verdict.BETWEEN, Verdict.UNKNOWN)
Reader = Callable[[float], Verdicts]
"""Tells what an observed value (or a kept judgement) says of each level."""


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """A change to be told: the new `state` and its `since_ms`, the observation that made it, the phase before it.

    `level` is that of the subject after it, for a resolution the one that it had; `from_level` the one before it
    (-1: it did not fire). `count`: firings of late, where they flap.
    """

    state: State
    since_ms: int
    at_ms: int
    value: float
    before: Phase
    level: int = 0
    from_level: int = NO_LEVEL
    count: int = 0

    @property
    def shown(self) -> tuple[State, int]:
        """State and level that it tells: what a later one is compared with."""
        return (State.RESOLVED, NO_LEVEL) if self.state is State.RESOLVED else (self.state, self.level)


def level_of(stand: Stand) -> int:
    """Return the worst level that fires, -1 if none does."""
    return max((level for level, phase in enumerate(stand) if phase.status in ON), default=NO_LEVEL)


def advance(rule: Rule, verdicts: Verdicts, stand: Stand, at_ms: int, value: float) -> Stand:
    """Return the stand after an observation that is later than all before it."""
    if len(stand) == 1:
        return (_after(rule, verdicts[0], stand[0], at_ms, value),)
    return tuple(_after(rule, *pair, at_ms, value) for pair in zip(verdicts, stand, strict=True))


def move(before: Stand, after: Stand, at_ms: int, value: float) -> Move | None:
    """Return what an observation changed, or None if that is nothing to tell (a pending one that lapsed)."""
    old, new = level_of(before), level_of(after)
    if new == old == NO_LEVEL:
        pending = [place for place, phase in enumerate(after) if phase.status is State.PENDING]
        if not pending or any(phase.status is State.PENDING for phase in before):
            return None
        level = pending[-1]
        return Move(state=State.PENDING, since_ms=at_ms, at_ms=at_ms, value=value, before=before[level], level=level)
    level = old if new == NO_LEVEL else new
    state = State.RESOLVED if new == NO_LEVEL else after[new].status
    if new == old and before[new].status is state:
        return None
    eased = NO_LEVEL < new < old
    return Move(
        state=state,
        since_ms=at_ms,
        at_ms=at_ms,
        value=value,
        before=before[old if eased else level],
        level=level,
        from_level=old,
        count=len(after[level].fired) if state is State.FLAPPING else 0,
    )


def run(rule: Rule, read: Reader, stand: Stand, history: Iterable[tuple[int, float]]) -> tuple[Stand, tuple[Move, ...]]:
    """Return the stand after observations in time order, and the moves on the way."""
    moves = []
    for at_ms, value in history:
        after = advance(rule, read(value), stand, at_ms, value)
        made = move(stand, after, at_ms, value)
        if made is not None:
            moves.append(made)
        stand = after
    return stand, tuple(moves)


def _after(rule: Rule, verdict: Verdict, phase: Phase, at_ms: int, value: float) -> Phase:
    if verdict in _MOVES_NOTHING:
        return phase
    return _TABLE[phase.status, verdict](rule, phase, at_ms, value)


def _begin(rule: Rule, phase: Phase, at_ms: int, value: float) -> Phase:
    if rule.for_s:
        return Phase(State.PENDING, at_ms, at_ms, value, fired=phase.fired)
    return _fire(rule, Phase(State.INACTIVE, at_ms, at_ms, value, fired=phase.fired), at_ms)


def _wait(rule: Rule, phase: Phase, at_ms: int, _value: float) -> Phase:
    return phase if at_ms < phase.since_ms + rule.for_s * 1000 else _fire(rule, phase, at_ms)


def _fire(rule: Rule, phase: Phase, at_ms: int) -> Phase:
    """Return the phase that fires; one that fired too often of late flaps."""
    if rule.flapping is None:
        return Phase(State.FIRING, at_ms, phase.began_ms, phase.value)
    fired = (*_lately(rule, phase, at_ms), at_ms)
    status = State.FLAPPING if len(fired) >= rule.flapping.firings else State.FIRING
    return Phase(status, at_ms, phase.began_ms, phase.value, fired=fired)


def _lately(rule: Rule, phase: Phase, at_ms: int) -> tuple[int, ...]:
    within_ms = rule.flapping.within_s * 1000 if rule.flapping else 0
    return tuple(fired_ms for fired_ms in phase.fired if fired_ms > at_ms - within_ms)


def _go_on(_rule: Rule, phase: Phase, _at_ms: int, _value: float) -> Phase:
    if phase.clear_since_ms is None:
        return phase
    return Phase(State.FIRING, phase.since_ms, phase.began_ms, phase.value, fired=phase.fired)


def _ease(rule: Rule, phase: Phase, at_ms: int, _value: float) -> Phase:
    clear_since_ms = at_ms if phase.clear_since_ms is None else phase.clear_since_ms
    if at_ms >= clear_since_ms + rule.keep_firing_for_s * 1000:
        return _stop(rule, phase, at_ms, 0)
    return Phase(phase.status, phase.since_ms, phase.began_ms, phase.value, clear_since_ms, phase.fired)


def _flap(rule: Rule, phase: Phase, at_ms: int, value: float) -> Phase:
    if phase.clear_since_ms is not None:
        return Phase(State.FLAPPING, phase.since_ms, at_ms, value, fired=phase.fired)
    if rule.flapping is not None and at_ms >= phase.began_ms + rule.flapping.within_s * 1000:
        return Phase(State.FIRING, at_ms, phase.began_ms, phase.value, fired=_lately(rule, phase, at_ms))
    return phase


def _settle(rule: Rule, phase: Phase, at_ms: int, _value: float) -> Phase:
    clear_since_ms = at_ms if phase.clear_since_ms is None else phase.clear_since_ms
    within_s = rule.flapping.within_s if rule.flapping else 0
    if at_ms >= clear_since_ms + max(rule.keep_firing_for_s, within_s) * 1000:
        return INACTIVE
    return Phase(State.FLAPPING, phase.since_ms, phase.began_ms, phase.value, clear_since_ms, phase.fired)


def _stop(rule: Rule, phase: Phase, at_ms: int, _value: float) -> Phase:
    fired = _lately(rule, phase, at_ms) if phase.fired else ()
    return Phase(fired=fired) if fired else INACTIVE


_TABLE: dict[tuple[State, Verdict], Callable[[Rule, Phase, int, float], Phase]] = {
    (State.INACTIVE, Verdict.HOLDS): _begin,
    (State.INACTIVE, Verdict.CLEAR): _stop,
    (State.PENDING, Verdict.HOLDS): _wait,
    (State.PENDING, Verdict.CLEAR): _stop,
    (State.FIRING, Verdict.HOLDS): _go_on,
    (State.FIRING, Verdict.CLEAR): _ease,
    (State.FLAPPING, Verdict.HOLDS): _flap,
    (State.FLAPPING, Verdict.CLEAR): _settle,
}
