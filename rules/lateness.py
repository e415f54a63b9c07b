"""Puts an observation into the state of one (rule, subject), also when it comes late but within the bound.

In order: the life cycle moves one step. Late: it is run again from the base with the observation in its place, and
the difference is told so that

- what would have been told in order is told (the identities of the moves in order are among those given out);
- firing and resolved always alternate, and the last one is the truth. A firing that turns out wrong is taken back by a
  resolved with the since of that firing; a resolved that turns out wrong by a firing with the since of that resolved;
- no identity is given out twice: a move that was taken back and turns out right after all gets a since one
  millisecond later.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

import msgspec

from rules.conditions._base import ValueCondition
from rules.lifecycle import Move, advance, move, run
from rules.model import Rule, State
from rules.state import MOST_REMEMBERED, RuleState


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A move that is given out, with the since that it is given out under; `correction` if it takes one back."""

    move: Move
    since_ms: int
    correction: bool = False


def put(
    rule: Rule, condition: ValueCondition, state: RuleState, observed: tuple[int, float], lateness_ms: int
) -> tuple[Told, ...] | None:
    """Put (time, value) into the state; return what to tell, or None if it is older than the bound."""
    history, at_ms = state.history, observed[0]
    newest_ms = history[-1][0] if history else at_ms - 1
    if at_ms > newest_ms:
        told = _next(rule, condition, state, observed)
        _forget(rule, condition, state, at_ms - lateness_ms)
        return told
    if at_ms < newest_ms - lateness_ms or (len(history) >= MOST_REMEMBERED and at_ms < history[0][0]):
        return None
    index = bisect_left(history, (at_ms,))
    if history[index][0] == at_ms:
        return ()  # the same observation again
    _, was = run(rule, condition, state.base, history)
    history.insert(index, observed)
    state.phase, is_now = run(rule, condition, state.base, history)
    return tuple(_correct(state, was, is_now, observed))


def _next(rule: Rule, condition: ValueCondition, state: RuleState, observed: tuple[int, float]) -> tuple[Told, ...]:
    at_ms, value = observed
    before = state.phase
    state.phase = advance(rule, condition, before, at_ms, value)
    state.history.append(observed)
    made = move(before, state.phase, at_ms, value)
    return (_tell(state, made),) if made is not None else ()


def _forget(rule: Rule, condition: ValueCondition, state: RuleState, horizon_ms: int) -> None:
    """Let the base take in what is older than the bound, or too much: nothing can come before it any more."""
    history = state.history
    old = max(bisect_left(history, (horizon_ms,)), len(history) - MOST_REMEMBERED)
    if old > 0:
        for at_ms, value in history[:old]:
            state.base = advance(rule, condition, state.base, at_ms, value)
        del history[:old]
    if any(since_ms < horizon_ms for _, since_ms in state.emitted):
        state.emitted = [identity for identity in state.emitted if identity[1] >= horizon_ms]


def _correct(
    state: RuleState, was: tuple[Move, ...], is_now: tuple[Move, ...], observed: tuple[int, float]
) -> Iterator[Told]:
    """Yield what leads from the moves told so far to those that order would have given."""
    old, new = _loud(was), _loud(is_now)
    same = 0
    while same < min(len(old), len(new)) and old[same].since_ms == new[same].since_ms:
        same += 1
    loud_before = new[same - 1].state if same else state.base.status
    is_firing = loud_before is State.FIRING
    if state.shown is not None and state.is_shown_firing is not is_firing:
        at_ms, value = observed
        taken_back = Move(
            state=State.FIRING if is_firing else State.RESOLVED,
            since_ms=state.shown[1],
            at_ms=at_ms,
            value=value,
            before=state.phase,
        )
        yield _tell(state, taken_back, correction=True)
    known = new[:same]
    for made in is_now:
        if made.state is State.PENDING:
            if (made.state, made.since_ms) not in state.emitted:
                yield _tell(state, made)
        elif made not in known:
            yield _tell(state, made)


def _loud(moves: tuple[Move, ...]) -> tuple[Move, ...]:
    return tuple(made for made in moves if made.state is not State.PENDING)


def _tell(state: RuleState, made: Move, *, correction: bool = False) -> Told:
    since_ms = made.since_ms
    while (made.state, since_ms) in state.emitted:
        since_ms += 1
    state.emitted.append((made.state, since_ms))
    if made.state is not State.PENDING:
        state.shown = (made.state, since_ms)
    return Told(move=made, since_ms=since_ms, correction=correction)
