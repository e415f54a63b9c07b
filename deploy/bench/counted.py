"""The state that `wangge bench state` writes: how many records a key had, before what the last of them says."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.bench.kafka import Record

PARTITIONS = 8
END = b"end"  # the key of the record that ends a partition
FIRST = "the first record is there"  # printed by a process that works
_COUNT_BYTES = 4


def records(keys: int, value: bytes) -> Iterator[Record]:
    """Yield two records of each key: first one of every key, then another; `keys` is a multiple of `PARTITIONS`."""
    for _ in range(2):
        for number in range(keys):
            yield Record(number % PARTITIONS, f"device-{number:07}".encode(), value)


def ends() -> Iterator[Record]:
    """Yield the record that ends each partition: put there when no process is to be killed any more."""
    for partition in range(PARTITIONS):
        yield Record(partition, END, b"")


def counted(times: int, value: bytes) -> bytes:
    """Return a state."""
    return times.to_bytes(_COUNT_BYTES, "big") + value


def times_of(state: bytes | None) -> int:
    """Return how many records a state has counted; None is the state of a key without any."""
    return int.from_bytes(state[:_COUNT_BYTES], "big") if state else 0
