"""The medians of hours long past, of series that are held against weeks (`baseline`), kept through restarts.

A restart could read the weeks back from the time-series store, but that is some 40,000 values of each series that has
one a minute. Its hours are one number each, so they are kept as rows of the rule states: one a series, written once for
each hour that is over, a few series with each step. What was observed after the last hour that a row holds is recalled
as any other past. Of samples with flags of a rule's own (`quality`) nothing is kept: these are learned anew.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from itertools import accumulate, pairwise
from typing import NamedTuple

import msgspec

from rules.errors import RuleStateError
from rules.samples import MOST_IN_WINDOW, Keeping, Samples

PREFIX = "*hours."
"""Stands before the name of a property in place of a rule's id in the rows of hours."""
AT_ONCE = 64
"""Series that are looked at with each step."""
_VERSION = 1
Name = tuple[str, str]
"""(device id, observed property)."""


class Row(NamedTuple):
    """A row to write: whose hours, and they themselves as bytes."""

    name: Name
    packed: bytes


class Hours:
    """Which series have hours to keep. `kept` tells up to when they are in rows (milliseconds), by name."""

    __slots__ = ("_turns", "kept")

    def __init__(self) -> None:
        self.kept: dict[Name, int] = {}
        self._turns: deque[tuple[Name, Samples]] = deque()

    def watch(self, name: Name, samples: Samples) -> None:
        """Keep the hours of a series from now on."""
        self._turns.append((name, samples))

    def forget(self) -> None:
        """Keep the hours of no series, until they are watched again; rows stay."""
        self._turns.clear()

    def take(self) -> list[Row]:
        """Return the rows of some series of which an hour is over."""
        rows = []
        for _ in range(min(AT_ONCE, len(self._turns))):
            name, samples = self._turns[0]
            self._turns.rotate(-1)
            if samples.coarse_ms() <= self.kept.get(name, 0):
                continue
            samples.trim()
            self.kept[name] = end_ms = samples.coarse_ms()
            place = bisect_left(samples.times, end_ms)
            rows.append(Row(name, pack(end_ms, samples.times[:place].tolist(), samples.values[:place].tolist())))
        return rows


def pack(end_ms: int, times: list[int], values: list[float]) -> bytes:
    """Return hours up to a time as bytes: the first time, then the steps, and the medians."""
    steps = [*times[:1], *(after - before for before, after in pairwise(times))]
    return msgspec.msgpack.encode((_VERSION, end_ms, steps, values))


def unpack(packed: bytes, name: Name) -> tuple[int, Samples]:
    """Return what `pack` made bytes of; raises RuleStateError if it is damaged or of a newer program."""
    try:
        version, end_ms, steps, values = msgspec.msgpack.decode(packed, type=tuple[int, int, list[int], list[float]])
    except msgspec.MsgspecError as exc:
        raise RuleStateError(f"the hours of {name[0]} {name[1]} are damaged ({exc}): delete the row") from exc
    if version > _VERSION:
        raise RuleStateError(f"the hours of {name[0]} {name[1]} have version {version}: run the newer program")
    samples = Samples(Keeping(0, MOST_IN_WINDOW, 0))  # of what came after them nothing is remembered
    samples.times.extend(accumulate(steps))
    samples.values.extend(values)
    return end_ms, samples
