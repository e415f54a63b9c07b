"""Our tests against ioos_qc's on random series: the same flag for every point."""

from __future__ import annotations

import math
import random
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from tests.ingest.quality import qartod as ours

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of libraries that ioos_qc imports
    from ioos_qc import qartod as theirs

SERIES = 500  # of each test; eight tests
START_S = 1_420_070_400
Case = tuple[str, dict[str, Any]]


def values(chance: random.Random, count: int, missing: float = 0.0) -> list[float | None]:
    """Return a walk with plateaus, spikes and steps, in hundredths, some of it missing."""
    level, found = chance.uniform(-20, 20), []
    for _ in range(count):
        kind = chance.random()
        if kind < 0.45:
            level += chance.gauss(0, 1)
        elif kind < 0.5:
            level += chance.choice((-30, 30))
        spike = chance.choice((-40, 40)) if chance.random() < 0.05 else 0
        found.append(None if chance.random() < missing else round(level + spike, 2))
    return found


def times(chance: random.Random, count: int, *, regular: bool = False) -> list[int]:
    """Return times in seconds, in order, with gaps unless they are regular."""
    step = chance.choice((1, 60, 900))
    at, found = START_S, []
    for _ in range(count):
        found.append(at)
        at += step if regular or chance.random() < 0.9 else step * chance.randrange(2, 40)
    return found


def gross_range(chance: random.Random, count: int) -> Case:
    """Spans inside one another."""
    low, high = sorted(chance.sample(range(-40, 40), 2))
    inner = (low + 0.25 * (high - low), high - 0.25 * (high - low))
    given = {"inp": values(chance, count, 0.1), "fail_span": (low, high)}
    return "gross_range_test", given | ({"suspect_span": inner} if chance.random() < 0.7 else {})


def spike(chance: random.Random, count: int) -> Case:
    """Both methods, with limits for one or both flags."""
    suspect = chance.uniform(0.5, 20)
    limits = {"suspect_threshold": suspect, "fail_threshold": suspect * chance.uniform(1.1, 4)}
    if chance.random() < 0.2:
        del limits[chance.choice(list(limits))]
    method = chance.choice(("average", "differential"))
    return "spike_test", {"inp": values(chance, max(count, 2), 0.08), "method": method} | limits


def rate_of_change(chance: random.Random, count: int) -> Case:
    """Irregular times."""
    threshold = 10 ** chance.uniform(-4, 1)
    limits = {"threshold": threshold} | ({"fail_threshold": threshold * 5} if chance.random() < 0.5 else {})
    return "rate_of_change_test", {"inp": values(chance, count, 0.08), "tinp": times(chance, count)} | limits


def flat_line(chance: random.Random, count: int) -> Case:
    """Plateaus of all lengths; the shorter length is at least two intervals."""
    at = times(chance, max(count, 3))
    interval = int(np.median(np.diff(at)))
    suspect = interval * chance.randrange(2, 8)
    limits = {"suspect_threshold": suspect, "fail_threshold": suspect + interval * chance.randrange(1, 6)}
    return "flat_line_test", {
        "inp": values(chance, len(at), 0.08),
        "tinp": at,
        "tolerance": chance.choice((0.005, 1.005, 5.005)),
    } | limits


def attenuated_signal(chance: random.Random, count: int) -> Case:
    """Windows of time, by range and by standard deviation."""
    at = times(chance, count)
    suspect = chance.uniform(0.5, 30)
    return "attenuated_signal_test", {
        "inp": values(chance, count),
        "tinp": at,
        "suspect_threshold": suspect,
        "fail_threshold": suspect * chance.uniform(0.1, 0.9),
        "test_period": chance.choice((30, 600, 7_200)),
        "min_obs": chance.choice((None, 2, 5)),
        "min_period": None,
        "check_type": chance.choice(("std", "range")),
    }


def time_gap(chance: random.Random, count: int) -> Case:
    """Gaps around the limit."""
    return "time_gap_test", {"tinp": times(chance, max(count, 2)), "fail_span": chance.choice((0.01, 0.5, 2))}


def location(chance: random.Random, count: int) -> Case:
    """Half positions and positions off the earth."""
    places: list[list[float | None]] = []
    for _ in range(count):
        place: list[float | None] = [chance.uniform(-180, 180), chance.uniform(-90, 90)]
        if chance.random() < 0.2:
            place[chance.randrange(2)] = chance.choice((None, 400.0))
        places.append(place)
    given = {"lon": [one[0] for one in places], "lat": [one[1] for one in places]}
    return "location_test", given


PERIODS = {"month": 12, "quarter": 4, "weekofyear": 53, "dayofyear": 366, "dayofweek": 6, "hour": 23}


def climate(chance: random.Random, count: int) -> Case:
    """Members of every period that overlap, some with depths; nothing is missing (there ioos_qc guesses)."""
    members = []
    for _ in range(chance.randrange(1, 5)):
        period = chance.choice(list(PERIODS))
        low, high = sorted(chance.sample(range(-30, 30), 2))
        member: dict[str, Any] = {"period": period, "vspan": (low, high)}
        member["tspan"] = tuple(sorted(chance.sample(range(PERIODS[period] + 1), 2)))
        if chance.random() < 0.6:
            member["fspan"] = (low - chance.randrange(10), high + chance.randrange(10))
        if chance.random() < 0.3:
            member["zspan"] = tuple(sorted(chance.sample(range(50), 2)))
        members.append(member)
    at = sorted(START_S + chance.randrange(10 * 366 * 86_400) for _ in range(count))
    depths = [chance.randrange(50) for _ in range(count)]
    return "climatology_test", {"config": members, "tinp": at, "inp": values(chance, count), "zinp": depths}


CASES: tuple[Callable[[random.Random, int], Case], ...] = (
    gross_range,
    spike,
    rate_of_change,
    flat_line,
    attenuated_signal,
    time_gap,
    location,
    climate,
)


def oracle(name: str, given: dict[str, Any]) -> list[int]:
    """Return ioos_qc's flags."""
    inputs = {
        key: _array(key, value) if key in {"inp", "tinp", "zinp", "lon", "lat"} else value
        for key, value in given.items()
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numpy's about missing values
        return [int(flag) for flag in getattr(theirs, name)(**inputs)]


def _array(key: str, given: list[Any]) -> Any:
    if key == "tinp":
        return np.array(given, dtype="datetime64[s]").astype("datetime64[ns]")
    return np.array([math.nan if one is None else one for one in given], dtype=float)


def series(make: Callable[[random.Random, int], Case]) -> Iterator[Case]:
    """Yield random calls of a test."""
    for seed in range(SERIES):
        chance = random.Random(f"{make.__name__} {seed}")
        yield make(chance, chance.randrange(1, 80))


@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
def test_agrees_with_ioos_qc(make: Callable[[random.Random, int], Case]) -> None:
    """Every point of every random series has the flag that ioos_qc gives it."""
    wrong, flagged = [], set()

    for number, (name, given) in enumerate(series(make)):
        expected = oracle(name, given)
        flagged |= set(expected)
        if getattr(ours, name)(**given) != expected:
            wrong.append(number)

    assert wrong == []
    assert {1, 4} <= flagged


def test_enough_series() -> None:
    """There are at least two thousand of them."""
    assert SERIES * len(CASES) >= 2_000
