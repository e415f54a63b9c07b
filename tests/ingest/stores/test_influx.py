"""The InfluxDB store against a server that is away, refuses or comes back (a fake at the port)."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from deploy.runtimes.commit import write_all
from ingest.model import Device, Observation, Property, Series, series_id
from ingest.stores._base import ServerAwayError, Spooling, StoreError
from ingest.stores._influx_options import InfluxOptions
from ingest.stores.influx import InfluxStore

START_MS = 1_790_000_000_000
DAY_MS = 86_400_000
DEVICE = Device(id="bin-1", domain="waste", kind="waste_bin", cell="450107003013001", lat=0, lon=0, cadence_s=60)
FILL = Property(name="waste.fill_level", unit="%", title_zh="满溢率", title_en="Fill level")
OPTIONS = InfluxOptions(url="http://127.0.0.1:1", org="o", bucket="b", token="")
AWAY = ServerAwayError("connection refused")
BINS = Series(id=series_id("bin-1", "waste.fill_level"), device=DEVICE, property=FILL)


class FakeServer:
    """Takes lines, unless it is in trouble; refuses a batch that holds the value 666."""

    def __init__(self) -> None:
        self.trouble: StoreError | None = None
        self.batches: list[list[str]] = []
        self.asked = 0

    @property
    def lines(self) -> set[str]:
        """Return all lines that were taken."""
        return {line for batch in self.batches for line in batch}

    def send(self, lines: bytes) -> None:
        """Take lines."""
        self._answer()
        if b"value=666.0," in lines:
            raise StoreError("field type conflict", retryable=False)
        self.batches.append(lines.decode().splitlines())

    def query(self, flux: str) -> list[dict[str, str]]:
        """Know nothing."""
        assert flux
        self._answer()
        return []

    def retention_ms(self) -> int:
        """Keep points for ten days."""
        self._answer()
        return 10 * DAY_MS

    def close(self) -> None:
        """Do nothing."""

    def _answer(self) -> None:
        self.asked += 1
        if self.trouble is not None:
            raise self.trouble


@pytest.fixture
def server() -> FakeServer:
    """Return a server that is there."""
    return FakeServer()


class Tried:
    """A store on the fake server, with a clock that is moved by hand."""

    def __init__(self, server: FakeServer, folder: Path, spool_bytes: int = 1_000_000) -> None:
        self.now_s = 0.0
        options = msgspec.structs.replace(OPTIONS, spool_bytes=spool_bytes)
        self.store = InfluxStore(server, options, folder, monotonic_s=lambda: self.now_s)


@pytest.fixture
def tried(server: FakeServer, tmp_path: Path) -> Iterator[Tried]:
    """Return a store on the server."""
    made = Tried(server, tmp_path)
    with contextlib.closing(made.store):
        yield made


def batch(*values: float, time_ms: int = START_MS) -> list[Observation]:
    """Return observations with these values, a second apart."""
    return [Observation(BINS, value, time_ms + 1_000 * n, START_MS) for n, value in enumerate(values)]


def test_batches_are_bounded(server: FakeServer, tried: Tried) -> None:
    """Many observations go in batches of at most 5,000 lines."""
    tried.store.write(batch(*[1.0] * 12_000))

    assert [len(one) for one in server.batches] == [5_000, 5_000, 2_000]


def test_away_and_back(server: FakeServer, tried: Tried) -> None:
    """While the server is away observations wait; when it is back they are sent first, in order."""
    server.trouble = AWAY
    tried.store.write(batch(1.0))
    tried.store.write(batch(2.0, time_ms=START_MS + 9_000))
    server.trouble = None
    tried.now_s = 60.0
    tried.store.write(batch(3.0, time_ms=START_MS + 10_000))

    assert [line[0].split()[1] for line in server.batches] == [f"value={n}.0,quality=1i" for n in (1, 2, 3)]


def test_back_off(server: FakeServer, tried: Tried) -> None:
    """A server that is away is asked again after growing pauses only, never after more than 15 s."""
    server.trouble = AWAY
    asked = []
    for _ in range(6):
        tried.store.write(batch(1.0))
        asked.append(server.asked)
    pauses = []
    for _ in range(12):
        before, began_s = server.asked, tried.now_s
        while server.asked == before:
            tried.now_s += 0.05
            tried.store.write(batch(1.0))
        pauses.append(tried.now_s - began_s)

    assert asked == [1] * 6
    assert pauses[0] < 0.5
    assert 7.4 < pauses[-1] < 15.1


def test_full_spool(server: FakeServer, tmp_path: Path) -> None:
    """A full spool refuses with a retryable error, so that reading stops; nothing of what was taken is lost."""
    small = Tried(server, tmp_path, spool_bytes=200)
    server.trouble = AWAY
    small.store.write(batch(1.0))
    small.store.write(batch(2.0, time_ms=START_MS + 9_000))

    with pytest.raises(StoreError, match=r"influx\.spool is full") as raised:
        small.store.write(batch(*range(9)))
    server.trouble = None
    small.now_s = 60.0
    small.store.write(batch(3.0, time_ms=START_MS + 10_000))
    small.store.close()

    assert raised.value.retryable
    assert len(server.lines) == 3


def test_spool_survives_the_process(server: FakeServer, tried: Tried, tmp_path: Path) -> None:
    """What waits is sent by the next process, before anything is said about what is known."""
    server.trouble = AWAY
    tried.store.write(batch(1.0, 2.0))
    tried.store.close()
    server.trouble = None
    again = Tried(server, tmp_path)

    known = again.store.known(batch(7.0))
    again.store.close()

    assert (known, len(server.lines)) == (set(), 2)


def test_known_needs_the_server(server: FakeServer, tried: Tried) -> None:
    """Whether something is stored cannot be told while the server is away: a retryable error, with the reason."""
    server.trouble = AWAY
    tried.store.write(batch(1.0))

    with pytest.raises(ServerAwayError, match="connection refused"):
        tried.store.known(batch(1.0))


def test_refused_line_costs_one_observation(server: FakeServer, tried: Tried) -> None:
    """The server refuses one of many: that one is a dead letter, the others are stored."""
    letters = write_all(tried.store, batch(*range(40), 666.0, *range(41, 80)), threading.Event())

    assert [letter.refusal.detail for letter in letters] == ["field type conflict"]
    assert letters[0].frame.payload.endswith(b'"values":{"waste.fill_level":666.0}}')
    assert len(server.lines) == 79


def test_refused_after_waiting(server: FakeServer, tried: Tried) -> None:
    """What the server refuses only when it is back becomes a dead letter too, once, and holds up nothing."""
    server.trouble = AWAY
    stop = threading.Event()
    taken = write_all(tried.store, batch(1.0, 666.0, 3.0), stop)
    server.trouble = None
    tried.now_s = 60.0

    letters = write_all(tried.store, batch(4.0, time_ms=START_MS + 9_000), stop)
    later = write_all(tried.store, batch(5.0, time_ms=START_MS + 10_000), stop)

    assert (taken, later) == ([], [])
    assert [(one.frame.topic, one.refusal.detail) for one in letters] == [("observation/bin-1", "field type conflict")]
    assert letters[0].frame.received_at_ms == START_MS
    assert len(server.lines) == 4


def test_late_refusals_survive_the_process(server: FakeServer, tried: Tried, tmp_path: Path) -> None:
    """A late refusal that was not dealt with is told again by the next process."""
    server.trouble = AWAY
    tried.store.write(batch(666.0))
    server.trouble = None
    tried.now_s = 60.0
    tried.store.write(batch(4.0, time_ms=START_MS + 9_000))
    first = tried.store.refused()
    tried.store.close()
    again = Tried(server, tmp_path)

    second = again.store.refused()
    again.store.write(batch(5.0))
    third = again.store.refused()
    again.store.close()

    assert isinstance(tried.store, Spooling)
    assert (len(first), second, third) == (1, first, [])


@pytest.mark.parametrize(
    "observation,reason",
    [
        (Observation(BINS, 1.0, START_MS - 11 * DAY_MS, START_MS), r"older than the bucket 'b' keeps \(10 days\)"),
        (Observation(BINS, float("nan"), START_MS, START_MS), "not a number"),
        (Observation(BINS, 1.0, 2**70, START_MS), "after 2262"),
    ],
)
def test_impossible_observation(server: FakeServer, tried: Tried, observation: Observation, reason: str) -> None:
    """What the server would drop or refuse is refused before a request; the others go in whole pieces."""
    tried.store.check()
    asked = server.asked

    with pytest.raises(StoreError, match=reason) as raised:
        tried.store.write([*batch(1.0), observation])

    assert (raised.value.retryable, server.asked) == (False, asked)


def test_settings_that_went_wrong_lose_nothing(server: FakeServer, tried: Tried) -> None:
    """A token that is refused while we run does not turn observations into dead letters: they wait."""
    tried.store.check()
    server.trouble = StoreError("refuses the token", retryable=True)

    letters = write_all(tried.store, batch(1.0, 2.0), threading.Event())
    server.trouble = None
    tried.now_s = 60.0
    tried.store.known([])

    assert (letters, len(server.lines)) == ([], 2)
