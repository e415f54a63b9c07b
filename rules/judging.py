"""Judges samples: which gatherings an observation concerns, and what their conditions say of the events from there on.

A judgement is kept in a state's history as one number: one digit for each level, mildest first.
"""

from __future__ import annotations

import functools

from ingest.model import Observation
from rules.binding import EngineState
from rules.conditions._base import Verdict, Verdicts
from rules.gathering import Gathering
from rules.lateness import Told, replace
from rules.program import Program
from rules.samples import MOST_REMEMBERED
from rules.state import INACTIVE, RuleState
from rules.watch import Watch

_DIGITS = (Verdict.CLEAR, Verdict.BETWEEN, Verdict.UNKNOWN, Verdict.HOLDS)
_DIGIT_OF = {verdict: digit for digit, verdict in enumerate(_DIGITS)}


def encode(verdicts: Verdicts) -> float:
    """Return a judgement as a number."""
    code = 0
    for verdict in reversed(verdicts):
        code = code * len(_DIGITS) + _DIGIT_OF[verdict]
    return float(code)


@functools.cache
def decode(levels: int, code: float) -> Verdicts:
    """Return the judgement of a number."""
    number, verdicts = int(code), []
    for _ in range(levels):
        number, digit = divmod(number, len(_DIGITS))
        verdicts.append(_DIGITS[digit])
    return tuple(verdicts)


class Dirty:
    """The gatherings that a batch concerns, each with the first event to judge."""

    def __init__(self, program: Program, state: EngineState) -> None:
        self._program, self._state = program, state
        self.from_ms: dict[int, tuple[Gathering, int]] = {}

    def in_order(self) -> list[tuple[Gathering, int]]:
        """Return the gatherings with their first event, by rule and subject."""
        return sorted(self.from_ms.values(), key=lambda pair: (pair[0].rule.id, pair[0].subject.id))

    def touch(self, observation: Observation, watch: Watch) -> bool:
        """Note what an observation concerns; False if it is too late for one that it would concern."""
        at_ms, value = observation.phenomenon_time_ms, observation.value
        in_time = True
        for gathering, low, high in watch.feeds:
            if observation.quality not in gathering.rule.quality:
                continue
            gathering.note(watch.device_id, at_ms)
            before_ms = gathering.newest_ms
            if at_ms > before_ms and gathering.judged_by(watch):
                gathering.newest_ms = at_ms
            stirs = not low <= value <= high
            gathering.stirred_between_steps(watch, low, high)
            rests = self._rests(gathering)
            if rests and not stirs:
                continue
            if at_ms < watch.newest_ms - self._program.lateness_ms:
                in_time = False
                continue
            if stirs:
                gathering.stirred_ms = max(gathering.stirred_ms, at_ms)
            if rests:
                self._wake(gathering, at_ms)
            elif gathering.judged_by(watch):
                self._concern(gathering, at_ms)
            elif at_ms <= before_ms:
                self._note(gathering, gathering.event_of(at_ms))
        return in_time

    def _rests(self, gathering: Gathering) -> bool:
        key = gathering.rule.id, gathering.subject.id
        return key not in self._state.rows and gathering.may_rest(self._program.lateness_ms)

    def _wake(self, gathering: Gathering, at_ms: int) -> None:
        for watch in gathering.watches:
            watch.wake()
        gathering.refresh()
        gathering.open_ms = gathering.event_of(at_ms)
        self._note(gathering, gathering.open_ms)

    def _concern(self, gathering: Gathering, at_ms: int) -> None:
        event_ms = gathering.event_of(at_ms)
        if not gathering.every_ms:
            self._note(gathering, at_ms)
        elif event_ms < gathering.open_ms:
            self._note(gathering, event_ms)
        elif gathering.open_ms == 0:
            gathering.open_ms = event_ms
        elif gathering.newest_ms > gathering.open_ms:
            self._note(gathering, gathering.open_ms)

    def _note(self, gathering: Gathering, from_ms: int) -> None:
        known = self.from_ms.get(id(gathering))
        if known is None or from_ms < known[1]:
            self.from_ms[id(gathering)] = gathering, from_ms


def rejudge(
    program: Program, row: RuleState | None, gathering: Gathering, from_ms: int
) -> tuple[RuleState, tuple[Told, ...]] | None:
    """Judge the events from a time on; return the state and what to tell, or None if nothing came of it."""
    condition, rule, locale = gathering.condition, gathering.rule, program.locale
    if row is not None and row.history:
        from_ms = max(from_ms, row.history[-1][0] - program.lateness_ms)
        if len(row.history) >= MOST_REMEMBERED:
            from_ms = max(from_ms, row.history[0][0])
    events = gathering.events(from_ms)
    if gathering.every_ms:
        gathering.open_ms = gathering.event_of(gathering.newest_ms)
    if not events:
        return None
    judged = [(at_ms, condition.judge(gathering.view(at_ms, locale))) for at_ms in events]
    gathering.forget(gathering.newest_ms - program.lateness_ms - 2 * gathering.every_ms)
    if row is None:
        if not any(Verdict.HOLDS in verdicts for _, verdicts in judged):
            return None
        stand = (INACTIVE,) * rule.levels
        row = RuleState(rule_version=rule.version, kind=gathering.subject.kind, stand=stand, base=stand)
    fresh = [(at_ms, encode(verdicts)) for at_ms, verdicts in judged]
    read = functools.partial(decode, rule.levels)
    return row, replace(rule, read, row, fresh, program.lateness_ms)
