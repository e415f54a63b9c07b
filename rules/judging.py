"""Judges samples: which gatherings an observation concerns, and what their conditions say of the events from there on.

A judgement is kept in a state's history as one number: one digit for each level, mildest first.
"""

from __future__ import annotations

import functools
from bisect import bisect_left
from collections.abc import Iterator

from ingest.model import Observation
from rules.binding import EngineState, begin, fed
from rules.conditions._base import Verdict, Verdicts
from rules.gathering import Gathering
from rules.lateness import Told, replace
from rules.program import Program
from rules.samples import MOST_REMEMBERED
from rules.state import INACTIVE, RuleState
from rules.view import Member, View
from rules.watch import NEVER_MS, Feed, Watch

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
        for feed, gathering in self._concerned(observation, watch):
            gathering.note(observation.device_id, at_ms)
            before_ms = gathering.newest_ms
            if at_ms > before_ms and gathering.judged_by(watch):
                gathering.newest_ms = at_ms
            stirs = not feed.low <= value <= feed.high
            if feed.low > feed.high:  # what came while the series rested until the end of a step did so too
                gathering.stirred_ms = max(gathering.stirred_ms, watch.newest_ms)
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

    def _concerned(self, observation: Observation, watch: Watch) -> Iterator[tuple[Feed, Gathering]]:
        for feed, gathering in fed(self._state, watch):
            if observation.quality not in feed.rule.quality:
                continue
            if gathering is not None:
                yield feed, gathering
            elif (
                not feed.low <= observation.value <= feed.high
                or (feed.rule.id, observation.device_id) in self._state.rows
            ):
                yield feed, begin(self._state, watch, feed)

    def end_step(self, watch: Watch) -> bool:
        """Note what a series concerns that rested until the end of a step, as all its values were quiet.

        False if nothing came of it: then the series rests until the end of the next.
        """
        watch.order()
        newest_ms = watch.times[-1]
        since_ms, until_ms, all_rest = 0, NEVER_MS, True
        for feed, known in fed(self._state, watch):
            every_ms = feed.every_ms
            if not every_ms or (known is None and feed.low <= feed.high):
                continue
            if known is not None and (not known.judged_by(watch) or self._rests(known)):
                continue
            open_ms, next_ms = (-(-at_ms // every_ms) * every_ms for at_ms in (watch.since_ms, newest_ms))
            if known is not None or self._may_hold(watch, feed, open_ms):
                all_rest = False
                gathering = known or begin(self._state, watch, feed)
                gathering.newest_ms = max(gathering.newest_ms, newest_ms)
                gathering.open_ms = open_ms
                if feed.low > feed.high:
                    gathering.stirred_ms = gathering.newest_ms
                if gathering.newest_ms > open_ms:
                    self._note(gathering, open_ms)
            since_ms, until_ms = max(since_ms, next_ms - every_ms + 1), min(until_ms, next_ms + 1)
        if all_rest:
            watch.since_ms, watch.until_ms = since_ms, until_ms
        return not all_rest

    def _may_hold(self, watch: Watch, feed: Feed, open_ms: int) -> bool:
        """Tell whether a condition of one series holds at the end of a step, or did before."""
        newest_ms, every_ms, device = watch.times[-1], feed.every_ms, watch.device
        if (feed.rule.id, device.id) in self._state.rows:
            return True
        if newest_ms <= open_ms:
            return False
        times = watch.times[bisect_left(watch.times, open_ms - every_ms + 1) :]
        member = Member(device, {watch.plan.observed_property: watch})
        members, locale, judge = {device.id: member}, self._program.locale, feed.condition.judge
        return any(
            Verdict.HOLDS in judge(View(end_ms, member, members, locale, device.id))
            for end_ms in {-(-at_ms // every_ms) * every_ms for at_ms in times}
            if end_ms < newest_ms
        )

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
