"""When a worker is stuck: records wait and what is committed stands still; and when it only waits."""

from __future__ import annotations

import pytest

pytest.importorskip("aiokafka", reason="the extra `cluster` is not installed")

from deploy.runtimes.cluster.end import Patience
from deploy.runtimes.cluster.watchdog import Standstill

PART = ("frames", 0)


def test_stuck() -> None:
    """Records wait, and the same offset stays committed for the whole time."""
    standstill = Standstill(30)

    told = [standstill.judge({PART: 10 + second}, {PART: 5}, second) for second in (0, 15, 29, 30)]

    assert told == [None, None, None, PART]


def test_slow_is_not_stuck() -> None:
    """The lag grows, but there are commits."""
    standstill = Standstill(30)

    assert [standstill.judge({PART: 10 * second + 1}, {PART: second}, second) for second in range(0, 200, 10)] == [
        None
    ] * 20


def test_idle_is_not_stuck() -> None:
    """Nothing waits: the clock begins when something does."""
    standstill = Standstill(30)
    standstill.judge({PART: 5}, {PART: 5}, 0)
    standstill.judge({PART: 6}, {PART: 5}, 100)

    assert standstill.judge({PART: 6}, {PART: 5}, 129) is None
    assert standstill.judge({PART: 6}, {PART: 5}, 130) == PART


def test_never_committed_is_stuck_too() -> None:
    """A group without a commit stands at the beginning."""
    standstill = Standstill(30)
    standstill.judge({PART: 6}, {}, 0)

    assert standstill.judge({PART: 6}, {PART: -1}, 10) is None
    assert standstill.judge({PART: 6}, {PART: -1}, 40) == PART


def test_partition_of_another_worker() -> None:
    """A partition that went to another worker is not held against this one."""
    standstill = Standstill(30)
    standstill.judge({PART: 6}, {PART: 5}, 0)
    standstill.judge({}, {}, 20)
    standstill.judge({PART: 6}, {PART: 5}, 31)

    assert standstill.judge({PART: 6}, {PART: 5}, 60) is None


def test_waiting_for_a_store_is_told_apart() -> None:
    """Who waits for a store that is down says so."""
    patience = Patience()
    before = patience.is_tried(60)
    patience.wait(0)

    assert (before, patience.is_tried(60)) == (False, True)
