"""The contract of every condition, the template among them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.plugins import find
from rules.conditions import _template, _template_samples
from rules.conditions._base import ConditionKind, Verdict
from rules.samples import Keeping, Samples
from rules.view import Locale, Member, View
from rules.wording import Wording, inside

KINDS: Mapping[str, ConditionKind[Any]] = find("rules.conditions", "CONDITION") | {
    one.CONDITION.name: one.CONDITION for one in (_template, _template_samples)
}
HUMIDITY = "weather.humidity"
DAMP = {"threshold": {"property": HUMIDITY, "above": 60, "clear_below": 50}}
WARM = {"threshold": {"property": "weather.temperature", "above": 30}}
RISING = {"rate_of_change": {"property": "weather.temperature", "over": "10m", "above": 1}}
SAMPLES: dict[str, list[dict[str, Any]]] = {
    "threshold": [
        {"property": HUMIDITY, "above": 60},
        {"property": HUMIDITY, "at_least": 60, "clear_below": 50},
        {"property": HUMIDITY, "below": 20, "clear_above": 20},
        {"property": HUMIDITY, "at_most": -0.5},
        {"property": HUMIDITY, "levels": {"minor": {"above": 60}, "major": {"above": 80, "clear_below": 70}}},
    ],
    "no_data": [{}, {"for_intervals": 1.5}],
    "template_samples": [{"property": HUMIDITY, "over": "10m", "apart": 20}],
    "template": [{"property": HUMIDITY, "outside": [20, 80]}],
    "window": [
        {"property": HUMIDITY, "function": "avg", "over": "10m", "above": 60, "clear_below": 50},
        {"property": HUMIDITY, "function": "min", "over": "10m", "at_least": 60},
        {"property": HUMIDITY, "function": "quantile", "quantile": 0.9, "over": "5m", "below": 20, "min_samples": 3},
        {"property": HUMIDITY, "function": "sum", "over": "10m", "at_least": 0.1},
        {"property": HUMIDITY, "function": "count", "over": "10m", "below": 3, "windows": "tumbling"},
        {"property": HUMIDITY, "function": "stddev", "over": "10m", "above": 5},
        {
            "property": HUMIDITY,
            "function": "max",
            "levels": {"info": {"over": "5m", "above": 60}, "major": {"over": "3m", "above": 80}},
        },
    ],
    "rate_of_change": [
        {"property": HUMIDITY, "over": "5m", "above": 10},
        {"property": HUMIDITY, "over": "5m", "per": "1h", "levels": {"minor": {"below": -10}, "major": {"below": -50}}},
    ],
    "repeated": [{"times": 2, "of": 3, "condition": DAMP}],
    "state_equals": [{"property": HUMIDITY, "equals": 1}, {"property": HUMIDITY, "equals": [0, 20.0, 60.0]}],
    "state_changed": [
        {"property": HUMIDITY, "within": "5m"},
        {"property": HUMIDITY, "from": 0, "to": 20, "within": "5m"},
    ],
    "flat_line": [
        {"property": HUMIDITY, "over": "5m", "tolerance": 0.5},
        {"property": HUMIDITY, "over": "2m", "except_at": 0},
    ],
    "all_of": [{"conditions": [DAMP, WARM]}, {"conditions": [RISING, DAMP], "values_last": "5m"}],
    "any_of": [{"conditions": [DAMP, WARM]}, {"conditions": [RISING, DAMP]}],
    "none_of": [{"conditions": [DAMP, WARM]}],
    "sun": [{"above": 6}, {"below": -6}],
    "schedule": [{"from": "22:00", "to": "06:00", "days": "workdays"}, {"days": ["mon", "sun"]}],
    "ratio": [{"of": DAMP, "below": 50}, {"of": DAMP, "at_least": 1, "min_devices": 1}],
    "neighbours_agree": [{"condition": DAMP, "within_m": 500}, {"condition": DAMP, "area": "adjacent_cells"}],
    "differs_from_neighbours": [
        {"property": HUMIDITY, "within_m": 500, "by": 5},
        {"property": HUMIDITY, "area": "adjacent_cells", "by": 5},
    ],
    "then": [{"first": WARM, "second": DAMP, "within": "10m"}, {"first": DAMP, "second": RISING, "within": "10m"}],
    "baseline": [
        {"property": HUMIDITY, "side": "below", "by": 4, "min_difference": 20},
        {"property": HUMIDITY, "of_last": "10m", "weeks": 2, "min_days": 2},
    ],
    "forecast": [{"property": HUMIDITY, "over": "10m", "within": "1h", "at_least": 60}],
}
EACH = [(name, options) for name in KINDS for options in SAMPLES[name]]
VALUES = st.floats(-200, 200) | st.sampled_from((-0.5, 0.0, 20.0, 50.0, 60.0, 80.0))


def make(world: Any, name: str, options: dict[str, Any]) -> Any:
    """Return the condition of these options."""
    kind = KINDS[name]
    model = kind.options.model_validate(options)
    if kind.join is None:
        return kind.build(model, world.dictionary)
    parts = {}
    for option in kind.parts:
        given = options.get(option, [])
        each = given if isinstance(given, list) else [given]
        parts[option] = tuple(make(world, *next(iter(part.items()))) for part in each)
    return kind.join(model, parts)


def view(world: Any, condition: Any, streams: Mapping[str, list[tuple[int, float]]]) -> View:
    """Return what a gauge said: (seconds after the one before, value) of each property; it is seen at the last time."""
    series, end_s = {}, 0
    for name in condition.properties:
        kept, at_s = Samples(Keeping(10**12, 1000)), 0
        for gap_s, value in streams.get(name, []):
            at_s += gap_s
            kept.add(world.at(at_s), value)
        series[name], end_s = kept, max(end_s, at_s)
    member = Member(world.device(), series)
    return View(world.at(end_s), member, {"g1": member}, Locale(), "g1")


@pytest.mark.parametrize("name, options", [(name, options) for name, options in EACH if name != "no_data"])
@settings(max_examples=40)
@given(value=VALUES)
def test_condition_of_values_holds_only_outside_its_quiet_interval(
    world: Any, name: str, options: dict[str, Any], value: float
) -> None:
    """What the engine passes over without asking would not have held."""
    condition = make(world, name, options)
    if condition.reads != "values":
        return
    low, high = condition.quiet()

    assert Verdict.HOLDS not in condition.each(value) or not low <= value <= high
    assert condition.judge(value) is condition.each(value)[0]
    assert condition.observed_property in condition.describe(value)


@pytest.mark.parametrize("name, options", [(name, options) for name, options in EACH if name != "no_data"])
@settings(max_examples=40)
@given(
    streams=st.dictionaries(
        st.sampled_from([HUMIDITY, "weather.temperature"]),
        st.lists(st.tuples(st.integers(1, 120), VALUES), min_size=1, max_size=12),
    )
)
def test_condition_of_samples_holds_only_if_something_was_not_quiet(
    world: Any, name: str, options: dict[str, Any], streams: dict[str, list[tuple[int, float]]]
) -> None:
    """It judges each level and says so in words; while all is quiet it does not hold; what it rests on it has seen."""
    condition = make(world, name, options)
    if condition.reads != "samples":
        return
    seen = view(world, condition, streams)
    verdicts = condition.judge(seen)
    quiet = {name: condition.quiet(name) for name in condition.properties}

    assert len(verdicts) == max(1, len(condition.severities))
    assert condition.describe(seen)
    assert all(one.phenomenon_time_ms <= seen.at_ms for one in condition.evidence(seen))
    if quiet and all(quiet[one][0] <= value <= quiet[one][1] for one in quiet for _, value in streams.get(one, [])):
        assert Verdict.HOLDS not in verdicts


@pytest.mark.parametrize("name, options", [(name, options) for name, options in EACH if name != "no_data"])
def test_condition_that_sees_nothing_says_nothing(world: Any, name: str, options: dict[str, Any]) -> None:
    """Missing is not zero: without a sample it neither holds nor is clear."""
    condition = make(world, name, options)
    if condition.reads == "samples" and condition.properties:
        assert set(condition.judge(view(world, condition, {}))) == {Verdict.UNKNOWN}
        assert condition.evidence(view(world, condition, {})) == ()


@pytest.mark.parametrize("name, options", EACH)
def test_condition_is_immutable_and_reads_what_it_says(world: Any, name: str, options: dict[str, Any]) -> None:
    """Rules share conditions; the schema checks the properties that the kind names."""
    condition = make(world, name, options)
    named = [observed_property for _, observed_property in KINDS[name].reads(options)]

    assert hash(condition) == hash(make(world, name, options))
    if condition.reads != "clock" and not KINDS[name].parts:
        assert named == list(condition.properties)
    if condition.reads == "samples":
        assert condition.span_ms > 0
        assert condition.every_ms >= 0
    if condition.reads == "values":
        assert all(math.isfinite(limit.value) for limit in condition.limits())
        assert {"fires"} <= {limit.role for limit in condition.limits()}


@pytest.mark.parametrize("name, options", EACH)
def test_condition_explains_itself_in_both_languages(world: Any, name: str, options: dict[str, Any]) -> None:
    """In plain words: titles of the dictionary, no ids; Chinese has no English words but units and abbreviations."""
    condition = make(world, name, options)
    said = condition.explain(Wording(world.dictionary.get))

    for known in {} if condition.reads == "clock" else condition.properties:
        assert world.dictionary[known].title_zh in said.zh
        assert inside(world.dictionary[known].title_en) in said.en
        assert known not in said.zh + said.en
    assert re.search("[\u4e00-\u9fff]", said.zh)
    assert not re.search("[a-z]{5}", said.zh)
    assert not re.search("[\u4e00-\u9fff]|None|[{}]", said.en)


@pytest.mark.parametrize("name", KINDS)
def test_condition_describes_its_options(name: str) -> None:
    """Every option has a description, and unknown ones are refused."""
    options = KINDS[name].options

    assert all(field.description for field in options.model_fields.values())
    with pytest.raises(pydantic.ValidationError, match="extra_forbidden"):
        options.model_validate({"surprise": 1})


@pytest.mark.parametrize("reads", [{}, {"property": 5}, {"property": None}])
@pytest.mark.parametrize("name", KINDS)
def test_reads_takes_options_as_they_stand(name: str, reads: dict[str, Any]) -> None:
    """The properties are looked for in options that may be wrong."""
    assert KINDS[name].reads(reads) == ()
