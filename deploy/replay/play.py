"""Plays recorded messages: files → one stream in order of time → a publisher, at real, scaled or full speed."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from deploy.replay import recorded, series
from deploy.replay.recorded import Message
from ingest.located import Fault


def read(path: Path, mapping: series.Mapping | None) -> Iterator[Message | Fault]:
    """Go over the messages and faults of one file: `.csv` by the mapping, anything else as JSON lines."""
    if path.suffix.lower() != ".csv":
        return recorded.read(path)
    if mapping is None:
        return iter([Fault(str(path), 1, "a CSV file needs --mapping, which says what its columns are")])
    return series.read(path, mapping)


def survey(paths: Sequence[Path], mapping: series.Mapping | None) -> tuple[int, list[Fault]]:
    """Read everything once, keep nothing; return how many messages there are, and every fault."""
    count, faults = 0, []
    for path in paths:
        for item in read(path, mapping):
            if isinstance(item, Fault):
                faults.append(item)
            else:
                count += 1
    return count, faults


def messages(paths: Sequence[Path], mapping: series.Mapping | None) -> Iterator[Message]:
    """Go over the messages of all files together, in order of time; within a file in the order of the file."""
    streams = [_timed(read(path, mapping), index) for index, path in enumerate(paths)]
    for _, _, message in heapq.merge(*streams, key=lambda timed: timed[:2]):
        yield message


def _timed(items: Iterable[Message | Fault], index: int) -> Iterator[tuple[int, int, Message]]:
    latest_ms = 0
    for item in items:
        if isinstance(item, Message):
            latest_ms = max(latest_ms, item.at_ms or 0)
            yield latest_ms, index, item


def play(
    stream: Iterable[Message],
    publish: Callable[[str, bytes], None],
    wait_s: Callable[[float], None],
    speed: float | None,
) -> Iterator[int]:
    """Publish each message when it is due, and yield how many went out so far.

    `wait_s(s)` returns when `s` seconds have gone since the beginning; `speed` None is as fast as the publisher takes.
    """
    first_ms: int | None = None
    for count, message in enumerate(stream, start=1):
        if message.at_ms is not None:
            first_ms = message.at_ms if first_ms is None else first_ms
            if speed is not None:
                wait_s(max(0.0, (message.at_ms - first_ms) / 1000 / speed))
        publish(message.topic, message.payload)
        yield count
