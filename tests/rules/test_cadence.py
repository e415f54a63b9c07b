"""The cadence of devices that do not declare theirs: learned from times, whatever their order, and kept."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import cadence
from rules.cadence import GAPS, LEAST_GAPS, Cadence
from rules.engine import EngineState, Program, check, compile_rules, empty_state, load, step
from rules.errors import RuleStateError

SECOND_MS = 1000


def learned(*times_s: float, series: int = 1) -> Cadence:
    """Return what is learned of values at these times, each in a message of its own."""
    made = Cadence()
    for at_s in times_s:
        made.note(series, round(at_s * SECOND_MS), round(at_s * SECOND_MS) + 5)
    return made


@pytest.mark.parametrize(
    "times_s, expected",
    [
        (range(0, 60 * LEAST_GAPS, 60), None),
        (range(0, 60 * LEAST_GAPS + 1, 60), 60),
        ([0, 60, 120, 300, 360, 420, 3600, 3660], 60),
        ([0.4, 61.2, 120.9, 181.7, 240.1, 300.8], 61),
        (range(0, 3601 * 6, 3601), 3700),
        ([*range(0, 600, 60), *range(600, 4200, 300)], 300),
    ],
)
def test_learns_the_median_gap(times_s: Any, expected: int | None) -> None:
    """Too few gaps tell nothing; losses and pauses do not matter; a device that was set to another pace is followed."""
    assert learned(*times_s).learned_s == expected


@given(
    gaps=st.lists(st.integers(1, 900), min_size=1, max_size=40),
    seed=st.randoms(use_true_random=False),
    restart=st.integers(0, 40),
)
def test_order_makes_no_difference(gaps: list[int], seed: Any, restart: int) -> None:
    """Times in any order give the same; a restart keeps it, and gives the same after as many times as count."""
    times = [sum(gaps[:count]) for count in range(len(gaps) + 1)]
    shuffled = list(times)
    seed.shuffle(shuffled)
    expected = learned(*times).learned_s

    assert learned(*shuffled).learned_s == expected
    kept = cadence.unpack(cadence.pack(learned(*times[:restart])), "g1")
    for at_s in times[restart:]:
        kept.note(1, at_s * SECOND_MS, at_s * SECOND_MS + 5)
    if len(times) - restart > GAPS or restart >= len(times):
        assert kept.learned_s == expected


def test_the_quickest_series_tells() -> None:
    """Two series a second apart, in messages of their own, are no burst; one that is sent no more tells nothing."""
    both = Cadence()
    for minute in range(8):
        both.note(1, minute * 60_000, minute * 60_000)
        both.note(2, minute * 60_000 + 1000, minute * 60_000 + 1000)
    assert both.learned_s == 60

    for hour in range(1, 10):
        both.note(2, hour * 3_600_000, hour * 3_600_000)
    assert both.learned_s == 3600


def test_a_bundle_is_one_message() -> None:
    """Six values of ten minutes in one message an hour: the device speaks once an hour."""
    bundled = Cadence()
    for hour in range(7):
        for part in range(6):
            bundled.note(1, hour * 3_600_000 + part * 600_000, hour * 3_600_000 + 3_000_000)

    assert bundled.learned_s == 3600


def test_unpack_refuses_what_is_not_ours() -> None:
    """Damage and newer versions are named."""
    with pytest.raises(RuleStateError, match="cadence of g1 is damaged"):
        cadence.unpack(b"\xc1", "g1")
    with pytest.raises(RuleStateError, match="version 2"):
        cadence.unpack(b"\x92\x02\x3c", "g1")


def silences(world: Any, program: Program, state: EngineState, at_s: int) -> list[str]:
    """Return the reasons of what a check tells."""
    return [one.reason for one in check(program, state, world.at(at_s)).transitions]


def test_silence_by_a_learned_cadence(world: Any) -> None:
    """Nobody is called silent before the cadence is known; then the reason says that it was learned."""
    device = world.device(cadence_declared=False, cadence_s=300)
    series = world.series(device)
    program, state = compile_rules((world.silence(),), (device,)), empty_state()
    assert silences(world, program, state, 100_000) == []

    for at_s in range(100_000, 100_000 + 20 * 6, 20):
        step(program, state, (world.observation(series, at_s, 1),), world.at(at_s))
    assert silences(world, program, state, 100_160) == []
    assert silences(world, program, state, 100_161) == [
        "no data for 3 intervals of 20 s (learned), last heard of at 2026-01-06T03:48:20Z"
    ]


def test_learned_cadence_survives_a_restart(world: Any) -> None:
    """Stored once, when it is learned; a device that never speaks again is told; one that declares it is forgotten."""
    device = world.device(cadence_declared=False)
    series = world.series(device)
    program, state = compile_rules((world.silence(),), (device,)), empty_state()
    rows: list[tuple[str, str, str, bytes]] = []
    for at_s in range(0, 20 * 40, 20):
        changed = step(program, state, (world.observation(series, at_s, 1),), world.at(at_s)).changed
        rows += [(*key, packed) for key, packed in changed.items() if packed is not None]
    assert [row[:3] for row in rows] == [(cadence.KEY, "device", "g1")]

    again = load(program, rows, world.at(5000))
    assert silences(world, program, again, 5060) == []
    assert len(silences(world, program, again, 5061)) == 1

    declared = compile_rules((world.silence(),), (world.device(),))
    made = check(declared, load(declared, rows, world.at(5000)), world.at(5001))
    assert (made.changed, made.transitions) == ({(cadence.KEY, "device", "g1"): None}, ())


@given(
    gaps=st.lists(st.integers(1, 120), min_size=8, max_size=30),
    delays=st.lists(st.integers(0, 120), min_size=31, max_size=31),
    cuts=st.sets(st.integers(1, 30)),
)
def test_any_order_and_split(world: Any, gaps: list[int], delays: list[int], cuts: set[int]) -> None:
    """However observations come, the same is learned, and the same silence is told in the end."""
    device = world.device(cadence_declared=False)
    series = world.series(device)
    times = [sum(gaps[:count]) for count in range(len(gaps) + 1)]
    arrivals = [at_s for _, at_s in sorted((at_s + delay, at_s) for at_s, delay in zip(times, delays, strict=False))]
    told = []
    for order, places in ((times, []), (arrivals, sorted(cut for cut in cuts if cut < len(times)))):
        program, state = compile_rules((world.silence(),), (device,)), empty_state()
        for first, last in pairwise([0, *places, len(times)]):
            batch = [world.observation(series, at_s, 1) for at_s in order[first:last]]
            step(program, state, batch, world.at(times[-1]))
        made = check(program, state, world.at(10_000_000))
        told.append(
            ([(one.state, one.since_ms, one.reason) for one in made.transitions], state.cadences["g1"].learned_s)
        )

    assert told[0] == told[1]
