"""Rules over the past: what they tell, what silence means there, and how labelled incidents are scored."""

from __future__ import annotations

from typing import Any

from ingest.model import Observation
from rules.backtest import Score, Window, replay, score, total
from rules.engine import compile_rules

HOUR_S = 3600


def minutes(world: Any, device: Any, values: list[float], start_s: int = 0) -> list[Observation]:
    """Return one observation a minute."""
    series = world.series(device)
    return [world.observation(series, start_s + 60 * index, value) for index, value in enumerate(values)]


def test_tells_what_the_engine_would_have_told(world: Any) -> None:
    """Firing and resolution have the times of the observations."""
    device = world.device()
    program = compile_rules((world.rule(for_s=120),), (device,))

    told = replay(program, [minutes(world, device, [10, 16, 16, 16, 16, 8])], world.at(HOUR_S))

    assert world.told(tuple(told)) == [("pending", 60), ("firing", 180), ("resolved", 300)]


def test_parts_do_not_matter(world: Any) -> None:
    """However the past is parted, the same comes of it."""
    device = world.device()
    rules = (world.rule(for_s=120), world.silence())
    seen = minutes(world, device, [10, 16, 16, 16, 8]) + minutes(world, device, [20] * 9, 1200)
    whole = list(replay(compile_rules(rules, (device,)), [seen], world.at(HOUR_S)))

    for size in (1, 2, 5):
        parts = [seen[start : start + size] for start in range(0, len(seen), size)]
        assert list(replay(compile_rules(rules, (device,)), [[], *parts], world.at(HOUR_S))) == whole


def test_silence_in_between_and_at_the_end(world: Any) -> None:
    """A device that was silent while another spoke was silent; so was one that never came back."""
    one, other = world.device("one"), world.device("other")
    seen = minutes(world, one, [1.0]) + minutes(world, other, [1.0] * 10)
    seen.sort(key=lambda observation: observation.phenomenon_time_ms)

    told = list(replay(compile_rules((world.silence(),), (one, other)), [seen], world.at(800)))

    assert [(item.subject.id, (item.since_ms - world.at(0)) / 1000) for item in told] == [("one", 180), ("other", 720)]


def test_when_nobody_was_heard_we_were_away(world: Any) -> None:
    """A gap of all devices is no silence, neither in between nor at the end."""
    device = world.device()
    seen = minutes(world, device, [1.0]) + minutes(world, device, [1.0] * 3, 5000)
    program = compile_rules((world.silence(),), (device,))

    assert list(replay(program, [seen], world.at(99_999), away_after_ms=600_000)) == []


def test_progress_is_told(world: Any) -> None:
    """Somebody who waits sees how far it is."""
    device = world.device()
    told: list[int] = []

    list(replay(compile_rules((), (device,)), [minutes(world, device, [1.0] * 3)], 0, tell=told.append))

    assert told == [world.at(0), world.at(60), world.at(120)]


def test_score() -> None:
    """A window is found by its first firing; what lies in none is false; a second one in a window is neither."""
    windows = [Window(1000, 5000), Window(10_000, 12_000), Window(20_000, 30_000)]

    found = score([5000, 3000, 7000, 20_000], windows)

    assert found == Score(alerts=4, found=2, missed=1, false_alarms=1, delays_s=(2.0, 0.0))
    assert found.median_delay_s == 1.0


def test_score_without_labels() -> None:
    """Without incidents every alert is a false alarm, and there is no delay."""
    assert score([1], []) == Score(1, 0, 0, 1, ())
    assert score([1], []).median_delay_s is None


def test_total() -> None:
    """Scores add up; the median is of all delays."""
    assert total([Score(2, 1, 0, 1, (4.0,)), Score(1, 1, 2, 0, (8.0,))]) == Score(3, 2, 2, 1, (4.0, 8.0))
    assert total([]) == Score(0, 0, 0, 0, ())
