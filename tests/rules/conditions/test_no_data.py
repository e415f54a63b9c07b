"""Silence as a condition: what it allows, says, and which options it takes (test_engine_silence.py has the rest)."""

from __future__ import annotations

from typing import Any

import pydantic
import pytest

from rules.conditions.no_data import CONDITION, Options


@pytest.mark.parametrize("options, cadence_s, allowed_ms", [({}, 60, 180_000), ({"for_intervals": 1.5}, 300, 450_000)])
def test_silent_after_intervals_of_the_device(options: dict[str, Any], cadence_s: int, allowed_ms: int) -> None:
    """Each device may be silent for so many of its own intervals; three are the default."""
    condition = CONDITION.build(Options.model_validate(options), {})

    assert condition.reads == "clock"
    assert condition.silent_after_ms(cadence_s) == allowed_ms


def test_describe_names_the_interval() -> None:
    """An operator reads how long the silence may be."""
    condition = CONDITION.build(Options(for_intervals=2.5), {})

    assert condition.reads == "clock"
    assert condition.describe(60) == "no data for 2.5 intervals of 60 s"


@pytest.mark.parametrize("options", [{"for_intervals": 0.5}, {"for_intervals": "3"}, {"for_intervals": float("inf")}])
def test_options_that_make_no_sense(options: dict[str, Any]) -> None:
    """Less than one interval would judge a device silent that speaks as it should; a text is no number."""
    with pytest.raises(pydantic.ValidationError):
        Options.model_validate(options)


def test_reads_no_property() -> None:
    """Any observation of the device ends silence, so no property is named."""
    assert list(CONDITION.reads({})) == []
