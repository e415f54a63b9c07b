"""Recognises observations that have been taken before: the identity is (series, phenomenon time).

In order is the common case and costs one look: a time after the newest of its series is new. Anything else is asked of
the time-series store. Before that, an uplink that comes again with another time is known by its frame counter
(`ingest.repeats`). What is remembered (`newest` time per series) changes with every observation, so it is written
as a journal, one packed row an epoch, and now and then as a snapshot; both are arrays of (series id, time in ms)
pairs (for an uplink: its slot and its packed identity) of signed 64-bit integers, little endian.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable
from typing import NamedTuple

from msgspec.structs import replace

from ingest import repeats
from ingest.model import Observation, Quality

_UNSEEN = -(2**62)
_FAIL = int(Quality.FAIL)

Identity = tuple[int, int]  # series id, phenomenon time


class Sifted(NamedTuple):
    """Observations of one epoch: `fresh` and `doubtful` in order of arrival, `taken` as journal pairs."""

    fresh: list[Observation]
    doubtful: list[Observation]
    taken: array[int]


def sift(newest: dict[int, int], observations: Iterable[Observation]) -> Sifted:
    """Part observations that are new from doubtful ones; drop those at the newest time; move `newest` on, in place.

    An observation of an uplink that is remembered with another time takes that time first.

    Doubtful is what is older than the newest of its series, and what has an impossible time (FAIL, and later than we
    received it): that does not move `newest`, it would make all that follows look late.
    """
    fresh: list[Observation] = []
    doubtful: list[Observation] = []
    taken = array("q")
    get, keep, take = newest.get, fresh.append, taken.append
    delivery, first_ms = ("", 0, 0), 0
    for each in observations:
        one = each
        if one.uplink:
            if delivery != (one.device_id, one.uplink, one.phenomenon_time_ms):
                delivery = one.device_id, one.uplink, one.phenomenon_time_ms
                first_ms = repeats.first_delivery_ms(newest, taken, one)
            if first_ms != one.phenomenon_time_ms:
                one = replace(one, phenomenon_time_ms=first_ms)
        series, time_ms = one.series.id, one.phenomenon_time_ms
        last = get(series, _UNSEEN)
        if time_ms > last:
            if one.quality == _FAIL and time_ms > one.result_time_ms:
                doubtful.append(one)
                continue
            newest[series] = time_ms
            take(series)
            take(time_ms)
            keep(one)
        elif time_ms != last:
            doubtful.append(one)
    return Sifted(fresh, doubtful, taken)


def accept(sifted: Sifted, stored: set[Identity]) -> list[Observation]:
    """Return the doubtful observations that are new after all: not stored, not fresh, each identity once."""
    known = stored | identities(sifted.fresh)
    accepted = []
    for one in sifted.doubtful:
        key = (one.series.id, one.phenomenon_time_ms)
        if key not in known:
            known.add(key)
            accepted.append(one)
    return accepted


def identities(observations: Iterable[Observation]) -> set[Identity]:
    """Return by what observations are known."""
    return {(one.series.id, one.phenomenon_time_ms) for one in observations}


def pack_identities(known: Iterable[Identity]) -> bytes:
    """Return identities as a row of pairs."""
    return packed(array("q", [number for pair in sorted(known) for number in pair]))


def unpack_identities(row: bytes) -> set[Identity]:
    """Return the identities of a row."""
    pairs = _pairs(row)
    return set(zip(pairs[0::2], pairs[1::2], strict=True))


def pack(newest: dict[int, int]) -> bytes:
    """Return a snapshot."""
    pairs = array("q", bytes(16 * len(newest)))
    pairs[0::2] = array("q", newest.keys())
    pairs[1::2] = array("q", newest.values())
    return packed(pairs)


def packed(pairs: array[int]) -> bytes:
    """Return a journal row."""
    if sys.byteorder == "big":
        pairs = pairs[:]
        pairs.byteswap()
    return pairs.tobytes()


def unpack(rows: Iterable[bytes]) -> dict[int, int]:
    """Return `newest` from a snapshot and the journal rows that follow it, in order."""
    newest: dict[int, int] = {}
    for row in rows:
        pairs = _pairs(row)
        newest.update(zip(pairs[0::2], pairs[1::2], strict=True))
    return newest


def _pairs(row: bytes) -> array[int]:
    pairs = array("q")
    pairs.frombytes(row)
    if sys.byteorder == "big":
        pairs.byteswap()
    return pairs
