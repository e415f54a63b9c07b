"""Conditions that judge samples: any order within the bound, any split and any restart give what order gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.model import Flapping, Rule, Severity
from rules.view import Locale
from tests.rules.samples import CUTS, DELAYS, Sample, Stage, batches, disturb, identities, last_words, samples_of

LEVEL = "weather.water_level"
HIGH = {"threshold": {"property": LEVEL, "above": 15, "clear_below": 10}}
WARM = {"threshold": {"property": "weather.temperature", "at_least": 12}}
AVERAGE = {"property": LEVEL, "function": "avg", "over": "3m", "above": 10}


def window(world: Any, **options: Any) -> Any:
    """Return a window of the water level."""
    return world.condition("window", property=LEVEL, **options)


def rain(world: Any) -> Any:
    """Return the window of several levels."""
    levels = {"warning": {"over": "6m", "at_least": 20}, "major": {"over": "2m", "at_least": 30}}
    return window(world, function="sum", levels=levels)


CONDITIONS: dict[str, Callable[[Any], Any]] = {
    "avg": lambda world: window(world, function="avg", over="3m", above=12, clear_below=10),
    "avg, few": lambda world: window(world, function="avg", over="2m", below=12, min_samples=3),
    "max": lambda world: window(world, function="max", over="5m", at_least=20),
    "min": lambda world: window(world, function="min", over="90s", at_least=12),
    "sum": lambda world: window(world, function="sum", over="4m", above=40),
    "count": lambda world: window(world, function="count", over="3m", at_least=5),
    "stddev": lambda world: window(world, function="stddev", over="3m", above=5),
    "median": lambda world: window(world, function="quantile", quantile=0.5, over="3m", above=12),
    "tumbling": lambda world: window(world, function="avg", over="3m", windows="tumbling", above=12),
    "levels": rain,
    "rate": lambda world: world.condition("rate_of_change", property=LEVEL, over="2m", above=5),
    "repeated": lambda world: world.condition("repeated", times=2, of=3, condition=HIGH),
    "changed": lambda world: world.condition("state_changed", property=LEVEL, to=20, within="2m"),
    "flat": lambda world: world.condition("flat_line", property=LEVEL, over="4m", min_samples=2),
    "all": lambda world: world.condition("all_of", conditions=[HIGH, {"window": AVERAGE}], values_last="2m"),
    "any": lambda world: world.condition("any_of", conditions=[HIGH, {"window": AVERAGE}], values_last="1m"),
    "none": lambda world: world.condition("none_of", conditions=[HIGH, {"window": AVERAGE}], values_last="3m"),
    "then": lambda world: world.condition("then", first={"window": AVERAGE}, second=HIGH, within="2m"),
    "forecast": lambda world: world.condition("forecast", property=LEVEL, over="10m", within="5m", above=15),
    "sun": lambda world: world.condition("all_of", conditions=[HIGH, {"sun": {"above": 7}}]),  # from 00:07 UTC
    "no sun": lambda world: world.condition("all_of", conditions=[HIGH, {"sun": {"below": 7}}], values_last="1m"),
    "schedule": lambda world: world.condition(
        "all_of", conditions=[HIGH, {"schedule": {"from": "00:10", "to": "00:25"}}], values_last="2m"
    ),
    "baseline": lambda world: world.condition(
        "baseline", property=LEVEL, by=3.0, min_difference=4.0, of_last="3m", weeks=1, min_days=2
    ),
}
AREAS: dict[str, Callable[[Any], Any]] = {
    "threshold": lambda world: world.threshold(),
    "window": CONDITIONS["avg"],
    "tumbling": CONDITIONS["tumbling"],
    "levels": rain,
    "all": lambda world: world.condition("all_of", conditions=[HIGH, WARM], values_last="2m"),
    "any": lambda world: world.condition("any_of", conditions=[WARM, {"window": AVERAGE}], values_last="1m"),
    "none": lambda world: world.condition("none_of", conditions=[HIGH, WARM], values_last="4m"),
    "ratio": lambda world: world.condition("ratio", of=HIGH, at_least=60, values_last="3m", min_devices=2),
    "lit": lambda world: world.condition(
        "all_of", conditions=[{"ratio": {"of": HIGH, "below": 50}}, {"sun": {"above": -90}}]
    ),
    "then": lambda world: world.condition("then", first=WARM, second=HIGH, within="2m", values_last="2m"),
    "sun": CONDITIONS["sun"],
    "schedule": CONDITIONS["schedule"],
    "forecast": CONDITIONS["forecast"],
    "baseline": CONDITIONS["baseline"],
}
PAST_DAYS = 4
SPANS = st.sampled_from((0, 60, 150))


def stage(world: Any, condition: Any, spans: tuple[int, int], flapping: Flapping | None = None) -> Stage:
    """Return a rule of the condition for one gauge."""
    severity = condition.severities[-1] if condition.severities else Severity.CRITICAL
    rule: Rule = world.rule(condition, for_s=spans[0], keep_firing_for_s=spans[1], severity=severity, flapping=flapping)
    return Stage(world=world, rule=rule, series=((world.device(), LEVEL),), past=past_of(condition))


def past_of(condition: Any) -> int:
    """Return how many days a condition must have seen before."""
    return PAST_DAYS if condition.reads == "samples" and condition.fine_ms < condition.span_ms else 0


@pytest.mark.parametrize("name", CONDITIONS)
@settings(max_examples=25)
@given(samples=samples_of((0.0, 5.0, 12.0, 20.0)), delays=DELAYS, cuts=CUTS, spans=st.tuples(SPANS, SPANS))
def test_any_order_and_split(
    world: Any, name: str, samples: list[Sample], delays: list[int], cuts: set[int], spans: tuple[int, int]
) -> None:
    """The state is that of order; what order tells is told; the last word is true; no identity comes twice."""
    played = stage(world, CONDITIONS[name](world), spans)
    ordered = played.observe(samples)
    in_order, expected = played.play([ordered])
    state, told = played.play(batches(disturb(ordered, delays), cuts))

    assert played.stands(in_order) == played.stands(state)
    assert set(identities(expected)) <= set(identities(told))
    assert len(told) == len(set(identities(told)))
    assert last_words(expected) == last_words(told)


@pytest.mark.parametrize("name", CONDITIONS)
@settings(max_examples=25)
@given(samples=samples_of((0.0, 5.0, 12.0, 20.0)), cuts=CUTS, spans=st.tuples(SPANS, SPANS))
def test_restarts_change_nothing(
    world: Any, name: str, samples: list[Sample], cuts: set[int], spans: tuple[int, int]
) -> None:
    """With its samples recalled, a loaded state goes on as if nothing was."""
    played = stage(world, CONDITIONS[name](world), spans)
    ordered = played.observe(samples)
    unbroken, expected = played.play(batches(ordered, cuts))
    state, told = played.play_with_restarts(batches(ordered, cuts))

    assert identities(expected) == identities(told)
    assert played.stands(unbroken) == played.stands(state)


@given(samples=samples_of((5.0, 20.0)), delays=DELAYS, cuts=CUTS, spans=st.tuples(SPANS, SPANS))
def test_any_order_with_flapping(
    world: Any, samples: list[Sample], delays: list[int], cuts: set[int], spans: tuple[int, int]
) -> None:
    """Flapping, too, follows from the observations, not from their arrival."""
    played = stage(world, world.threshold(), spans, Flapping(firings=3, within_s=400))
    ordered = played.observe(samples)
    in_order, expected = played.play([ordered])
    state, told = played.play(batches(disturb(ordered, delays), cuts))

    assert played.stands(in_order) == played.stands(state)
    assert set(identities(expected)) <= set(identities(told))
    assert last_words(expected) == last_words(told)


def area(world: Any, condition: Any, subject: str, spans: tuple[int, int]) -> Stage:
    """Return a rule of an area with two gauges in it and one in another cell of the sub-district."""
    severity = condition.severities[-1] if condition.severities else Severity.CRITICAL
    rule = world.rule(condition, subject=subject, for_s=spans[0], keep_firing_for_s=spans[1], severity=severity)
    one, two = world.device("g1"), world.device("g2", cell="450107003013002")
    series = (one, LEVEL), (one, "weather.temperature"), (world.device("g3"), LEVEL), (two, LEVEL)
    return Stage(world=world, rule=rule, series=series, past=past_of(condition))


@pytest.mark.parametrize("name", AREAS)
@settings(max_examples=25)
@given(
    samples=samples_of((0.0, 5.0, 12.0, 20.0), series=4),
    delays=DELAYS,
    cuts=CUTS,
    spans=st.tuples(SPANS, SPANS),
    subject=st.sampled_from(("cell", "subdistrict")),
)
def test_any_order_and_split_for_areas(
    world: Any,
    name: str,
    samples: list[Sample],
    delays: list[int],
    cuts: set[int],
    spans: tuple[int, int],
    subject: str,
) -> None:
    """A cell or a sub-district has the state that order gives, whichever of its devices are late."""
    played = area(world, AREAS[name](world), subject, spans)
    ordered = played.observe(samples)
    in_order, expected = played.play([ordered])
    state, told = played.play(batches(disturb(ordered, delays), cuts))
    after, again = played.play_with_restarts(batches(ordered, cuts))

    assert played.stands(in_order) == played.stands(state) == played.stands(after)
    assert set(identities(expected)) <= set(identities(told))
    assert last_words(expected) == last_words(told) == last_words(again)


@pytest.mark.parametrize(
    "condition",
    [
        ("neighbours_agree", {"condition": HIGH, "within_m": 500, "values_last": "2m"}),
        ("neighbours_agree", {"condition": {"window": AVERAGE}, "within_m": 500, "at_least": 2}),
        ("neighbours_agree", {"condition": HIGH, "area": "adjacent_cells", "at_least": 2, "values_last": "3m"}),
        ("differs_from_neighbours", {"property": LEVEL, "within_m": 500, "by": 6, "min_neighbours": 2}),
        ("differs_from_neighbours", {"property": LEVEL, "area": "adjacent_cells", "by": 6, "min_neighbours": 2}),
    ],
)
@settings(max_examples=25)
@given(samples=samples_of((0.0, 5.0, 12.0, 20.0), series=4), delays=DELAYS, cuts=CUTS, spans=st.tuples(SPANS, SPANS))
def test_any_order_and_split_with_neighbours(
    world: Any,
    condition: tuple[str, dict[str, Any]],
    samples: list[Sample],
    delays: list[int],
    cuts: set[int],
    spans: tuple[int, int],
) -> None:
    """Each device has the state that order gives, although others have a say in it; a far one has none."""
    name, options = condition
    rule = world.rule(world.condition(name, **options), for_s=spans[0], keep_firing_for_s=spans[1])
    far = world.device("far", lat=22.9, cell="450107003013009")
    devices = world.device("g1"), world.device("g2"), world.device("g3", cell="450107003013002"), far
    locale = Locale(touching=lambda cell: {"450107003013001", "450107003013002"} - {cell, far.cell})
    played = Stage(world=world, rule=rule, series=tuple((device, LEVEL) for device in devices), locale=locale)
    ordered = played.observe(samples)
    in_order, expected = played.play([ordered])
    state, told = played.play(batches(disturb(ordered, delays), cuts))
    after, again = played.play_with_restarts(batches(ordered, cuts))

    assert played.stands(in_order) == played.stands(state) == played.stands(after)
    assert set(identities(expected)) <= set(identities(told))
    assert last_words(expected) == last_words(told) == last_words(again)
    assert "far" not in {item.subject.id for item in expected}


def told_of(world: Any, played: Stage, *samples: tuple[float, float]) -> list[tuple[str, float, str]]:
    """Step (seconds, value) one by one; return (state, since, severity)."""
    device, name = played.series[0]
    series = world.series(device, name)
    _, told = played.play([[world.observation(series, at_s, value)] for at_s, value in samples])
    return [(*world.told((item,))[0], str(item.severity)) for item in told]


def test_levels_rise_and_fall(world: Any) -> None:
    """One alert rises and falls through its levels; each change is told with its severity."""
    played = stage(world, rain(world), (0, 0))
    samples: Sequence[tuple[float, float]] = ((0, 5), (60, 15), (120, 20), (200, 0), (430, 0), (600, 0))

    assert told_of(world, played, *samples) == [
        ("firing", 60, "warning"),
        ("firing", 120, "major"),
        ("firing", 200, "warning"),
        ("resolved", 600, "warning"),
    ]


def test_levels_say_what_changed(world: Any) -> None:
    """The reason names both levels, the number and the limit."""
    played = stage(world, rain(world), (0, 0))
    series = world.series(*played.series[0])
    _, told = played.play([[world.observation(series, at_s, value) for at_s, value in ((0, 25), (60, 15), (180, 1))]])

    assert [item.reason for item in told] == [
        "weather.water_level: sum over 6m is 25 cm, at least 20",
        "rises from warning to major: weather.water_level: sum over 2m is 40 cm, at least 30",
        "falls from major to warning: weather.water_level: sum over 6m is 41 cm, at least 20",
    ]
    assert [one.value for one in told[1].evidence] == [25, 15]


def test_flapping_is_told_once(world: Any) -> None:
    """The third firing within the time is flapping; then nothing is told until it has been quiet for as long."""
    played = stage(world, world.threshold(), (0, 0), Flapping(firings=3, within_s=600))
    pairs = [(at_s, 20 if at_s % 120 == 0 else 5) for at_s in range(0, 900, 60)]
    told = told_of(world, played, *pairs, (1200, 5), (1700, 5), (1800, 5), (1860, 20))

    assert [item[:2] for item in told] == [
        ("firing", 0),
        ("resolved", 60),
        ("firing", 120),
        ("resolved", 180),
        ("flapping", 240),
        ("resolved", 1800),
        ("firing", 1860),
    ]


def test_flapping_that_stays_is_firing(world: Any) -> None:
    """What holds for as long without a break does not flap any more."""
    played = stage(world, world.threshold(), (0, 0), Flapping(firings=2, within_s=300))
    told = told_of(world, played, (0, 20), (60, 5), (120, 20), (300, 20), (420, 20), (480, 5))

    assert [item[:2] for item in told][2:] == [("flapping", 120), ("firing", 420), ("resolved", 480)]


def test_quiet_values_of_a_window_are_passed_over(world: Any) -> None:
    """While every value is on the good side of the limit, an average is not asked for."""
    played = stage(world, CONDITIONS["max"](world), (0, 0))
    state, told = played.play([[one] for one in played.observe([(60, 0, 5.0)] * 10)])
    (watch,) = state.watches.values()

    assert told == []
    assert watch.low < watch.high


def test_window_rests_again(world: Any) -> None:
    """When all that was loud has left the window, values are passed over again."""
    played = stage(world, CONDITIONS["max"](world), (0, 0))
    state, _ = played.play([[one] for one in played.observe([(60, 0, 20.0), *[(60, 0, 5.0)] * 12])])
    (watch,) = state.watches.values()

    assert watch.low < watch.high
    assert state.rows == {}
