"""The topics, declared once as data: name, partitions, how long and how records are kept.

Records of the first two are micro-batches, so that one costs little beside what it carries; the largest that is written
is far below `RECORD_BYTES`. Nothing is compacted: no record replaces another, state is in the case store.
"""

from __future__ import annotations

from typing import NamedTuple

RECORD_BYTES = 8 * 1024 * 1024
_HOUR_MS = 3_600_000


class Topic(NamedTuple):
    """A topic as it must be; `config` has the names of Kafka's own topic settings."""

    name: str
    partitions: int
    config: dict[str, str]


class Topics(NamedTuple):
    """The topics of an installation: frames, observations, dead letters."""

    frames: Topic
    observations: Topic
    deadletters: Topic


def declared(prefix: str, partitions: int, retention_hours: int) -> Topics:
    """Return the topics; `prefix` tells installations apart that share a Kafka cluster."""
    stream = _kept(retention_hours)
    return Topics(
        frames=Topic(f"{prefix}.frames.v1", partitions, stream),
        observations=Topic(f"{prefix}.observations.v1", partitions, stream),
        deadletters=Topic(f"{prefix}.deadletters.v1", 1, _kept(30 * 24)),
    )


def _kept(hours: int) -> dict[str, str]:
    return {
        "cleanup.policy": "delete",
        "retention.ms": str(hours * _HOUR_MS),
        "max.message.bytes": str(RECORD_BYTES),
    }
