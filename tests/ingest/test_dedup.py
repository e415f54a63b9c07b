"""Duplicate recognition: order, repeats, impossible times, and what is written down of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest.dedup import accept, pack, packed, sift, unpack
from ingest.model import Device, Observation, Property, Quality, Series, series_id

DEVICE = Device(id="d", domain="waste", kind="waste_bin", cell="450107003013001", lat=0, lon=0, cadence_s=60)
SERIES = [
    Series(
        id=series_id("d", name),
        device=DEVICE,
        property=Property(name=name, unit="%", title_zh=name, title_en=name),
    )
    for name in ("waste.fill_level", "waste.weight")
]


def seen(time_ms: int, *, which: int = 0, quality: Quality = Quality.GOOD, received_ms: int = 10**6) -> Observation:
    """Return an observation of one of two series."""
    return Observation(SERIES[which], 1.0, time_ms, received_ms, int(quality))


def times(observations: list[Observation]) -> list[int]:
    """Return the phenomenon times."""
    return [one.phenomenon_time_ms for one in observations]


def test_sift_in_order() -> None:
    """What is later than the newest of its series is new; each series has its own newest."""
    newest: dict[int, int] = {}

    sifted = sift(newest, [seen(1), seen(2), seen(1, which=1)])

    assert times(sifted.fresh) == [1, 2, 1]
    assert newest == {SERIES[0].id: 2, SERIES[1].id: 1}
    assert list(sifted.taken) == [SERIES[0].id, 1, SERIES[0].id, 2, SERIES[1].id, 1]


def test_sift_repeat_of_newest() -> None:
    """The same time again is a duplicate without asking anybody."""
    newest = {SERIES[0].id: 5}

    sifted = sift(newest, [seen(5)])

    assert (sifted.fresh, sifted.doubtful) == ([], [])


def test_accept_older() -> None:
    """An older one is new unless the store has it, or this epoch brought it."""
    newest = {SERIES[0].id: 5}
    sifted = sift(newest, [seen(7), seen(3), seen(4), seen(7), seen(3)])

    accepted = accept(sifted, {(SERIES[0].id, 4)})

    assert times(sifted.fresh) == [7]
    assert times(accepted) == [3]


def test_sift_impossible_time_does_not_move_on() -> None:
    """A clock that is years ahead must not make everything after it look late."""
    newest: dict[int, int] = {}
    ahead = seen(10**9, quality=Quality.FAIL)

    sifted = sift(newest, [ahead, seen(1), ahead])

    assert times(sifted.fresh) == [1]
    assert times(accept(sifted, set())) == [10**9]
    assert newest == {SERIES[0].id: 1}


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 30)), max_size=60), st.integers(1, 7))
def test_each_identity_is_taken_once(arrivals: list[tuple[int, int]], epoch: int) -> None:
    """Whatever the order and the cuts between epochs: every identity once, and none is lost."""
    newest: dict[int, int] = {}
    stored: set[tuple[int, int]] = set()
    taken = 0
    for start in range(0, len(arrivals), epoch):
        sifted = sift(newest, [seen(time_ms, which=which) for which, time_ms in arrivals[start : start + epoch]])
        new = sifted.fresh + accept(sifted, stored)
        taken += len(new)
        stored |= {(one.series.id, one.phenomenon_time_ms) for one in new}

    assert taken == len(stored) == len(set(arrivals))


@given(st.dictionaries(st.integers(0, 2**63 - 1), st.integers(0, 2**62)))
def test_snapshot_and_journal_come_back(newest: dict[int, int]) -> None:
    """What was packed is read back, and a journal row moves it on."""
    sifted = sift({}, [seen(3), seen(9)])

    assert unpack([pack(newest)]) == newest
    assert unpack([pack({SERIES[0].id: 1}), packed(sifted.taken)]) == {SERIES[0].id: 9}
