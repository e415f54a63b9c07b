"""When an epoch closes, against a feed and a clock of this test."""

from __future__ import annotations

from deploy.runtimes.epoch import Limits, collect
from ingest.model import Frame


class Feed:
    """Hands out frames that arrive at given seconds; taking and waiting moves the clock."""

    held_up = False

    def __init__(self, arrivals: list[float]) -> None:
        self.now_s = 0.0
        self._arrivals = arrivals

    def take(self, limit: int, wait_s: float) -> list[Frame]:
        """Return the frames that have arrived by the end of the wait; return at once where some are there."""
        if not self._arrivals or self._arrivals[0] > self.now_s + wait_s:
            self.now_s += wait_s
            return []
        self.now_s = max(self.now_s, self._arrivals[0])
        there = [one for one in self._arrivals if one <= self.now_s][:limit]
        self._arrivals = self._arrivals[len(there) :]
        return [Frame("t", b"", int(one * 1000), "s") for one in there]

    def clock(self) -> float:
        """Return the time."""
        return self.now_s


def sizes(feed: Feed, limits: Limits) -> list[int]:
    """Return the sizes of the epochs until the feed is dry."""
    found = []
    while frames := collect(feed, limits, 10.0, feed.clock):
        found.append(len(frames))
    return found


def test_epoch_closes_at_the_window() -> None:
    """With a window of 100 an epoch never waits for the 101st frame, which the broker would not send."""
    feed = Feed([0.0] * 250)

    assert sizes(feed, Limits(frames=2_000, window=100)) == [100, 100, 50]


def test_epoch_takes_half_of_a_large_window() -> None:
    """The broker fills the second half while the first is worked on."""
    assert Limits(frames=2_000, window=1_000).size == 500


def test_epoch_closes_at_its_age() -> None:
    """A steady trickle is committed every `age_s`."""
    feed = Feed([number * 0.004 for number in range(100)])

    assert sizes(feed, Limits(age_s=0.2, pause_s=0.005)) == [51, 49]


def test_epoch_closes_at_a_pause() -> None:
    """A burst is not held back for the age when nothing follows it."""
    feed = Feed([0.0, 0.0, 0.001])

    collect(feed, Limits(age_s=0.2, pause_s=0.005), 10.0, feed.clock)

    assert feed.now_s < 0.07


def test_no_frames() -> None:
    """An idle feed gives an empty epoch, so that timers can run."""
    assert collect(Feed([]), Limits(), 0.1, lambda: 0.0) == []
