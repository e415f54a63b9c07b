"""Durations in rule files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import durations


@pytest.mark.parametrize(
    "text, seconds",
    [("30s", 30), ("5m", 300), ("2h", 7200), ("1d", 86_400), ("1h30m", 5400), (0, 0), ("0", 0), ("0s", 0)],
)
def test_parse_reads(text: object, seconds: int) -> None:
    """Numbers with their unit; zero needs none."""
    assert seconds == durations.parse(text)


@pytest.mark.parametrize(
    "text", [5, "5", "", "m", "5 m", "-5m", "1.5h", "5min", "30m1h", None, True, False, ["5m"], "٣m"]
)
def test_parse_refuses(text: object) -> None:
    """What has no unit, or anything else, is refused with what is expected."""
    with pytest.raises(ValueError, match="is not a duration: write a number with its unit"):
        durations.parse(text)


def test_parse_refuses_more_than_a_year() -> None:
    """Longer ones are slips of the pen."""
    with pytest.raises(ValueError, match="is longer than a year"):
        durations.parse("4000d")


@given(st.integers(0, 366 * 86_400))
def test_write_is_read_back(seconds: int) -> None:
    """What is written reads as the same."""
    assert seconds == durations.parse(durations.write(seconds))
