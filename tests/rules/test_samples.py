"""The recent observations of a series: packed or not, they say the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rules.samples import Keeping, Samples

STREAM = st.lists(st.tuples(st.integers(0, 3_000), st.sampled_from((1.5, 2.5, 41.3))), max_size=80)


@given(stream=STREAM, looks=st.sets(st.integers(0, 80)))
def test_looking_changes_nothing(stream: list[tuple[int, float]], looks: set[int]) -> None:
    """Whenever it is looked at, all within the bound of the newest is there, in order, the first of a time alone."""
    samples = Samples(Keeping(1_000))
    for place, (at_ms, value) in enumerate(stream):
        if place in looks:
            samples.order()
        samples.add(at_ms, value)
    first: dict[int, float] = {}
    for at_ms, value in stream:
        first.setdefault(at_ms, value)
    newest_ms = max(first, default=0)
    assert samples.last_ms() == newest_ms

    if stream:
        samples.trim()
    history = samples.history(1_000)

    assert history == [(at_ms, first[at_ms]) for at_ms in sorted(first) if at_ms >= newest_ms - 1_000]
    assert all(isinstance(at_ms, int) for at_ms, _ in history)


@given(values=st.lists(st.floats(allow_nan=False), min_size=1, max_size=200))
def test_times_and_values_are_exact(values: list[float]) -> None:
    """Milliseconds and values come out of the array as they went in."""
    begin_ms = 1_790_000_000_123
    samples = Samples(Keeping(10**9))
    for place, value in enumerate(values):
        samples.add(begin_ms + place, value)
    samples.order()

    assert samples.times.tolist() == list(range(begin_ms, begin_ms + len(values)))
    assert samples.values.tolist() == values


def test_few_take_half_the_room() -> None:
    """As long as nobody looks, there is one array."""
    samples = Samples(Keeping(120_000))
    for minute in range(100):
        samples.add(minute * 60_000, 1.0)
        assert samples.times is samples.values
        assert len(samples.times) <= 16
