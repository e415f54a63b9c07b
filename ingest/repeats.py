"""Recognises an uplink that is delivered again with another time: over two network servers, or twice by one.

An observation's identity is its series and its time (`ingest.dedup`). A LoRaWAN uplink has no time of its own: the
time is when a network server received it, and two servers that heard one transmission say two. No time in the messages
is the same for sure (gateways without GPS have none, others a wrong one), but the transmission is: same DevAddr, same
frame counter, same port and bytes. So the first delivery decides the time, for the later ones as well: what they say
again is then a duplicate by identity, and what only they say (one server may lack the codec) is not lost.

    identity    16 bits of the counter (as sent over the air, whatever the server makes of them) · 15 bits of a checksum
    memory      of each device the last four uplinks: identity and time, each in one number of `newest`

The counter rolls over after 65,536 uplinks and begins again after a join: so it says something only of uplinks that are
at most `APART_MS` apart. A join gives a new DevAddr, and a device that never joins has other bytes to send: even then
an uplink with a counter that was just used is new. The memory lies among the newest times of the series, so it is
journaled, committed, loaded and bounded with them, in the line of the device's sub-district: on whichever topic, over
whichever broker and through whichever worker a delivery came.
"""

from __future__ import annotations

import zlib
from array import array

from ingest.model import Observation, series_id

APART_MS = 60_000  # two servers differ by their way and their clocks: by seconds
REMEMBERED = 4  # uplinks of each device (a power of two)

_CHECK_BITS = 15
_COUNTER_MASK = 0xFFFF
_TIME_BITS = 32
_TIME_MASK = (1 << _TIME_BITS) - 1  # in milliseconds: 49 days
_LATE_MS = 24 * 3_600_000  # what is remembered may be so much younger than a late delivery


def identity(address: str, counter: int, port: int, raw: bytes) -> int:
    """Return what all deliveries of one uplink have in common: 31 bits, never 0."""
    check = zlib.crc32(raw, zlib.crc32(f"{address.upper()}/{port}".encode("utf-8", "surrogatepass")))
    return (counter & _COUNTER_MASK) << _CHECK_BITS | check >> (_TIME_BITS - _CHECK_BITS) | 1


def first_delivery_ms(newest: dict[int, int], taken: array[int], observation: Observation) -> int:
    """Return the time of the first delivery of an observation's uplink: its own, if none is remembered.

    That is remembered then, in `newest` in the place of the oldest, and journaled in `taken`.
    """
    uplink, time_ms = observation.uplink, observation.phenomenon_time_ms
    base = series_id(observation.device_id, "uplink") & -REMEMBERED
    place, oldest_ms = base, -_TIME_MASK
    for key in range(base, base + REMEMBERED):
        before = newest.get(key)
        if before is None:
            age_ms = _TIME_MASK
        else:
            age_ms = ((time_ms - before + _LATE_MS) & _TIME_MASK) - _LATE_MS
            if abs(age_ms) <= APART_MS and before >> _TIME_BITS == uplink:
                return time_ms - age_ms
        if age_ms > oldest_ms:
            place, oldest_ms = key, age_ms
    newest[place] = uplink << _TIME_BITS | time_ms & _TIME_MASK
    taken.extend((place, newest[place]))
    return time_ms
