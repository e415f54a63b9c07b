"""One uplink, however often and however late it is delivered, is stored once; two uplinks are stored twice."""

from __future__ import annotations

import dataclasses
from array import array
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import dedup, repeats
from ingest.model import Device, Observation, Property, Series, series_id

NOW_MS = 1_782_892_800_000  # 2026-07-01T08:00:00Z
ADDRESS = "00BC0000"
NAMES = ("waste.fill_level", "device.rssi")


def device(device_id: str) -> tuple[Series, ...]:
    """Return the two series of a device."""
    known = Device(id=device_id, domain="waste", kind="waste_bin", cell="450107003013001", lat=0, lon=0, cadence_s=60)
    properties = (Property(name=name, unit="1", title_zh=name, title_en=name) for name in NAMES)
    return tuple(Series(id=series_id(device_id, one.name), device=known, property=one) for one in properties)


BIN, OTHER = device("wb-1"), device("wb-2")


@dataclasses.dataclass(frozen=True)
class Uplink:
    """An uplink as it was sent."""

    at_ms: int
    counter: int
    raw: bytes = b"\x01"
    address: str = ADDRESS
    port: int = 2

    def heard(self, after_ms: int = 0, series: Sequence[Series] = BIN, *, bits: int = 32) -> list[Observation]:
        """Return what a server makes of it that received it `after_ms` later, and keeps so many bits of its counter."""
        counter, time_ms = self.counter % 2**bits, self.at_ms + after_ms
        uplink = repeats.identity(self.address, counter, self.port, self.raw)
        return [Observation(one, 1.0, time_ms, time_ms, 1, uplink) for one in series]


class Line:
    """The part of the line that recognises duplicates: its memory, its journal and a store."""

    def __init__(self) -> None:
        self.newest: dict[int, int] = {}
        self.journal: list[bytes] = []
        self.stored: list[tuple[int, int]] = []

    def take(self, observations: Sequence[Observation]) -> list[int]:
        """Take an epoch; return the times of what was new."""
        sifted = dedup.sift(self.newest, observations)
        fresh = sifted.fresh + dedup.accept(sifted, set(self.stored))
        self.stored += [(one.series.id, one.phenomenon_time_ms) for one in fresh]
        self.journal.append(dedup.packed(sifted.taken))
        return [one.phenomenon_time_ms - NOW_MS for one in fresh]

    def restart(self) -> None:
        """Forget what is not in the journal."""
        self.newest = dedup.unpack(self.journal)


def uplink(after_s: float = 0, counter: int = 417) -> Uplink:
    """Return an uplink so many seconds after `NOW_MS`."""
    return Uplink(NOW_MS + round(after_s * 1000), counter)


@pytest.mark.parametrize("after_ms", [0, 1, 2_300, -2_300, repeats.APART_MS, -repeats.APART_MS])
def test_second_server(after_ms: int) -> None:
    """A second server's delivery is a duplicate, whether its clock is ahead or behind."""
    line = Line()

    assert line.take(uplink().heard()) == [0, 0]
    assert line.take(uplink().heard(after_ms)) == []


def test_in_one_epoch() -> None:
    """It is the same within one epoch, in either order, for three servers."""
    assert Line().take(uplink().heard(3_000) + uplink().heard() + uplink().heard(5_000)) == [3_000, 3_000]


def test_16_and_32_bits() -> None:
    """One server counts on to 32 bits, the other says what was sent over the air."""
    line = Line()
    line.take(uplink(counter=70_000).heard())

    assert line.take(uplink(counter=70_000).heard(700, bits=16)) == []


def test_case_of_the_address() -> None:
    """Servers write the DevAddr in small or in large letters."""
    assert repeats.identity("00bc0000", 1, 2, b"x") == repeats.identity("00BC0000", 1, 2, b"x")


def test_what_only_the_second_server_says() -> None:
    """A server without the codec was first: the measurement of the second is kept, with the first one's time."""
    line = Line()

    assert line.take(uplink().heard(series=BIN[1:])) == [0]
    assert line.take(uplink().heard(900)) == [0]
    assert [series for series, _ in line.stored] == [BIN[1].id, BIN[0].id]


def test_restart() -> None:
    """What was committed before a restart is known after it; what was not is not."""
    line = Line()
    line.take(uplink().heard())
    line.restart()
    assert line.take(uplink().heard(900)) == []

    line.journal.clear()
    line.stored.clear()
    line.restart()
    assert line.take(uplink().heard(900)) == [900, 900]


def test_late_delivery() -> None:
    """The second server may be three uplinks behind."""
    line = Line()
    for number in range(4):
        line.take(uplink(20 * number, 417 + number).heard())

    assert [line.take(uplink(20 * number, 417 + number).heard(50_000)) for number in range(4)] == [[]] * 4


def test_first_delivery_is_late() -> None:
    """An uplink that comes for the first time after younger ones does not push them out of the memory."""
    line = Line()
    for after_s, counter in ((600, 419), (0, 417), (300, 418)):
        assert line.take(uplink(after_s, counter).heard()) == [after_s * 1000] * 2

    assert [line.take(uplink(300 * number, 417 + number).heard(900)) for number in range(3)] == [[]] * 3


def test_roll_over() -> None:
    """A counter that rolls over goes on; the same counter a round later is another uplink."""
    line = Line()
    counters = [65_534, 65_535, 65_536, 65_537]
    fresh = [line.take(uplink(number, counter).heard(bits=16)) for number, counter in enumerate(counters)]

    assert fresh == [[0, 0], [1_000, 1_000], [2_000, 2_000], [3_000, 3_000]]
    assert line.take(uplink(65_536 * 5, 65_534 + 65_536).heard(bits=16)) == [65_536 * 5_000] * 2


def test_reset_by_join() -> None:
    """A device that joins anew begins again at 0, with another address: nothing of it is a repeat."""
    line = Line()
    first = Uplink(NOW_MS, 0)
    again = Uplink(NOW_MS + 15_000, 0, address="00BC0001")

    assert line.take(first.heard()) == [0, 0]
    assert line.take(again.heard()) == [15_000, 15_000]
    assert line.take(again.heard(800)) == []


def test_reset_without_join() -> None:
    """A device with a fixed address that restarts begins again at 0, and has something else to say."""
    line = Line()

    assert line.take(Uplink(NOW_MS, 0, raw=b"\x01").heard()) == [0, 0]
    assert line.take(Uplink(NOW_MS + 15_000, 0, raw=b"\x02").heard()) == [15_000, 15_000]


def test_beyond_the_window() -> None:
    """The same counter and bytes after the window are another uplink."""
    line = Line()
    line.take(uplink().heard())

    assert line.take(uplink().heard(repeats.APART_MS + 1)) == [repeats.APART_MS + 1] * 2


def test_other_device() -> None:
    """Devices do not share counters."""
    line = Line()
    line.take(uplink().heard())

    assert line.take(uplink().heard(900, OTHER)) == [900, 900]


def test_without_identity() -> None:
    """Without an identity the time alone counts."""
    line = Line()
    taken = [line.take([Observation(BIN[0], 1.0, NOW_MS + ms, NOW_MS)]) for ms in (0, 900, 900)]

    assert taken == [[0], [900], []]


def test_memory_is_bounded() -> None:
    """However many uplinks there were, no more than four of a device are remembered."""
    line = Line()
    for number in range(1_000):
        line.take(uplink(60 * number, number).heard())

    assert len(line.newest) == len(NAMES) + repeats.REMEMBERED


def test_memory_after_a_long_silence() -> None:
    """Uplinks of weeks ago do not keep their places."""
    line = Line()
    for number in range(4):
        line.take(uplink(number, number).heard())
    weeks_s = 30 * 86_400
    for number in range(4):
        line.take(uplink(weeks_s + number, number).heard())

    assert [line.take(uplink(weeks_s + number, number).heard(900)) for number in range(4)] == [[]] * 4


@pytest.mark.parametrize("time_ms", [0, 2**32 - 1, 2**43, 253_402_300_799_999])
def test_any_time_fits(time_ms: int) -> None:
    """The memory is one number of 64 bits, whatever the time; the first delivery is found in it exactly."""
    newest: dict[int, int] = {}
    taken = array("q")
    for after_ms in (0, 1_000):
        (one,) = Uplink(time_ms, 65_535).heard(after_ms, BIN[:1])
        assert repeats.first_delivery_ms(newest, taken, one) == time_ms

    assert len(taken) == 2


def sent(draws: Sequence[tuple[int, bool]], start: int) -> Iterator[Uplink]:
    """Make uplinks in order: after so many seconds each, some of them after a new join."""
    at_ms, counter, joins = NOW_MS, start, 0
    for number, (after_s, joined) in enumerate(draws):
        at_ms += after_s * 1000
        joins += joined
        counter = 0 if joined else counter + 1
        yield Uplink(at_ms, counter, raw=number.to_bytes(2, "big"), address=f"{joins:08X}")


@settings(max_examples=60, deadline=None)
@given(
    draws=st.lists(st.tuples(st.integers(10, 600), st.booleans()), min_size=1, max_size=12),
    start=st.sampled_from([0, 417, 65_530, 2**32 - 3]),
    servers=st.lists(st.tuples(st.integers(-4_000, 4_000), st.sampled_from([16, 32])), min_size=1, max_size=2),
    data=st.data(),
)
def test_each_uplink_once(
    draws: list[tuple[int, bool]], start: int, servers: list[tuple[int, int]], data: st.DataObject
) -> None:
    """Over any servers, with roll-over and joins, repeats, some disorder, restarts and any epochs: each uplink once."""
    uplinks = list(sent(draws, start))
    deliveries = [
        (number + data.draw(st.integers(0, 2)), number, one.heard(after_ms, bits=bits))
        for number, one in enumerate(uplinks)
        for after_ms, bits in data.draw(st.permutations(servers * data.draw(st.integers(1, 2))))
    ]
    line, epoch = Line(), []
    for _, _, heard in sorted(deliveries, key=lambda one: one[0]):
        epoch += heard
        if data.draw(st.booleans()):
            line.take(epoch)
            epoch = []
            if data.draw(st.booleans()):
                line.restart()
    line.take(epoch)

    assert len(line.stored) == len(set(line.stored)) == len(NAMES) * len(uplinks)
