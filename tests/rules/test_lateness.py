"""Late observations: any order within the bound, any split into batches, and any restart give what order gives."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.model import Observation
from rules.engine import EngineState, Program, compile_rules, empty_state, load, step
from rules.lifecycle import run
from rules.model import Rule, State, Transition
from rules.samples import MOST_REMEMBERED
from rules.state import INACTIVE, Phase, unpack
from rules.watch import Watch

LATENESS_S = 120
LEVELS = (5.0, 12.0, 20.0)  # clear, between the limits, above
SAMPLES = st.lists(st.tuples(st.integers(1, 90), st.sampled_from(LEVELS)), min_size=1, max_size=40)
DELAYS = st.lists(st.integers(0, LATENESS_S), min_size=40, max_size=40)
CUTS = st.sets(st.integers(0, 40), max_size=12)
SPANS = st.sampled_from((0, 30, 60, 150))


def observe(world: Any, samples: Sequence[tuple[int, float]]) -> list[Observation]:
    """Return observations of one gauge; each sample is (seconds after the one before, value)."""
    series, at_s, result = world.series(world.device()), 0, []
    for gap_s, value in samples:
        at_s += gap_s
        result.append(world.observation(series, at_s, value))
    return result


def disturb(observations: Sequence[Observation], delays: Sequence[int]) -> list[Observation]:
    """Return them in the order of arrival, each with its delay in seconds (so none is later than the bound)."""
    arrivals = sorted(enumerate(observations), key=lambda item: item[1].phenomenon_time_ms + 1000 * delays[item[0]])
    return [observation for _, observation in arrivals]


def batches(observations: Sequence[Observation], cuts: set[int]) -> list[Sequence[Observation]]:
    """Return them split before the places of `cuts`."""
    edges = [0, *sorted(cut for cut in cuts if 0 < cut < len(observations)), len(observations)]
    return [observations[first:last] for first, last in pairwise(edges)]


def play(program: Program, state: EngineState, parts: Sequence[Sequence[Observation]]) -> list[Transition]:
    """Step batch after batch and return all transitions."""
    told: list[Transition] = []
    for part in parts:
        made = step(program, state, part, part[-1].result_time_ms)
        assert made.too_late == 0
        told += made.transitions
    return told


def identities(told: Sequence[Transition]) -> list[tuple[State, int]]:
    """Return (state, since)."""
    return [(item.state, item.since_ms) for item in told]


def phase(state: EngineState, rule: Rule) -> Phase:
    """Return where the life cycle stands."""
    row = state.rows.get((rule.id, "g1"))
    return INACTIVE if row is None else row.stand[0]


def make(world: Any, spans: tuple[int, int], clear: float | None) -> tuple[Rule, Program]:
    """Return a rule with these durations and clear limit, and its program."""
    rule = world.rule(world.threshold(clear=clear), for_s=spans[0], keep_firing_for_s=spans[1])
    return rule, compile_rules((rule,), (world.device(),), lateness_s=LATENESS_S)


@given(samples=SAMPLES, delays=DELAYS, cuts=CUTS, spans=st.tuples(SPANS, SPANS), clear=st.sampled_from((None, 10.0)))
def test_any_order_within_the_bound(
    world: Any,
    samples: list[tuple[int, float]],
    delays: list[int],
    cuts: set[int],
    spans: tuple[int, int],
    clear: float | None,
) -> None:
    """The state is that of order; what order tells is told; the rest are corrections, and the last word is true."""
    rule, program = make(world, spans, clear)
    ordered = observe(world, samples)
    in_order = empty_state()
    expected = play(program, in_order, [ordered])
    state = empty_state()
    told = identities(play(program, state, batches(disturb(ordered, delays), cuts)))

    assert phase(in_order, rule) == phase(state, rule)
    assert set(identities(expected)) <= set(told)
    assert len(told) == len(set(told)), "an identity was given out twice"
    loud = [item for item, _ in told if item is not State.PENDING]
    assert loud == [State.FIRING, State.RESOLVED] * (len(loud) // 2) + [State.FIRING] * (len(loud) % 2)
    assert (phase(state, rule).status is State.FIRING) is (len(loud) % 2 == 1)


@given(samples=SAMPLES, cuts=CUTS, spans=st.tuples(SPANS, SPANS), clear=st.sampled_from((None, 10.0)))
def test_order_tells_what_the_life_cycle_says(
    world: Any, samples: list[tuple[int, float]], cuts: set[int], spans: tuple[int, int], clear: float | None
) -> None:
    """Without late ones, however the batches are cut, the engine is the plain fold of the life cycle."""
    rule, program = make(world, spans, clear)
    ordered = observe(world, samples)
    history = [(item.phenomenon_time_ms, item.value) for item in ordered]
    end, moves = run(rule, world.threshold(clear=clear).each, (INACTIVE,), history)
    state = empty_state()
    told = play(program, state, batches(ordered, cuts))

    assert [(move.state, move.since_ms) for move in moves] == identities(told)
    assert end == (phase(state, rule),)


@given(samples=SAMPLES, cuts=CUTS, spans=st.tuples(SPANS, SPANS))
def test_restarts_change_nothing(
    world: Any, samples: list[tuple[int, float]], cuts: set[int], spans: tuple[int, int]
) -> None:
    """Stored row by row as it changes, and loaded again after every batch, a state goes on as if nothing was."""
    rule, program = make(world, spans, 10.0)
    ordered = observe(world, samples)
    unbroken = empty_state()
    expected = identities(play(program, unbroken, [ordered]))
    rows: dict[tuple[str, str, str], bytes] = {}
    told = []
    for part in batches(ordered, cuts):
        state = load(program, [(*key, packed) for key, packed in rows.items()], part[0].result_time_ms)
        made = step(program, state, part, part[-1].result_time_ms)
        told += identities(made.transitions)
        for key, packed in made.changed.items():
            if packed is None:
                del rows[key]
            else:
                rows[key] = packed

    assert expected == told
    packed_last = rows.get((rule.id, "device", "g1"))
    assert phase(unbroken, rule) == (INACTIVE if packed_last is None else unpack(packed_last, "g1").stand[0])


@given(samples=SAMPLES, delays=DELAYS, cuts=CUTS)
def test_restarts_do_not_matter_to_late_ones_while_awake(
    world: Any, samples: list[tuple[int, float]], delays: list[int], cuts: set[int]
) -> None:
    """The stored row of a subject that is not quiet holds all that late observations need."""
    rule, program = make(
        world, (0, 86_400), 10.0
    )  # it fires at the beginning and stays so; how long it is clear varies
    first, *rest = observe(world, [(1, 20.0), *samples])
    in_order = empty_state()
    play(program, in_order, [[first, *rest]])
    rows: dict[tuple[str, str, str], bytes] = {}
    for part in batches([first, *disturb(rest, delays)], cuts | {1}):
        state = load(program, [(*key, packed) for key, packed in rows.items()], part[0].result_time_ms)
        rows |= {key: packed for key, packed in step(program, state, part, 0).changed.items() if packed is not None}

    assert phase(in_order, rule) == unpack(rows[rule.id, "device", "g1"], "g1").stand[0]


def told_of(world: Any, rule: Rule, *samples: tuple[float, float]) -> list[tuple[str, float, str]]:
    """Step (seconds, value) one by one and return (state, since, reason)."""
    device = world.device()
    series = world.series(device)
    program, state = compile_rules((rule,), (device,)), empty_state()
    told = []
    for at_s, value in samples:
        made = step(program, state, (world.observation(series, at_s, value),), world.at(at_s))
        told += [(*world.told((item,))[0], item.reason) for item in made.transitions]
    return told


def test_late_clear_takes_a_firing_back(world: Any) -> None:
    """A firing that rests on a gap is taken back when the gap turns out clear."""
    told = told_of(world, world.rule(for_s=60), (0, 20), (90, 20), (30, 5))

    assert [item[:2] for item in told] == [("pending", 0), ("firing", 90), ("resolved", 90), ("pending", 90)]
    assert (
        (told[2][2])
        == "takes back the firing: weather.water_level is 5 cm, below 10 at 2026-01-05T00:00:30Z, which came late"
    )


def test_late_trigger_takes_a_resolution_back(world: Any) -> None:
    """A resolution that rests on a gap is taken back when the water was there all the time."""
    told = told_of(world, world.rule(keep_firing_for_s=60), (0, 20), (30, 5), (95, 5), (60, 20), (200, 5))

    assert [item[:2] for item in told] == [("firing", 0), ("resolved", 95), ("firing", 95), ("resolved", 200)]
    assert told[2][2].startswith("takes back the resolution: weather.water_level is 20 cm, above 15 at")


def test_firing_given_back_has_a_new_identity(world: Any) -> None:
    """What was taken back and is right after all is told under a since one millisecond later."""
    rule = world.rule(for_s=60)
    told = told_of(world, rule, (0, 20), (90, 20), (20, 5), (30, 20))

    assert [item[:2] for item in told] == [
        ("pending", 0),
        ("firing", 90),
        ("resolved", 90),
        ("pending", 90),
        ("pending", 30),
        ("firing", 90.001),
    ]


def test_late_trigger_on_a_quiet_series(world: Any) -> None:
    """A quiet series remembers its last minutes: the late one is put before what came after it."""
    told = told_of(world, world.rule(), (0, 5), (60, 5), (120, 5), (30, 20))

    assert [item[:2] for item in told] == [("firing", 30), ("resolved", 60)]


@pytest.mark.parametrize("samples", [((0, 5), (500, 5), (30, 20)), ((0, 20), (500, 20), (30, 5))])
def test_too_late_is_ignored_and_counted(world: Any, samples: tuple[tuple[int, float], ...]) -> None:
    """Older than the bound: neither quiet nor firing subjects are moved by it."""
    device = world.device()
    series = world.series(device)
    program, state = compile_rules((world.rule(),), (device,)), empty_state()
    *before, last = (world.observation(series, *sample) for sample in samples)
    for observation in before:
        step(program, state, (observation,), observation.result_time_ms)
    made = step(program, state, (last,), last.result_time_ms)

    assert made.transitions == ()
    assert made.changed == {}
    assert made.too_late == 1


def test_fast_series_is_not_remembered_whole(world: Any) -> None:
    """A series of a hundred values a second costs no more than others: older than the last 256 is too late."""
    device = world.device()
    series = world.series(device)
    rule = world.rule(keep_firing_for_s=60)
    program, state = compile_rules((rule,), (device,)), empty_state()
    for number in range(2000):
        step(program, state, (world.observation(series, number / 100, 20.0),), world.at(number / 100))
    recent = state.watches[series.id]
    early = world.observation(series, 10.001, 1.0)
    late = world.observation(series, 19.001, 1.0)

    assert len(state.rows[rule.id, "g1"].history) == MOST_REMEMBERED
    assert isinstance(recent, Watch)
    recent.order()
    assert len(recent.times) <= 2 * (MOST_REMEMBERED + 8)
    assert step(program, state, (early,), world.at(20)).too_late == 1
    assert step(program, state, (late,), world.at(20)).too_late == 0
