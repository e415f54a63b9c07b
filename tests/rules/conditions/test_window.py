"""Windows: what is made of values, which belong to them, which options make no sense."""

from __future__ import annotations

import statistics
from typing import Any

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.conditions.window import Options, reduce

NUMBERS = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30)


@given(values=NUMBERS)
def test_reduce_is_what_the_library_says(values: list[float]) -> None:
    """Averages, sums and deviations are those of `statistics`."""
    assert reduce("avg", values) == pytest.approx(statistics.fmean(values), abs=1e-6)
    assert reduce("stddev", values) == pytest.approx(statistics.pstdev(values), rel=1e-6, abs=1e-6)
    assert reduce("quantile", values, 0.5) == pytest.approx(statistics.median(values), rel=1e-9, abs=1e-9)
    assert (reduce("min", values), reduce("max", values)) == (min(values), max(values))
    assert reduce("count", values) == len(values)


@pytest.mark.parametrize("share, number", [(0, 1), (0.25, 1.75), (0.9, 3.7), (1, 4)])
def test_reduce_quantile_is_linear_in_between(share: float, number: float) -> None:
    """A quantile between two values lies between them."""
    assert reduce("quantile", [4, 1, 3, 2], share) == pytest.approx(number)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"function": "avg", "above": 5}, "over: how far back it looks is needed"),
        ({"function": "avg", "over": "5m"}, "exactly one of above, at_least, below, at_most is needed"),
        ({"function": "quantile", "over": "5m", "above": 5}, "quantile: the share"),
        ({"function": "avg", "quantile": 0.5, "over": "5m", "above": 5}, "quantile: the share"),
        ({"function": "avg", "over": "5m", "above": 5, "levels": {"info": {"above": 5}}}, "a limit beside levels"),
        ({"function": "avg", "over": "5m", "levels": {"info": {"above": 5}}}, "at least two are needed"),
        (
            {"function": "avg", "over": "5m", "levels": {"blue": {"above": 5}, "red": {"above": 6}}},
            "levels: 'blue' is not one of critical, major, minor, warning, info",
        ),
        (
            {
                "function": "avg",
                "windows": "tumbling",
                "levels": {"info": {"above": 5, "over": "5m"}, "major": {"above": 6, "over": "6m"}},
            },
            "tumbling windows of all levels must be equally long",
        ),
        ({"function": "avg", "over": 0, "above": 5}, "greater than 0"),
        ({"function": "mode", "over": "5m", "above": 5}, "Input should be 'avg'"),
    ],
)
def test_options_that_make_no_sense(options: dict[str, Any], message: str) -> None:
    """Each mistake has its sentence."""
    with pytest.raises(pydantic.ValidationError, match=message):
        Options.model_validate({"property": "weather.humidity"} | options)
