r"""Flux queries of the InfluxDB store, and what their rows mean.

Names stand in the text as literals, because the server hands only literals down to its storage engine (a query with
parameters reads every series). Every byte of a name that is not plain is written as `\xHH`: none can end the literal.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from ingest.model import Observation
from ingest.stores._base import Point, Wanted

LOWEST_MS = -9_223_372_036_854
HIGHEST_MS = 9_223_372_036_853  # the server keeps nanoseconds in 63 bits: the years 1677 to 2262

_PLAIN = frozenset((string.ascii_letters + string.digits + "_.:-/").encode())
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_GAP_MS = 600_000
_DEVICES_A_QUERY = 200


def literal(text: str) -> str:
    """Return a Flux string literal."""
    return '"' + "".join(chr(byte) if byte in _PLAIN else f"\\x{byte:02x}" for byte in text.encode()) + '"'


class Stretch(NamedTuple):
    """A series and the points of it with from_ms ≤ time < to_ms."""

    observed_property: str
    device_id: str
    from_ms: int
    to_ms: int


def newest(bucket: str, of: Stretch, limit: int) -> str:
    """Return the query for the newest `limit` points of a stretch, both fields."""
    series = f"r._measurement == {literal(of.observed_property)} and r.device == {literal(of.device_id)}"
    return (
        f"{_range(bucket, of.from_ms, of.to_ms)} |> filter(fn: (r) => {series})\n"
        f'|> tail(n: {limit}) |> keep(columns: ["_time", "_field", "_value"])'
    )


def span(bucket: str, observed_property: str, devices: Sequence[str] | None, from_ms: int, to_ms: int) -> str:
    """Return the query for all points of a property, of some devices or of all (None), both fields."""
    among = "" if devices is None else f"|> filter(fn: (r) => {_among(devices)}) "
    return (
        f"{_range(bucket, from_ms, to_ms)} |> filter(fn: (r) => r._measurement == {literal(observed_property)})\n"
        f'{among}|> keep(columns: ["_time", "_field", "_value", "device"])'
    )


def points(rows: Iterable[Mapping[str, str]]) -> list[Point]:
    """Return the points of a stretch in order of time."""
    values: dict[str, float] = {}
    flags: dict[str, int] = {}
    for row in rows:
        if row["_field"] == "value":
            values[row["_time"]] = float(row["_value"])
        else:
            flags[row["_time"]] = int(row["_value"])
    return sorted(Point(time_ms(at), value, flags[at]) for at, value in values.items() if at in flags)


def by_device(rows: Iterable[dict[str, str]]) -> dict[str, list[dict[str, str]]]:
    """Return rows by their device."""
    found: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        found.setdefault(row["device"], []).append(row)
    return found


def alike(wanted: Iterable[Wanted], most: int) -> Iterator[list[Wanted]]:
    """Part what is wanted into what one query gives: of one property, `most` devices, ends not far from each other."""
    together: list[Wanted] = []
    for one in sorted(wanted, key=lambda one: (one.series.property.name, one.to_ms)):
        first = together[0] if together else one
        other = one.series.property is not first.series.property or one.to_ms - first.to_ms > _GAP_MS
        if other or len(together) >= most:
            yield together
            together = []
        together.append(one)
    if together:
        yield together


def total(bucket: str) -> str:
    """Return the query for how many observations there are."""
    every = _range(bucket, LOWEST_MS, HIGHEST_MS)
    return f'{every} |> filter(fn: (r) => r._field == "quality") |> group() |> count()'


def presence(bucket: str, observations: Iterable[Observation]) -> str:
    """Return a query for device and time of all points near these; each result is named by its property.

    A result covers one property over one stretch of time without gaps of ten minutes, so a replayed hour is one range
    scan and two lonely repeats are two small ones.
    """
    asked: dict[str, list[tuple[int, str]]] = {}
    for one in observations:
        if LOWEST_MS <= one.phenomenon_time_ms < HIGHEST_MS:
            asked.setdefault(one.observed_property, []).append((one.phenomenon_time_ms, one.device_id))
    parts: list[str] = []
    for observed_property, keys in asked.items():
        for run in _runs(sorted(keys)):
            devices = sorted({device for _, device in run})
            for start in range(0, len(devices), _DEVICES_A_QUERY):
                among = _among(devices[start : start + _DEVICES_A_QUERY])
                parts.append(
                    f"{_range(bucket, run[0][0], run[-1][0] + 1)}\n"
                    f'|> filter(fn: (r) => r._measurement == {literal(observed_property)} and r._field == "quality")\n'
                    f'|> filter(fn: (r) => {among}) |> keep(columns: ["_measurement", "_time", "device"])\n'
                    f'|> yield(name: "{len(parts)}")'
                )
    return "\n".join(parts)


def present(rows: Iterable[Mapping[str, str]]) -> set[tuple[str, str, int]]:
    """Return (property, device, time in ms) of the points that `presence` found."""
    return {(row["_measurement"], row["device"], time_ms(row["_time"])) for row in rows}


def time_ms(text: str) -> int:
    """Return the ms of an RFC 3339 time as the server writes it."""
    return (datetime.fromisoformat(text) - _EPOCH) // _MS


def _range(bucket: str, from_ms: int, to_ms: int) -> str:
    start, stop = (min(max(at, LOWEST_MS), HIGHEST_MS) * 1_000_000 for at in (from_ms, to_ms))
    return f"from(bucket: {literal(bucket)}) |> range(start: time(v: {start}), stop: time(v: {stop}))"


def _among(devices: Sequence[str]) -> str:
    """Return the condition that the device is one of these, as a balanced tree: the server refuses a deep one."""
    if len(devices) == 1:
        return f"r.device == {literal(devices[0])}"
    half = len(devices) // 2
    return f"({_among(devices[:half])} or {_among(devices[half:])})"


def _runs(keys: Sequence[tuple[int, str]]) -> Iterator[Sequence[tuple[int, str]]]:
    """Part sorted keys where there is a gap."""
    cuts = [number for number, (one, two) in enumerate(pairwise(keys), 1) if two[0] - one[0] > _GAP_MS]
    for start, end in pairwise([0, *cuts, len(keys)]):
        yield keys[start:end]
