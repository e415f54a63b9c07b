"""Puts what was judged into the state of one (rule, subject), also when it comes late but within the bound.

In order: the life cycle moves one step. Late: it is run again from the base with the observation in its place, and
the difference is told so that

- what would have been told in order is told (the identities of the moves in order are among those given out);
- the last transition given out is the truth. A firing that turns out wrong is taken back by a resolved with the since
  of that firing; a resolved that turns out wrong by a firing with the since of that resolved; a level by a firing of
  the right one;
- no identity is given out twice: a move that was taken back and turns out right after all gets a since one
  millisecond later.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

import msgspec

from rules.lifecycle import NO_LEVEL, ON, Move, Reader, advance, level_of, move, run
from rules.model import Rule, State
from rules.samples import MOST_REMEMBERED
from rules.state import RuleState


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A move that is given out, with the since that it is given out under; `correction` if it takes one back."""

    move: Move
    since_ms: int
    correction: bool = False


def put(
    rule: Rule, read: Reader, state: RuleState, observed: tuple[int, float], lateness_ms: int
) -> tuple[Told, ...] | None:
    """Put (time, value) into the state; return what to tell, or None if it is older than the bound."""
    history, at_ms = state.history, observed[0]
    newest_ms = history[-1][0] if history else at_ms - 1
    if at_ms > newest_ms:
        return replace(rule, read, state, (observed,), lateness_ms)
    if at_ms < newest_ms - lateness_ms or (len(history) >= MOST_REMEMBERED and at_ms < history[0][0]):
        return None
    index = bisect_left(history, (at_ms,))
    if history[index][0] == at_ms:
        return ()  # the same observation again
    return replace(rule, read, state, (observed, *history[index:]), lateness_ms)


def replace(
    rule: Rule, read: Reader, state: RuleState, fresh: Sequence[tuple[int, float]], lateness_ms: int
) -> tuple[Told, ...]:
    """Put (time, value) pairs, in time order, in the place of all from the first one on; return what to tell."""
    history = state.history
    index = bisect_left(history, (fresh[0][0],))
    if index == len(history):
        told = tuple(item for observed in fresh for item in _next(rule, read, state, observed))
    elif list(fresh) == history[index:]:
        return ()
    else:
        _, was = run(rule, read, state.base, history)
        history[index:] = fresh
        state.stand, is_now = run(rule, read, state.base, history)
        told = tuple(_correct(state, was, is_now, fresh[0]))
    _forget(rule, read, state, history[-1][0] - lateness_ms)
    return told


def _next(rule: Rule, read: Reader, state: RuleState, observed: tuple[int, float]) -> tuple[Told, ...]:
    at_ms, value = observed
    before = state.stand
    state.stand = advance(rule, read(value), before, at_ms, value)
    state.history.append(observed)
    made = move(before, state.stand, at_ms, value)
    return (_tell(state, made),) if made is not None else ()


def _forget(rule: Rule, read: Reader, state: RuleState, horizon_ms: int) -> None:
    """Let the base take in what is older than the bound, or too much: nothing can come before it any more."""
    history = state.history
    old = max(bisect_left(history, (horizon_ms,)), len(history) - MOST_REMEMBERED)
    if old > 0:
        for at_ms, value in history[:old]:
            state.base = advance(rule, read(value), state.base, at_ms, value)
        del history[:old]
    if any(since_ms < horizon_ms for _, since_ms in state.emitted):
        state.emitted = [identity for identity in state.emitted if identity[1] >= horizon_ms]


def _correct(
    state: RuleState, was: tuple[Move, ...], is_now: tuple[Move, ...], observed: tuple[int, float]
) -> Iterator[Told]:
    """Yield what leads from the moves told so far to those that order would have given."""
    old, new = _loud(was), _loud(is_now)
    same = 0
    while same < min(len(old), len(new)) and _is_same(old[same], new[same]):
        same += 1
    base = level_of(state.base)
    base_shown = (State.RESOLVED, NO_LEVEL) if base == NO_LEVEL else (state.base[base].status, base)
    before = new[same - 1].shown if same else base_shown
    if state.shown is not None and (state.shown[0], state.shown[2]) != before:
        at_ms, value = observed
        level = state.shown[2] if before[0] is State.RESOLVED else before[1]
        taken_back = Move(
            state=before[0],
            since_ms=state.shown[1],
            at_ms=at_ms,
            value=value,
            before=state.stand[level],
            level=level,
            from_level=state.shown[2],
        )
        yield _tell(state, taken_back, correction=True)
    known = new[:same]
    for made in is_now:
        if made.state is State.PENDING:
            if (made.state, made.since_ms) not in state.emitted:
                yield _tell(state, made)
        elif made not in known:
            yield _tell(state, made)


def _is_same(one: Move, other: Move) -> bool:
    return one.since_ms == other.since_ms and one.shown == other.shown


def _loud(moves: tuple[Move, ...]) -> tuple[Move, ...]:
    return tuple(made for made in moves if made.state is State.RESOLVED or made.state in ON)


def _tell(state: RuleState, made: Move, *, correction: bool = False) -> Told:
    since_ms = made.since_ms
    while (made.state, since_ms) in state.emitted:
        since_ms += 1
    state.emitted.append((made.state, since_ms))
    if made.state is not State.PENDING:
        shown, level = made.shown
        state.shown = (shown, since_ms, level)
    return Told(move=made, since_ms=since_ms, correction=correction)
