"""Weeks of hours that are held against: kept as rows, so that a restart gives what none gives."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.model import Observation
from rules import hours
from rules.engine import EngineState, Program, check, compile_rules, empty_state, load, recall, step
from rules.engine import unremembered as asked_for
from rules.errors import RuleStateError
from rules.model import Transition
from rules.samples import HOUR_MS

SPEED = "traffic.speed"
DAY_S = 86_400
Rows = dict[tuple[str, str, str], bytes]


def baseline(world: Any, **options: Any) -> Any:
    """Return a rule that holds a speed against two days or more."""
    given = {"property": SPEED, "side": "below", "by": 4.0, "min_difference": 15.0, "weeks": 1, "min_days": 2}
    condition = world.condition("baseline", **(given | options))
    return world.rule(condition, id="traffic.odd", domain="traffic")


def detector(world: Any, name: str = "d1") -> Any:
    """Return a traffic detector with a value each quarter of an hour."""
    return world.device(name, domain="traffic", kind="traffic_detector", cadence_s=900)


def observed(world: Any, values: Sequence[float], every_s: int = 900) -> list[Observation]:
    """Return values of the detector, one each so many seconds."""
    series = world.series(detector(world), SPEED)
    return [world.observation(series, every_s * index, value) for index, value in enumerate(values)]


def restarted(program: Program, rows: Rows, history: Sequence[Observation], part: Sequence[Observation]) -> EngineState:
    """Return the state after a start, with as much of the past as it asks for."""
    state = load(program, [(*key, packed) for key, packed in rows.items()], part[0].result_time_ms)
    first_ms = part[0].phenomenon_time_ms
    back_ms = max(asked_for(program, state, part).values(), default=0)
    recall(program, state, [one for one in history if one.phenomenon_time_ms >= first_ms - back_ms])
    return state


def play(program: Program, parts: Sequence[Sequence[Observation]], restarts: set[int]) -> tuple[list[Transition], Rows]:
    """Step part after part, with a restart before some; return what is told and the rows."""
    state, rows = empty_state(), Rows()
    history: list[Observation] = []
    told: list[Transition] = []
    for number, part in enumerate(parts):
        if number in restarts:
            state = restarted(program, rows, history, part)
        made = step(program, state, part, part[-1].result_time_ms)
        told += made.transitions
        rows = {key: packed for key, packed in (rows | made.changed).items() if packed is not None}
        history += part
    return told, rows


@settings(max_examples=20, deadline=None)
@given(
    low=st.sets(st.integers(200, 700), min_size=1, max_size=30),
    cuts=st.sets(st.integers(1, 719), min_size=1, max_size=40),
    restarts=st.sets(st.integers(1, 40), min_size=1, max_size=10),
)
def test_restarts_change_nothing(world: Any, low: set[int], cuts: set[int], restarts: set[int]) -> None:
    """Any number of restarts at any time: the same is told, in the same words, as without one and in any batches."""
    program = compile_rules((baseline(world),), (detector(world),))
    values = [20.0 if index in low else 60.0 + index * 7 % 11 for index in range(720)]
    observations = observed(world, values)
    parts = [observations[first:last] for first, last in pairwise([0, *sorted(cuts), len(values)])]

    whole, _ = play(program, [observations], set())
    unbroken, _ = play(program, parts, set())
    told, _ = play(program, parts, restarts)

    assert told == unbroken
    assert [(one.state, one.since_ms, one.reason) for one in told] == [
        (one.state, one.since_ms, one.reason) for one in whole
    ]


def test_words_after_a_restart(world: Any) -> None:
    """The first hour after a restart is held against weeks, and says so."""
    program = compile_rules((baseline(world),), (detector(world),))
    observations = observed(world, [60.0] * 400 + [20.0] * 12)
    told, rows = play(program, [observations[:399], observations[399:]], {1})

    assert list(rows) == [("*hours.traffic.speed", "device", "d1"), ("traffic.odd", "device", "d1")]
    assert [one.reason for one in told] == [
        "traffic.speed is normally 45 to 75 km/h on workdays at 04 h, now 20",
    ]


def test_a_row_is_written_once_an_hour(world: Any) -> None:
    """However often a series speaks; and what it holds is small."""
    program, state = compile_rules((baseline(world, weeks=4),), (detector(world),)), empty_state()
    written: list[bytes] = []
    for one in observed(world, [50.0 + number % 7 for number in range(2000)], every_s=60):
        written += [packed for packed in step(program, state, (one,), 0).changed.values() if packed]

    assert len(written) == 2000 // 60 + 1
    end_ms, samples = hours.unpack(written[-1], ("d1", SPEED))
    assert (end_ms % HOUR_MS, len(samples.times)) == (0, 31)
    assert len(written[-1]) < 15 * len(samples.times) + 20


def test_many_series_take_turns(world: Any) -> None:
    """A step writes a few rows; after a few steps all are written."""
    devices = [detector(world, f"d{number}") for number in range(150)]
    program, state = compile_rules((baseline(world),), devices), empty_state()
    batch = [
        world.observation(world.series(device, SPEED), at_s, 50.0)
        for at_s in (0, 3600, 7200, 10_800)
        for device in devices
    ]
    sizes = [len(step(program, state, batch, 0).changed)]
    sizes += [len(step(program, state, (), 0).changed) for _ in range(3)]

    assert sizes == [hours.AT_ONCE, hours.AT_ONCE, 150 - 2 * hours.AT_ONCE, 0]


def test_rows_of_no_rule_are_deleted(world: Any) -> None:
    """When no rule holds a series against weeks any more, nothing is kept of it."""
    rows = play(compile_rules((baseline(world),), (detector(world),)), [observed(world, [60.0] * 50)], set())[1]
    plain = compile_rules((world.rule(),), (detector(world),))
    state = load(plain, [(*key, packed) for key, packed in rows.items()], world.at(0))

    assert check(plain, state, world.at(1)).changed == {("*hours.traffic.speed", "device", "d1"): None}
    assert state.kept == {}


def test_unpack_refuses_what_is_not_ours() -> None:
    """Damage and newer versions are named."""
    with pytest.raises(RuleStateError, match=r"the hours of d1 traffic\.speed are damaged"):
        hours.unpack(b"\xc1", ("d1", SPEED))
    with pytest.raises(RuleStateError, match="version 2"):
        hours.unpack(b"\x94\x02\x00\x90\x90", ("d1", SPEED))
