"""The heap of who may be silent from when."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rules.due import Due

ENTRIES = st.lists(
    st.tuples(st.integers(0, 2**41), st.sampled_from(("a.silent", "b.silent")), st.sampled_from(("d1", "d10", "d2")))
)


@given(entries=ENTRIES)
def test_entries_come_in_order(entries: list[tuple[int, str, str]]) -> None:
    """They come out by time, then rule, then device."""
    due = Due(("b.silent", "a.silent"), ("d2", "d1", "d10"))
    due.push(entries)
    times, taken = [], []
    while (first_ms := due.first_ms()) is not None:
        times.append(first_ms)
        taken.append(due.pop(first_ms + 1))

    assert sorted(entries) == [(at_ms, *pair) for at_ms, pair in zip(times, taken, strict=True) if pair is not None]


def test_pop_waits_for_the_time() -> None:
    """Nobody is taken who is due then or later."""
    due = Due(("silent",), ("d1",))
    due.push([(1000, "silent", "d1")])

    assert due.pop(1000) is None
    assert due.pop(1001) == ("silent", "d1")
    assert due.pop(1001) is None
