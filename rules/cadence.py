"""How often a device speaks that does not declare it: learned from when its values were observed.

Of each series of such a device the newest times are kept: their median gap is how often it speaks, and the device
speaks as often as the quickest of its series. A loss, a pause or a burst moves a median little. Values that came in one
message are one time, the newest. What is learned follows from the times alone, so order and batches make no difference;
stored is the result, written when it changes. Devices that declare a cadence cost nothing.
"""

from __future__ import annotations

import statistics
from array import array
from bisect import bisect_left, insort
from itertools import pairwise

import msgspec

from rules.errors import RuleStateError

KEY = "*cadence"
"""Stands in place of a rule's id in the rows of what was learned."""
GAPS = 10
"""Gaps whose median counts: the newest of a series."""
LEAST_GAPS = 5
"""With fewer nothing is known."""
_VERSION = 1
_TWO_DIGITS = 100


class _Pace:
    """The newest times of one series (milliseconds, in order), and the median of their gaps, 0 while not known."""

    __slots__ = ("_last_ms", "_received_ms", "gap_ms", "times")

    def __init__(self) -> None:
        self.times = array("q")
        self.gap_ms = self._received_ms = self._last_ms = 0

    def note(self, at_ms: int, received_ms: int) -> None:
        """Take notice of a value."""
        times = self.times
        if times and received_ms == self._received_ms:  # of the same message
            if at_ms <= self._last_ms:
                return
            place = bisect_left(times, self._last_ms)
            if place < len(times) and times[place] == self._last_ms:
                del times[place]
        self._received_ms, self._last_ms = received_ms, at_ms
        place = bisect_left(times, at_ms)
        if place == len(times) or times[place] != at_ms:
            insort(times, at_ms)
            del times[: max(0, len(times) - GAPS - 1)]
        if len(times) > LEAST_GAPS:
            self.gap_ms = statistics.median_high(after - before for before, after in pairwise(times))


class Cadence:
    """What is learned of one device: `learned_s`, in seconds, None while not known."""

    __slots__ = ("_paces", "learned_s")

    def __init__(self, learned_s: int | None = None) -> None:
        self._paces: dict[int, _Pace] = {}
        self.learned_s = learned_s

    def note(self, series: int, at_ms: int, received_ms: int) -> bool:
        """Take notice of a value of a series (by id); tell whether the cadence is another now."""
        pace = self._paces.get(series)
        if pace is None:
            pace = self._paces[series] = _Pace()
        pace.note(at_ms, received_ms)
        newest_ms = max(pace.times[-1] for pace in self._paces.values())
        # a series that is not sent any more says nothing of how often the others are
        gaps = [
            one.gap_ms for one in self._paces.values() if one.gap_ms and newest_ms - one.times[-1] <= GAPS * one.gap_ms
        ]
        before = self.learned_s
        if gaps:
            self.learned_s = _rounded_s(min(gaps))
        return self.learned_s != before


def _rounded_s(gap_ms: int) -> int:
    """Return a gap in seconds, rounded up to two digits, so that jitter does not write rows."""
    seconds, step = max(1, -(-gap_ms // 1000)), 1
    while seconds > step * _TWO_DIGITS:
        step *= 10
    return -(-seconds // step) * step


def pack(cadence: Cadence) -> bytes:
    """Return what was learned as bytes."""
    return msgspec.msgpack.encode((_VERSION, cadence.learned_s))


def unpack(packed: bytes, device_id: str) -> Cadence:
    """Return what `pack` made bytes of; raises RuleStateError if it is damaged or of a newer program."""
    try:
        version, learned_s = msgspec.msgpack.decode(packed, type=tuple[int, int | None])
    except msgspec.MsgspecError as exc:
        raise RuleStateError(f"the cadence of {device_id} is damaged ({exc}): delete the row to learn it anew") from exc
    if version > _VERSION:
        raise RuleStateError(f"the cadence of {device_id} has version {version}: run the newer program")
    return Cadence(learned_s)
