"""Trying a commit again, giving up, and finding the one observation that a store refuses."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from deploy.runtimes.commit import StoppedError, until_done, write_all
from ingest.model import Device, Observation, Property, Series, series_id
from ingest.stores._base import StoreError
from ingest.stores.memory import MemoryStore

DEVICE = Device(id="bin-1", domain="waste", kind="waste_bin", cell="450107003013001", lat=0, lon=0, cadence_s=60)
PROPERTY = Property(name="waste.fill_level", unit="%", title_zh="满溢率", title_en="Fill level")
BINS = Series(id=series_id("bin-1", "waste.fill_level"), device=DEVICE, property=PROPERTY)


class FailingStore(MemoryStore):
    """Fails a number of times, and refuses one value for ever."""

    def __init__(self, failures: int = 0, poison: float | None = None) -> None:
        super().__init__()
        self.failures, self.poison = failures, poison

    def write(self, observations: Sequence[Observation]) -> None:
        """Store all of them, unless a failure is due."""
        if self.failures:
            self.failures -= 1
            raise StoreError("down", retryable=True)
        if any(one.value == self.poison for one in observations):
            raise StoreError("type conflict", retryable=False)
        super().write(observations)


def batch(size: int) -> list[Observation]:
    """Return observations with the values 0, 1, 2 and so on."""
    return [Observation(BINS, float(number), 1_000 + number, 2_000) for number in range(size)]


def test_store_that_comes_back() -> None:
    """A store that is down is tried until it takes the batch, whole and once."""
    store = FailingStore(failures=2)

    letters = write_all(store, batch(5), threading.Event())

    assert (letters, store.count()) == ([], 5)


def test_poison_costs_one_observation() -> None:
    """The refused observation becomes a dead letter with its values; the others are stored."""
    store = FailingStore(poison=3.0)

    letters = write_all(store, batch(6), threading.Event())

    assert store.count() == 5
    assert [letter.refusal.reason for letter in letters] == ["unstorable"]
    assert letters[0].frame.payload == b'{"device_id":"bin-1","time":1003,"values":{"waste.fill_level":3.0}}'


def test_stop_while_down() -> None:
    """Asked to stop while a store is down, the pipeline gives up the epoch: its frames were not acknowledged."""
    stop = threading.Event()
    stop.set()

    with pytest.raises(StoppedError, match="series"):
        until_done("series", lambda: FailingStore(failures=9).write(batch(1)), stop)
