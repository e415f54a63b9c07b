"""The life cycle of one (rule, subject) as a table: inactive → pending → firing → resolved (= inactive).

    status     the condition holds                              it is clear
    inactive   pending; firing at once if `for` is 0            –
    pending    firing, once it has held for `for`               inactive (nothing is given out)
    firing     goes on firing                                   inactive, once clear for `keep_firing_for` (resolved)

A value between the limits of a hysteresis moves nothing: it neither fires, resolves nor starts a count anew.
Time is that of the observations; without observations nothing moves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from rules.conditions._base import ValueCondition, Verdict
from rules.model import Rule, State
from rules.state import INACTIVE, Phase


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """A change to be told: the new `state` and its `since_ms`, the observation that made it, the phase before it."""

    state: State
    since_ms: int
    at_ms: int
    value: float
    before: Phase


def advance(rule: Rule, condition: ValueCondition, phase: Phase, at_ms: int, value: float) -> Phase:
    """Return the phase after an observation that is later than all before it."""
    verdict = condition.judge(value)
    if verdict is Verdict.BETWEEN:
        return phase
    return _TABLE[phase.status, verdict](rule, phase, at_ms, value)


def move(before: Phase, after: Phase, at_ms: int, value: float) -> Move | None:
    """Return what an observation changed, or None if that is nothing to tell (a pending one that lapsed)."""
    if before.status is after.status or (after.status is State.INACTIVE and before.status is State.PENDING):
        return None
    state = State.RESOLVED if after.status is State.INACTIVE else after.status
    return Move(state=state, since_ms=at_ms, at_ms=at_ms, value=value, before=before)


def run(
    rule: Rule, condition: ValueCondition, phase: Phase, history: Iterable[tuple[int, float]]
) -> tuple[Phase, tuple[Move, ...]]:
    """Return the phase after observations in time order, and the moves on the way."""
    moves = []
    for at_ms, value in history:
        after = advance(rule, condition, phase, at_ms, value)
        made = move(phase, after, at_ms, value)
        if made is not None:
            moves.append(made)
        phase = after
    return phase, tuple(moves)


def _begin(rule: Rule, _phase: Phase, at_ms: int, value: float) -> Phase:
    return Phase(State.PENDING if rule.for_s else State.FIRING, at_ms, at_ms, value)


def _wait(rule: Rule, phase: Phase, at_ms: int, _value: float) -> Phase:
    if at_ms < phase.since_ms + rule.for_s * 1000:
        return phase
    return Phase(State.FIRING, at_ms, phase.began_ms, phase.value)


def _go_on(_rule: Rule, phase: Phase, _at_ms: int, _value: float) -> Phase:
    if phase.clear_since_ms is None:
        return phase
    return Phase(State.FIRING, phase.since_ms, phase.began_ms, phase.value)


def _ease(rule: Rule, phase: Phase, at_ms: int, _value: float) -> Phase:
    clear_since_ms = at_ms if phase.clear_since_ms is None else phase.clear_since_ms
    if at_ms >= clear_since_ms + rule.keep_firing_for_s * 1000:
        return INACTIVE
    return Phase(State.FIRING, phase.since_ms, phase.began_ms, phase.value, clear_since_ms)


def _stop(_rule: Rule, _phase: Phase, _at_ms: int, _value: float) -> Phase:
    return INACTIVE


_TABLE: dict[tuple[State, Verdict], Callable[[Rule, Phase, int, float], Phase]] = {
    (State.INACTIVE, Verdict.HOLDS): _begin,
    (State.INACTIVE, Verdict.CLEAR): _stop,
    (State.PENDING, Verdict.HOLDS): _wait,
    (State.PENDING, Verdict.CLEAR): _stop,
    (State.FIRING, Verdict.HOLDS): _go_on,
    (State.FIRING, Verdict.CLEAR): _ease,
}
