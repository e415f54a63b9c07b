"""Totals become increments: the sum is kept over resets, whatever the order, the batches and the restarts."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.checks import Checks
from ingest.increments import increment
from ingest.model import Observation
from tests.ingest.quality.streams import MINUTE_MS, START_MS, Pipe

TOTAL, GROWTH = "weather.rain_total", "weather.rain_increment"


@pytest.mark.parametrize(
    "before, total, expected",
    [(None, 5.0, None), (5.0, 5.0, 0.0), (5.0, 7.5, 2.5), (5.0, 0.5, 0.5), (5.0, 0.0, 0.0), (5.0, 4.95, 0.0)],
)
def test_increment(before: float | None, total: float, expected: float | None) -> None:
    """The first total gives none, a reset what the counter says since, a fall within the resolution nothing."""
    assert increment(before, total, resolution=0.1) == expected


@pytest.mark.parametrize("before, total, expected", [(65_530.0, 4.0, 10.0), (40_000.0, 10.0, 25_546.0)])
def test_roll_over(before: float, total: float, expected: float) -> None:
    """A counter that rolls over goes on; a fall by more than half of it is such."""
    assert increment(before, total, roll_over=65_536) == pytest.approx(expected)


def test_fall_that_is_no_roll_over() -> None:
    """A fall by less than half of the modulus is a reset."""
    assert increment(20_000.0, 3.0, roll_over=65_536) == 3.0


@given(
    st.lists(st.lists(st.integers(0, 50), min_size=1, max_size=12), min_size=1, max_size=5),
    st.integers(0, 1_000),
)
def test_sum_is_kept_over_resets(runs: list[list[int]], first: int) -> None:
    """What was counted in each run since the start, or since its reset, is the sum of the increments."""
    totals = [[start + sum(run[: index + 1]) for index in range(len(run))] for start, run in _starts(runs, first)]
    flat = [float(total) for run in totals for total in run]
    grown = [increment(before, total) for before, total in zip([None, *flat], flat, strict=False)]

    counted = totals[0][-1] - totals[0][0]
    for before, run in pairwise(totals):
        fell = run[0] < before[-1]
        counted += run[-1] if fell else run[-1] - before[-1]

    assert math.fsum(one for one in grown if one is not None) == counted
    assert all(one is None or one >= 0 for one in grown)


def _starts(runs: list[list[int]], first: int) -> list[tuple[int, list[int]]]:
    return [(first if not number else 0, run) for number, run in enumerate(runs)]


def rain(pipe: Pipe, chance: random.Random, count: int) -> list[Observation]:
    """Return the totals of a gauge that is reset now and then, in tenths."""
    total, found = chance.randrange(1_000), []
    for minute in range(count):
        total = 0 if chance.random() < 0.03 else total + chance.choice((0, 0, 1, 3))
        found.append(pipe.observe(TOTAL, START_MS + minute * MINUTE_MS, total / 10))
    return found


@pytest.mark.parametrize("most", [0, 3])
def test_order_batches_and_restarts_change_nothing(most: int) -> None:
    """The increments that are stored are those of the totals in order."""
    for seed in range(20):
        chance = random.Random(seed)
        pipe = Pipe(None)
        totals = rain(pipe, chance, 150)
        keyed = sorted((index + chance.random() * most, index) for index in range(len(totals)))
        arriving = [totals[index] for _, index in keyed]
        while arriving:
            size = chance.randrange(1, 12)
            if not most and chance.random() < 0.2:
                pipe.take(arriving[:size], commit=False)
                pipe.restart()
            pipe.take(arriving[:size])
            del arriving[:size]
            if chance.random() < 0.2:
                pipe.restart()

        expected = [
            (one.phenomenon_time_ms, round(increment(before.value, one.value, resolution=0.0) or 0.0, 9), 1)
            for before, one in pairwise(totals)
        ]
        assert pipe.stored(GROWTH) == expected, seed


def test_increments_are_judged_by_rules_and_not_counted_as_sent() -> None:
    """Rules get the increment after the total; the line knows that nobody sent it."""
    pipe = Pipe(None)
    pipe.take([pipe.observe(TOTAL, START_MS, 100.0)])

    checked = pipe.take([pipe.observe(TOTAL, START_MS + MINUTE_MS, 100.6)])

    assert [(one.observed_property, one.value) for one in checked.judged] == [(TOTAL, 100.6), (GROWTH, 0.6)]
    assert checked.unsent == {(checked.judged[1].series.id, START_MS + MINUTE_MS)}


def test_increment_that_cannot_be_is_flagged() -> None:
    """What a counter cannot have grown by is FAIL, as if it had been sent."""
    pipe = Pipe(None)
    pipe.take([pipe.observe(TOTAL, START_MS, 1.0)])

    pipe.take([pipe.observe(TOTAL, START_MS + MINUTE_MS, 900.0)])

    assert pipe.stored(GROWTH) == [(START_MS + MINUTE_MS, 899.0, 4)]


def test_total_that_failed_is_passed_over() -> None:
    """A total out of range neither grew nor is grown from."""
    pipe = Pipe(None)
    values = [(10.0, 1), (-5.0, 4), (11.0, 1)]

    pipe.take([pipe.observe(TOTAL, START_MS + i * MINUTE_MS, *value) for i, value in enumerate(values)])

    assert pipe.stored(GROWTH) == [(START_MS + 2 * MINUTE_MS, 1.0, 1)]


def test_device_that_sends_increments_itself_keeps_them() -> None:
    """Nothing is put in the place of what a device says itself."""
    pipe = Pipe(None)
    for minute in range(3):
        at_ms = START_MS + minute * MINUTE_MS
        pipe.take([pipe.observe(TOTAL, at_ms, 10.0 + minute), pipe.observe(GROWTH, at_ms, 0.2)])

    assert [value for _, value, _ in pipe.stored(GROWTH)] == [0.2, 0.2, 0.2]


def test_roll_over_is_a_setting() -> None:
    """A counter with a modulus goes on over it."""
    pipe = Pipe(Checks(roll_over=256.0))

    pipe.take([pipe.observe(TOTAL, START_MS + i * MINUTE_MS, value) for i, value in enumerate((250.0, 254.0, 1.0))])

    assert [value for _, value, _ in pipe.stored(GROWTH)] == [4.0, 3.0]
