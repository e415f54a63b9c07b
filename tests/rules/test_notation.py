"""The short form of a series."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import notation


@pytest.mark.parametrize(
    "text, values",
    [
        ("10 16x5 8x2", (10, 16, 16, 16, 16, 16, 8, 8)),
        ("_ 1 _x2", (None, 1, None, None)),
        ("20+2x4", (20, 22, 24, 26)),
        ("1-0.5x3", (1, 0.5, 0)),
        ("-3 -3-1x2", (-3, -3, -4)),
        ("0x2", (0, 0)),
    ],
)
def test_parse_reads(text: str, values: tuple[float | None, ...]) -> None:
    """Values, repeats, steps and gaps; zero is a value."""
    assert values == notation.parse(text)


@pytest.mark.parametrize("text", ["a", "1x", "x5", "1+2", "_+1x3", "1e3", "nan", "1x5x5", "1,2", "__"])
def test_parse_names_what_it_cannot_read(text: str) -> None:
    """The item stands in the error."""
    with pytest.raises(ValueError, match="is not a value") as caught:
        notation.parse(f"1 {text} 2")
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize("text", ["1x0", "_x0", "1x99999", "1x9999 _x9999"])
def test_parse_refuses_no_or_too_many_values(text: str) -> None:
    """A slip must not fill the memory."""
    with pytest.raises(ValueError, match="a series has between 1 and 10000 values"):
        notation.parse(text)


def test_parse_refuses_an_empty_series() -> None:
    """Nothing is not a series."""
    with pytest.raises(ValueError, match="has no values"):
        notation.parse(" ")


@given(st.text(alphabet="0123456789x+-._ ", max_size=12))
def test_parse_reads_or_refuses(text: str) -> None:
    """Any text is read or refused with ValueError."""
    try:
        values = notation.parse(text)
    except ValueError:
        return
    assert values
