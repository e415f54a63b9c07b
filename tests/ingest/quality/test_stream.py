"""Quality control of a stream: the quick look misses nothing, and order, batches and restarts change nothing."""

from __future__ import annotations

import random

import pytest

from ingest.checks import (
    AttenuatedSignal,
    Checks,
    ClimateSpan,
    FlatLine,
    Neighbours,
    RateOfChange,
    Spike,
    TimeGap,
)
from ingest.model import Observation, Quality
from ingest.quality.track import begin
from tests.ingest.quality.streams import MINUTE_MS, START_MS, ZONE, Pipe, device

NAME = "weather.temperature"
SETTINGS = {
    "rate": Checks(rate_of_change=RateOfChange(0.05, 0.5)),
    "spike": Checks(spike=Spike(3.0, 20.0)),
    "differential": Checks(spike=Spike(3.0, None, "differential")),
    "flat": Checks(flat_line=FlatLine(0.15, 240.0, 600.0)),
    "range": Checks(attenuated_signal=AttenuatedSignal(1.5, 0.2, 600.0, "range", 3)),
    "std": Checks(attenuated_signal=AttenuatedSignal(0.5, 0.1, 600.0, "std", 3)),
    "gap": Checks(time_gap=TimeGap(150.0, 1_200.0)),
    "climate": Checks(climatology=(ClimateSpan((("hour", 6.0, 22.0),), (10.0, 30.0), (0.0, 40.0)),)),
}
SETTINGS["all"] = Checks(
    rate_of_change=SETTINGS["rate"].rate_of_change,
    spike=SETTINGS["spike"].spike,
    flat_line=SETTINGS["flat"].flat_line,
    attenuated_signal=SETTINGS["range"].attenuated_signal,
    time_gap=SETTINGS["gap"].time_gap,
    climatology=SETTINGS["climate"].climatology,
)


def walk(pipe: Pipe, chance: random.Random, count: int) -> list[Observation]:
    """Return a day of a sensor: calm, plateaus, spikes, steps, gaps, impossible values."""
    level, at_ms, found = 20.0, START_MS, []
    for _ in range(count):
        kind = chance.random()
        level += chance.gauss(0, 0.3) if kind < 0.7 else (chance.choice((-8, 8)) if kind > 0.97 else 0.0)
        spike = chance.choice((-15, 15, 80)) if chance.random() < 0.03 else 0
        at_ms += MINUTE_MS * (1 if chance.random() < 0.95 else chance.randrange(2, 30))
        value = round(level + spike, 1)
        found.append(pipe.observe(NAME, at_ms, value, 4 if value > 70 else 1))
    return found


def expected(pipe: Pipe, observations: list[Observation]) -> list[tuple[int, float, int]]:
    """Return what every test says of every observation when all of them are there, in order."""
    track = begin(observations[0].series, ZONE)
    in_order = sorted(observations, key=lambda one: one.phenomenon_time_ms)
    for one in in_order:
        track.history.times.append(one.phenomenon_time_ms)
        track.history.values.append(one.value)
    flags = [int(track.judge(index, lambda _track, _at: [])) for index in range(len(in_order))]
    return [(one.phenomenon_time_ms, one.value, flag) for one, flag in zip(in_order, flags, strict=True)]


def shuffled(chance: random.Random, observations: list[Observation], most: int) -> list[Observation]:
    """Return the observations, each at most so many places from where it belongs."""
    keyed = [(index + chance.random() * most, one) for index, one in enumerate(observations)]
    return [one for _, one in sorted(keyed, key=lambda pair: pair[0])]


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("most", [0, 3])
def test_every_order_batch_and_restart_gives_the_same_flags(name: str, most: int) -> None:
    """What is stored in the end is what the tests say of the series in order, whatever came in between."""
    seen = set()
    for seed in range(12):
        chance = random.Random(f"{name} {seed}")
        pipe = Pipe(SETTINGS[name])
        observations = walk(pipe, chance, 250)
        arriving = shuffled(chance, observations, most)
        while arriving:
            size = chance.randrange(1, 40)
            if not most and chance.random() < 0.2:  # a late one that was left behind would count as a repeat
                pipe.take(arriving[:size], commit=False)
                pipe.restart()
            pipe.take(arriving[:size])
            del arriving[:size]
            if chance.random() < 0.2:
                pipe.restart()

        assert pipe.stored(NAME) == expected(pipe, observations), seed
        seen |= {flag for _, _, flag in pipe.stored(NAME)}

    assert {1, 3} <= seen


def test_rules_see_the_flag_on_arrival() -> None:
    """A spike is only known as one when the next observation is there: stored again, and not judged again."""
    pipe = Pipe(SETTINGS["spike"])
    values = [20.0, 20.1, 28.0, 20.1, 20.0]

    for number, value in enumerate(values):
        pipe.take([pipe.observe(NAME, START_MS + number * MINUTE_MS, value)])

    assert [one.quality for one in pipe.judged if one.observed_property == NAME] == [1, 1, 1, 1, 1]
    assert [flag for _, _, flag in pipe.stored(NAME)] == [1, 3, 3, 3, 1]


def test_revised_in_the_same_epoch() -> None:
    """Where the next one is in the same epoch, rules see the flag on arrival too, and the store the last one."""
    pipe = Pipe(SETTINGS["spike"])
    values = [20.0, 20.1, 28.0, 20.1, 20.0]

    checked = pipe.take([pipe.observe(NAME, START_MS + i * MINUTE_MS, value) for i, value in enumerate(values)])

    assert [one.quality for one in checked.judged if one.observed_property == NAME] == [1, 1, 1, 1, 1]
    assert [flag for _, _, flag in pipe.stored(NAME)] == [1, 3, 3, 3, 1]
    assert len([one for one in checked.stored if one.observed_property == NAME]) == 5


def test_impossible_time_takes_no_part() -> None:
    """An observation of a wrong clock is flagged and stored, and nothing is compared with it."""
    pipe = Pipe(SETTINGS["rate"])
    ahead = pipe.observe(NAME, START_MS + 3_600_000, 60.0, Quality.FAIL)

    pipe.take([pipe.observe(NAME, START_MS, 20.0), ahead, pipe.observe(NAME, START_MS + MINUTE_MS, 20.0)])

    assert [flag for _, _, flag in pipe.stored(NAME)] == [1, 1, 4]


def test_series_without_checks_go_through() -> None:
    """What needs no history is handed on as it is."""
    pipe = Pipe(None)
    observations = [pipe.observe(NAME, START_MS + number, 20.0) for number in range(3)]

    checked = pipe.take(observations)

    assert list(checked.judged) == list(checked.stored) == observations
    assert checked.unsent == frozenset()


def test_neighbours() -> None:
    """Who disagrees with the median of those around is suspect; the far one does not count, nor the silent one."""
    around = [device(number, 22.8 + number / 1000) for number in range(1, 6)]
    pipe = Pipe(Checks(neighbours=Neighbours(suspect=4.0, radius_m=2_000, least=3)), [*around, device(9, 23.9)])
    for number, one in enumerate(around):
        pipe.take([pipe.observe(NAME, START_MS + number, 20.0 + number / 10, of=one.id)])
    pipe.take([pipe.observe(NAME, START_MS + 9, 35.0, of="ws-9")])

    pipe.take([pipe.observe(NAME, START_MS + MINUTE_MS, 27.0, of="ws-1")])
    pipe.restart()
    pipe.take([pipe.observe(NAME, START_MS + MINUTE_MS, 20.0, of="ws-2")])
    pipe.take([pipe.observe(NAME, START_MS + 4_000_000, 40.0, of="ws-3")])

    assert pipe.stored(NAME)[-1][2] == Quality.SUSPECT
    assert pipe.stored(NAME, of="ws-2")[-1][2] == Quality.GOOD
    assert pipe.stored(NAME, of="ws-3")[-1][2] == Quality.GOOD
    assert pipe.stored(NAME, of="ws-9")[-1][2] == Quality.GOOD


def test_memory_is_bounded() -> None:
    """However much comes, a series keeps what its tests look back at."""
    pipe = Pipe(SETTINGS["all"])
    pipe.take([pipe.observe(NAME, START_MS + number * MINUTE_MS, 20.0 + number % 7) for number in range(5_000)])

    track = next(iter(pipe.stream._tracks.values()))

    assert len(track.history.times) < 2 * track.history.keep + 16
    assert len(track.history.flags) <= len(track.history.times)


def test_neighbours_are_not_overlooked() -> None:
    """The quick look at a device among neighbours flags what a look at every observation flags."""
    around = [device(number, 22.8 + number / 1000) for number in range(1, 7)]
    checks = Checks(neighbours=Neighbours(suspect=2.0, fail=9.0, radius_m=2_000, least=3, age_s=600.0))
    flags = set()
    for seed in range(2):
        chance, quick, thorough = random.Random(seed), Pipe(checks, around), Pipe(checks, around)
        level = dict.fromkeys((one.id for one in around), 20.0)
        for minute in range(400):
            common = chance.gauss(0, 0.2)
            for number, one in enumerate(around):
                level[one.id] += common + chance.gauss(0, 0.1) + (20 - level[one.id]) * 0.05
                if chance.random() < 0.02:
                    level[one.id] += chance.choice((-12, -4, 4, 12))
                if chance.random() < 0.1:
                    continue
                for pipe in (quick, thorough):
                    pipe.take([pipe.observe(NAME, START_MS + minute * MINUTE_MS + number, level[one.id], of=one.id)])
                    for track in thorough.stream._tracks.values():
                        track.step = -1.0
        for one in around:
            assert quick.stored(NAME, of=one.id) == thorough.stored(NAME, of=one.id), seed
            flags |= {flag for _, _, flag in quick.stored(NAME, of=one.id)}

    assert flags == {1, 3, 4}
