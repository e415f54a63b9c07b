"""The stages of ingest by themselves: the MQTT source beside plain paho, each dialect, and quality control."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from deploy.bench import backlog, mosquitto
from deploy.bench.load import START_MS
from deploy.bench.payloads import messages, register
from deploy.bench.pipeline import drain
from ingest.devices import Register
from ingest.flow import take_in
from ingest.model import Frame
from ingest.plugins import find
from ingest.quality.stream import Stream
from ingest.stores._base import Point, Wanted
from ingest.topics import discover
from ingest.trust import Trust

_NOW_MS = START_MS + 366 * 86_400_000
_EPOCH = 2_000  # frames that are taken in together
_TURNS = 3


class _Rates(NamedTuple):
    decode: float
    together: float
    quality: float


def measure(count: int, rounds: int, tell: Callable[[str], None]) -> dict[str, Any]:
    """Return rates a second: of messages from the broker by the wall clock, of observations by processor time.

    The source and paho drain the same backlog in turns, `rounds` times `count` messages each; medians. Each dialect
    takes as many observations as make `count` in three turns; medians too.
    """
    source, paho = _drains(count, rounds, tell)
    names = sorted(find("ingest.dialects", "DIALECT"))
    found = {}
    for name in names:
        tell(f"decoding {name}")
        found[name] = _rates(name, max(_EPOCH, count // 10))
    return {
        "source_msgs_per_s": round(source),
        "paho_msgs_per_s": round(paho),
        "source_ratio": round(source / paho, 2),
        "decode_observations_per_s": {name: round(found[name].decode) for name in names},
        "normalise_and_quality_observations_per_s": round(found["wangge_json"].quality),
        "decode_normalise_quality_observations_per_s": {name: round(found[name].together) for name in names},
    }


def _drains(count: int, rounds: int, tell: Callable[[str], None]) -> tuple[float, float]:
    rates: dict[str, list[float]] = {"source": [], "paho": []}
    with mosquitto.running(window=1_000) as port:
        for number in range(rounds):
            for name in rates:
                backlog.prepare_session(port, name, "wangge/+/up/#")
            tell(f"round {number + 1} of {rounds}: queueing {count} messages for both")
            backlog.publish(port, messages("wangge_json", count, number))
            for name in rates if number % 2 == 0 else reversed(rates):
                tell(f"draining with {name}")
                done = drain(name, port, count)
                rates[name].append(done["messages"] / done["wall_s"])
    return median(rates["source"]), median(rates["paho"])


def _rates(dialect: str, count: int) -> _Rates:
    lookup = register()
    epochs = _epochs(dialect, count)
    turns = [_turn(lookup, epochs) for _ in range(_TURNS)]
    return _Rates(*(median(one) for one in zip(*turns, strict=True)))


def _epochs(dialect: str, count: int) -> list[list[Frame]]:
    """Return frames of about `count` messages, in lists as they are taken in together."""
    few = count // 20 if dialect in {"wangge_csv", "wangge_ndjson"} else count
    frames = [
        Frame(topic=topic, payload=payload, received_at_ms=_NOW_MS, source="bench", qos=1)
        for topic, payload in messages(dialect, few)
    ]
    return [frames[at : at + _EPOCH] for at in range(0, len(frames), _EPOCH)]


def _turn(lookup: Register, epochs: Sequence[Sequence[Frame]]) -> _Rates:
    decode = functools.partial(discover().decode, lookup=lookup)
    for frame in epochs[0][:100]:
        decode(frame)
    start_s = time.process_time()
    observations = 0
    for epoch in epochs:
        for frame in epoch:
            outcome = decode(frame)
            observations += len(outcome) if isinstance(outcome, tuple) else 0
    decode_s = time.process_time() - start_s

    stream = _stream(lookup)
    taken = before = 0
    start_s = time.process_time()
    for number, epoch in enumerate(epochs):
        if number == 1:
            before, start_s = taken, time.process_time()  # the first meets every series for the first time
        for intake in take_in(epoch, decode, _NOW_MS):
            taken += len(stream.work(intake.observations, {}, _nothing).judged)
    together_s = time.process_time() - start_s
    if not 0 < observations <= taken:
        raise RuntimeError(
            f"{observations} observations were decoded, {taken} checked: the messages are not understood"
        )
    each_s = together_s / (taken - before)
    return _Rates(observations / decode_s, 1 / each_s, 1 / max(1e-9, each_s - decode_s / observations))


def _stream(lookup: Register) -> Stream:
    stream = Stream(lookup, ZoneInfo("Asia/Shanghai"), {}, Trust(lookup.series_of))
    stream.serve(lookup.devices.values())
    return stream


def _nothing(_wanted: Sequence[Wanted]) -> dict[int, Sequence[Point]]:
    """Return the stored history of series: there is none."""
    return {}
