"""What sensors and networks do wrong: each fault wraps a stream of emissions and is pure, lazy and seeded.

`spoil(stream, seed, rates)` applies the faults of `FAULTS` that have a rate (share of frames, 0 to 1). A fault of the
content changes Wangge JSON only, where its meaning is plain; a fault of the transport hits every dialect.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from simulators.city import Emission
from simulators.noise import between, draw

Stream = Iterable[Emission]
Fault = Callable[[Stream, int, float], Iterator[Emission]]

_LATE_S = (10.0, 100.0)  # inside the lateness bound of 120 s
_DAY_MS = 86_400_000
_GARBAGE_BYTES = 24


def _duplicated(emission: Emission, _seed: int) -> tuple[Emission, ...]:
    """Send it twice, as a network does when an acknowledgement was lost."""
    return emission, emission


def _dropped(_emission: Emission, _seed: int) -> tuple[Emission, ...]:
    """Never send it."""
    return ()


def _garbage(emission: Emission, seed: int) -> tuple[Emission, ...]:
    """Send random bytes in its place."""
    key = ("garbage", emission.device_id, emission.send_ms)
    noise = bytes(int(256 * draw(seed, *key, index)) for index in range(_GARBAGE_BYTES))
    return (msgspec.structs.replace(emission, payload=noise),)


def _not_a_number(emission: Emission, _seed: int) -> tuple[Emission, ...]:
    """Replace its first value by NaN, which is not JSON."""
    return _change(emission, lambda entry: entry["values"].update({next(iter(entry["values"])): float("nan")}))


def _wrong_unit(emission: Emission, _seed: int) -> tuple[Emission, ...]:
    """Give its first value in a unit of another dimension."""

    def change(entry: dict[str, Any]) -> None:
        name, value = next(iter(entry["values"].items()))
        entry["values"][name] = {"value": value, "unit": "mol"}

    return _change(emission, change)


def _clock_1970(emission: Emission, _seed: int) -> tuple[Emission, ...]:
    """Stamp it as a device does that lost its clock."""
    return _change(emission, lambda entry: entry.update(time="1970-01-01T00:00:17Z"))


def _clock_ahead(emission: Emission, _seed: int) -> tuple[Emission, ...]:
    """Stamp it a day ahead."""
    return _change(emission, lambda entry: entry.update(time=emission.send_ms + _DAY_MS))


def _late(stream: Stream, seed: int, rate: float) -> Iterator[Emission]:
    """Send some of them up to 100 s later, after their successors; the stream stays in order of sending."""
    held: list[tuple[int, int, Emission]] = []
    for number, emission in enumerate(stream):
        while held and held[0][0] <= emission.send_ms:
            yield heapq.heappop(held)[2]
        if draw(seed, "late", emission.device_id, emission.send_ms) < rate:
            delay_s = between(*_LATE_S, seed, "delay", emission.device_id, emission.send_ms)
            later = msgspec.structs.replace(emission, send_ms=emission.send_ms + int(1000 * delay_s))
            heapq.heappush(held, (later.send_ms, number, later))
        else:
            yield emission
    while held:
        yield heapq.heappop(held)[2]


def _each(name: str, change: Callable[[Emission, int], tuple[Emission, ...]]) -> Fault:
    """Return the fault that changes some emissions one by one."""

    def fault(stream: Stream, seed: int, rate: float) -> Iterator[Emission]:
        for emission in stream:
            if draw(seed, name, emission.device_id, emission.send_ms) < rate:
                yield from change(emission, seed)
            else:
                yield emission

    return fault


FAULTS: Mapping[str, Fault] = {
    "not_a_number": _each("not_a_number", _not_a_number),
    "wrong_unit": _each("wrong_unit", _wrong_unit),
    "clock_1970": _each("clock_1970", _clock_1970),
    "clock_ahead": _each("clock_ahead", _clock_ahead),
    "garbage": _each("garbage", _garbage),
    "dropped": _each("dropped", _dropped),
    "duplicated": _each("duplicated", _duplicated),
    "late": _late,
}


def spoil(stream: Stream, seed: int, rates: Mapping[str, float]) -> Iterator[Emission]:
    """Return the stream (in order of sending) with these faults in it, in order of sending again."""
    spoilt = iter(stream)
    for name, fault in FAULTS.items():
        if rates.get(name):
            spoilt = fault(spoilt, seed, rates[name])
    return spoilt


def _change(emission: Emission, change: Callable[[dict[str, Any]], object]) -> tuple[Emission, ...]:
    """Change the (first) observation object of a Wangge JSON payload; any other payload stays as it is."""
    if not emission.topic.startswith("wangge/"):
        return (emission,)
    try:
        content = json.loads(emission.payload)
    except ValueError:
        return (emission,)  # an earlier fault made it unreadable
    entry = content[0] if isinstance(content, list) else content
    change(entry)
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return (msgspec.structs.replace(emission, payload=text.encode()),)
