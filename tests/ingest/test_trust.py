"""Trust in a device: what lowers and raises it, what is told of it, and that batches and restarts change nothing."""

from __future__ import annotations

import random

from msgspec.structs import replace

from ingest.model import Quality
from ingest.trust import PROPERTY, Standing
from tests.ingest.quality.streams import MINUTE_MS, START_MS, Pipe

NAME, OTHER = "weather.temperature", "weather.humidity"


def test_score_follows_the_flags() -> None:
    """FAIL takes a tenth, SUSPECT half of that; UNKNOWN and MISSING say nothing."""
    standing = Standing()

    scores = []
    for quality in (Quality.FAIL, Quality.SUSPECT, Quality.UNKNOWN, Quality.MISSING, Quality.GOOD):
        standing.note(NAME, int(quality))
        scores.append(round(standing.scores[NAME], 4))

    assert scores == [0.9, 0.86, 0.86, 0.86, 0.874]


def test_device_is_as_good_as_its_worst_series() -> None:
    """A sensor that fails is not made up for by others of the device."""
    pipe = Pipe(None)
    for minute in range(8):
        at_ms = START_MS + minute * MINUTE_MS
        pipe.take([pipe.observe(NAME, at_ms, 99.0, 4), pipe.observe(OTHER, at_ms, 50.0)])

    assert [value for _, value, _ in pipe.stored(PROPERTY)] == [90.0, 81.0, 72.9, 65.6, 59.0, 53.1, 47.8]


def test_healthy_device_has_no_trust_series() -> None:
    """Where nothing failed nothing is told, kept or stored."""
    pipe = Pipe(None)

    checked = pipe.take([pipe.observe(NAME, START_MS + number, 20.0) for number in range(100)])

    assert (pipe.stored(PROPERTY), checked.standings) == ([], {})


def test_trust_comes_back_and_the_row_goes() -> None:
    """Good observations raise it again, in steps; when it is whole, that is told and the row is deleted."""
    pipe = Pipe(None)
    flags = [4] * 6 + [1] * 60
    for minute, quality in enumerate(flags):
        pipe.take([pipe.observe(NAME, START_MS + minute * MINUTE_MS, 20.0, quality)])

    told = [value for _, value, _ in pipe.stored(PROPERTY)]
    assert told[:6] == [90.0, 81.0, 72.9, 65.6, 59.0, 53.1]
    assert told[6:] == sorted(told[6:])
    assert told[-1] == 100.0
    assert len(told) < 20
    assert pipe.rows == {}


def test_clock_that_runs_ahead_silences_nothing() -> None:
    """An observation of tomorrow lowers trust; that is told with the next one that is of its time."""
    pipe = Pipe(None)
    tomorrow = replace(pipe.observe(NAME, START_MS + 1440 * MINUTE_MS, 20.0, 4), result_time_ms=START_MS)
    pipe.take([tomorrow])
    pipe.take([pipe.observe(NAME, START_MS + MINUTE_MS, 20.0)])

    assert [(time_ms, value) for time_ms, value, _ in pipe.stored(PROPERTY)] == [(START_MS + MINUTE_MS, 91.0)]


def test_small_changes_are_told_once_an_hour() -> None:
    """What stays about the same is told when an hour has passed."""
    standing = Standing(scores={NAME: 0.5}, told=48.0, told_ms=START_MS)

    assert standing.tell(START_MS + 3_599_999) is None
    assert standing.tell(START_MS + 3_600_000) == 50.0


def test_batches_and_restarts_change_nothing() -> None:
    """The same observations give the same trust, however they were batched and whatever was given up."""
    found = []
    for seed in range(12):
        chance, pipe, plan = random.Random(seed), Pipe(None), random.Random(7)
        observations = []
        for minute in range(200):
            for name in (NAME, OTHER):
                quality = 4 if plan.random() < (0.5 if 40 < minute < 90 else 0.01) else 1
                observations.append(pipe.observe(name, START_MS + minute * MINUTE_MS, 20.0, quality))
        while observations:
            size = chance.randrange(1, 30)
            if chance.random() < 0.3:
                pipe.take(observations[:size], commit=False)
                pipe.restart()
            pipe.take(observations[:size])
            del observations[:size]
            if chance.random() < 0.3:
                pipe.restart()
        found.append((pipe.stored(PROPERTY), pipe.rows))

    assert all(one == found[0] for one in found)
    assert min(value for _, value, _ in found[0][0]) < 60


def test_gone_devices_and_properties_are_left_out() -> None:
    """Rows of what the register or the dictionary lacks now do no harm."""
    pipe = Pipe(None)
    pipe.take([pipe.observe(NAME, START_MS, 20.0, 4)])
    row = next(iter(pipe.rows.values()))
    pipe.rows = {"nobody": row, "ws-1": row.replace(b"weather.temperature", b"weather.temperatura")}

    pipe.restart()
    checked = pipe.take([pipe.observe(NAME, START_MS + MINUTE_MS, 20.0, 4)])

    assert set(checked.standings) == {"ws-1"}
