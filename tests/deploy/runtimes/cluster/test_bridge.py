"""What the bridge makes of an epoch: a record a partition, in order, of bounded size."""

from __future__ import annotations

import pytest

pytest.importorskip("aiokafka", reason="the extra `cluster` is not installed")

from deploy.runtimes.cluster.bridge import messages
from deploy.runtimes.cluster.records import unpack_frames
from deploy.runtimes.cluster.topics import RECORD_BYTES, declared
from ingest.model import Frame

TOPIC = declared("t", 4, 24).frames


def frames(count: int, size: int = 10) -> list[Frame]:
    """Return frames of ten MQTT topics in turn."""
    return [Frame(f"up/{number % 10}", b"%d" % number + b"x" * size, number, "mqtt") for number in range(count)]


def test_one_record_a_partition_in_order() -> None:
    """What one MQTT topic says stays in order in one partition."""
    made = messages(TOPIC, frames(100), 0)

    assert len({one.partition for one in made}) == len(made) > 1
    for one in made:
        times = [frame.received_at_ms for frame in unpack_frames(one.value).frames]
        assert times == sorted(times)
    assert sum(len(unpack_frames(one.value).frames) for one in made) == 100


def test_beat_goes_everywhere() -> None:
    """A sign of life takes a record in every partition, with frames or without; an idle epoch takes none."""
    assert [(one.partition, unpack_frames(one.value)) for one in messages(TOPIC, [], 77)] == [
        (number, ([], 77)) for number in range(4)
    ]
    assert messages(TOPIC, [], 0) == []


def test_large_epochs_are_parted() -> None:
    """No record comes near the size that Kafka would refuse; a payload beyond every sense is cut."""
    made = messages(TOPIC, frames(60, 100_000) + frames(1, 9_000_000), 0)

    assert max(len(one.value) for one in made) < RECORD_BYTES
    assert sum(len(unpack_frames(one.value).frames) for one in made) == 61
