"""The rules engine: batches of observations in, transitions out; the same code runs live, in back-tests and in tests.

    program = compile_rules(rules, register.devices)
    state = load(program, rows, now_ms)                  # or empty_state()
    made = step(program, state, observations, now_ms)    # each epoch: store made.transitions and made.changed together
    made = check(program, state, now_ms)                 # when now_ms >= next_check_at_ms(program, state)

The state belongs to the caller and is changed in place; `changed` says which rows of it to write (None: delete).
docs/rules.md has the semantics. Quiet observations cost one look-up and one comparison, however many rules there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ingest.model import Observation, Quality, series_id
from rules import cadence, hours
from rules.binding import EngineState, admit, arm, bind, refresh
from rules.program import Program, compile_rules
from rules.state import RuleState, pack, unpack
from rules.watch import Watch, is_value
from rules.work import RowKey, Step, Work

__all__ = [
    "MOST_RECALLED_MS",
    "EngineState",
    "Program",
    "RowKey",
    "RuleState",
    "Step",
    "check",
    "compile_rules",
    "empty_state",
    "load",
    "next_check_at_ms",
    "pack",
    "recall",
    "settle",
    "step",
    "unremembered",
]


MOST_RECALLED_MS = 25 * 3_600_000


def empty_state() -> EngineState:
    """Return the state of a pipeline that has seen nothing."""
    return EngineState()


def load(program: Program, rows: Iterable[tuple[str, str, str, bytes]], now_ms: int) -> EngineState:
    """Return the state that stored rows (rule id, subject kind, subject id, packed) hold, bound to the program.

    Every device counts as heard of now: while we were down nobody was silent. Rows whose rule changed, or whose rule
    or device is gone, are ended by the next step or check. Raises RuleStateError for rows of a newer program.
    """
    state = EngineState(settled_ms=now_ms)
    for rule_id, _, subject_id, packed in rows:
        if rule_id == cadence.KEY:
            state.cadences[subject_id] = cadence.unpack(packed, subject_id)
        elif rule_id.startswith(hours.PREFIX):
            name = subject_id, rule_id.removeprefix(hours.PREFIX)
            state.hours.kept[name], state.kept[series_id(*name)] = hours.unpack(packed, name)
        else:
            state.rows[rule_id, subject_id] = unpack(packed, f"{rule_id} of {subject_id}")
    bind(program, state, now_ms)
    return state


def settle(state: EngineState, now_ms: int) -> None:
    """Count every device as heard of now (after a time in which we could not hear: no broker, no store)."""
    state.settled_ms = now_ms


def unremembered(program: Program, state: EngineState, batch: Sequence[Observation]) -> dict[tuple[str, str], int]:
    """Return the series (device id, property) whose past a batch asks for, each with how far back (milliseconds).

    They are those of which nothing was seen yet, although a rule looks back at them; `recall` what was observed. What
    looks back further than `MOST_RECALLED_MS` (a baseline of weeks) asks for what came after the hours that are kept of
    it, or, without any, learns anew: reading that much would take long.
    """
    if state.program is not program:
        bind(program, state, state.settled_ms)
    unknown = {one.series.id: one.series for one in batch if one.series.id not in state.watches}
    if not unknown:
        return {}
    newest_ms = max((one.phenomenon_time_ms for one in batch if one.quality < Quality.FAIL), default=0)
    wanted: dict[tuple[str, str], int] = {}
    asked: set[tuple[str, str]] = set()
    for series in unknown.values():
        for rule, condition, _, _, _, is_lazy in program.plan(series).feeds:
            span_ms = condition.span_ms if condition.span_ms <= MOST_RECALLED_MS else condition.fine_ms
            back_ms = span_ms + program.lateness_ms + 2 * condition.every_ms
            names = [(series.device.id, series.property.name)]
            for subject_id in program.subjects(rule, condition, series.device):
                key = rule.id, subject_id
                if key not in asked and (is_lazy or key not in state.gatherings):
                    asked.add(key)
                    seen = program.seen_by(rule, condition, subject_id)
                    names += [(device.id, name) for device in seen for name in condition.properties]
            for name in names:
                wanted[name] = max(back_ms, wanted.get(name, 0), newest_ms - state.hours.kept.get(name, newest_ms))
    return {name: back_ms for name, back_ms in wanted.items() if not _remembers(state, series_id(*name), back_ms)}


def _remembers(state: EngineState, series: int, back_ms: int) -> bool:
    kept = state.kept.get(series)
    return series in state.watches or (kept is not None and kept.keeping.keep_ms >= back_ms)


def recall(program: Program, state: EngineState, observations: Iterable[Observation]) -> None:
    """Let the state remember what was observed before it was loaded; nothing is judged by it, nobody is heard of.

    With all that was judged before within `recall_ms` of a series, it goes on as if there had been no restart.
    """
    if state.program is not program:
        bind(program, state, state.settled_ms)
    touched: dict[int, Watch] = {}
    known_ms: dict[int, int] = {}
    for observation in observations:
        series = observation.series
        watch = touched.get(series.id)
        if watch is None:
            ear = state.watches.get(series.id) or admit(program, state, series)
            if not isinstance(ear, Watch):
                continue
            watch = touched[series.id] = ear
            known_ms[series.id] = state.hours.kept.get((series.device.id, series.property.name), 0)
        if is_value(observation) and observation.phenomenon_time_ms >= known_ms[series.id]:
            watch.remember(observation)
    for watch in touched.values():
        watch.tidy()
    concerned = {id(watch): watch for gathering in refresh(state, touched.values()) for watch in gathering.watches}
    for watch in concerned.values():
        arm(state, watch)


class _Passed(NamedTuple):
    """What a batch has beside quiet observations.

    `awake`: observations that may change something; `woken`: the series that rested before one of them; `over`: those
    with which only a step is over; `full`: series that have to be trimmed.
    """

    awake: list[Observation]
    woken: set[int]
    over: list[Observation]
    full: list[int]


def step(program: Program, state: EngineState, batch: Sequence[Observation], now_ms: int) -> Step:
    """Judge a batch of observations; those of one series may come in any order within the lateness bound."""
    if state.program is not program:
        bind(program, state, now_ms)
    awake, woken, over, full = _pass_over(program, state, batch, now_ms)
    work = Work(program, state)
    work.end_orphans(now_ms)
    if woken:
        awake = _whole(state, batch, awake, woken)
        over = [observation for observation in over if observation.series.id not in woken]
    if awake or over:
        work.judge(awake, over)
    for series in full:  # not before: an early part of the batch may have to be judged by what it could see
        watch = state.watches[series]
        if isinstance(watch, Watch):
            watch.trim()
    work.keep_hours()
    return work.done()


def _pass_over(program: Program, state: EngineState, batch: Sequence[Observation], now_ms: int) -> _Passed:
    """Remember what is quiet; return the rest."""
    find, wrong = state.watches.get, int(Quality.FAIL)
    passed = _Passed([], set(), [], [])
    for observation in batch:
        watch = find(observation.series.id)
        if watch is None:
            watch = admit(program, state, observation.series)
        watch.presence.seen_ms = now_ms
        at_ms = observation.phenomenon_time_ms
        if watch.low <= observation.value <= watch.high and watch.since_ms <= at_ms:
            if watch.room and observation.quality < wrong:
                if at_ms >= watch.until_ms:
                    watch.look()
                    passed.over.append(observation)
                watch.times.append(at_ms)
                watch.values.append(observation.value)
                if len(watch.times) >= watch.room:
                    watch.room *= 2
                    passed.full.append(observation.series.id)
        else:
            passed.awake.append(observation)
            if watch.rouse(observation.value):
                passed.woken.add(observation.series.id)
    return passed


def _whole(
    state: EngineState, batch: Sequence[Observation], awake: list[Observation], woken: set[int]
) -> list[Observation]:
    """Return what is to be judged, with all that a series had in the batch before the observation that woke it."""
    of_woken: dict[int, list[Observation]] = {}
    for observation in batch:
        if observation.series.id in woken:
            of_woken.setdefault(observation.series.id, []).append(observation)
    whole = [observation for observation in awake if observation.series.id not in woken]
    for series, observations in of_woken.items():
        if len(observations) > 1:
            watch = state.watches[series]
            if isinstance(watch, Watch):
                watch.forget({observation.phenomenon_time_ms for observation in observations})
        whole += observations
    return whole


def check(program: Program, state: EngineState, now_ms: int) -> Step:
    """Judge silence by the clock; step the observations at hand before."""
    if state.program is not program:
        bind(program, state, now_ms)
    work = Work(program, state)
    work.end_orphans(now_ms)
    work.judge_silence(now_ms)
    return work.done()


def next_check_at_ms(program: Program, state: EngineState) -> int | None:
    """Return the time at which `check` may have something to tell, or None if no rule looks at the clock."""
    if state.program is not program or state.orphans:
        return state.settled_ms
    first_ms = state.due.first_ms()
    return None if first_ms is None else first_ms + 1
