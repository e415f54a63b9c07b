"""The contract of every condition, the template among them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.plugins import find
from rules.conditions import _template
from rules.conditions._base import ConditionKind, ValueCondition, Verdict

KINDS: Mapping[str, ConditionKind[Any]] = find("rules.conditions", "CONDITION") | {"template": _template.CONDITION}
SAMPLES: dict[str, list[dict[str, Any]]] = {
    "threshold": [
        {"property": "weather.humidity", "above": 60},
        {"property": "weather.humidity", "at_least": 60, "clear_below": 50},
        {"property": "weather.humidity", "below": 20, "clear_above": 20},
        {"property": "weather.humidity", "at_most": -0.5},
    ],
    "no_data": [{}, {"for_intervals": 1.5}],
    "template": [{"property": "weather.humidity", "outside": [20, 80]}],
}
EACH = [(name, options) for name in KINDS for options in SAMPLES[name]]


def make(world: Any, name: str, options: dict[str, Any]) -> Any:
    """Return the condition of these options."""
    kind = KINDS[name]
    return kind.build(kind.options.model_validate(options), world.dictionary)


@pytest.mark.parametrize("name, options", EACH)
@given(value=st.floats(-200, 200) | st.sampled_from((-0.5, 20.0, 50.0, 60.0, 80.0)))
def test_condition_holds_only_outside_its_quiet_interval(
    world: Any, name: str, options: dict[str, Any], value: float
) -> None:
    """What the engine passes over without asking would not have held, and nothing else would be passed over."""
    condition = make(world, name, options)
    if condition.reads == "clock":
        return
    low, high = condition.quiet()

    assert (condition.judge(value) is Verdict.HOLDS) is not (low <= value <= high)
    assert condition.observed_property in condition.describe(value)


@pytest.mark.parametrize("name, options", EACH)
def test_condition_is_immutable_and_reads_what_it_says(world: Any, name: str, options: dict[str, Any]) -> None:
    """Rules share conditions; the schema checks the properties that the kind names."""
    condition = make(world, name, options)
    named = [observed_property for _, observed_property in KINDS[name].reads(options)]

    assert hash(condition) == hash(make(world, name, options))
    if condition.reads == "values":
        value_condition: ValueCondition = condition
        assert named == list(value_condition.properties)
        assert all(math.isfinite(limit.value) for limit in value_condition.limits())
        assert {"fires"} <= {limit.role for limit in value_condition.limits()}


@pytest.mark.parametrize("name", KINDS)
def test_condition_describes_its_options(name: str) -> None:
    """Every option has a description, and unknown ones are refused."""
    options = KINDS[name].options

    assert all(field.description for field in options.model_fields.values())
    with pytest.raises(pydantic.ValidationError, match="extra_forbidden"):
        options.model_validate({"surprise": 1})


@pytest.mark.parametrize("reads", [{}, {"property": 5}, {"property": None}])
@pytest.mark.parametrize("name", ["threshold", "template"])
def test_reads_takes_options_as_they_stand(name: str, reads: dict[str, Any]) -> None:
    """The properties are looked for in options that may be wrong."""
    assert KINDS[name].reads(reads) == ()
