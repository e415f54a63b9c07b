"""The bridge: MQTT → Kafka. A frame is acknowledged to its broker when Kafka has it, in order of arrival.

Frames go by their MQTT topic, so that what one device says stays in order; what one epoch has for a partition is one
record. A bridge reads all sources; several bridges share the subscriptions (`$share/…`) and each takes a part of the
frames. Nothing waits without a bound: while Kafka is away nothing is acknowledged, and the brokers keep what comes.
It gives a sign of life (a beat) only while it hears every source: else the silence of sensors would mean nothing.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence

import msgspec
import structlog

from deploy import metrics
from deploy.clock import monotonic_s, wall_ms
from deploy.runtimes.cluster import records
from deploy.runtimes.cluster.lines import BEAT_S
from deploy.runtimes.cluster.outlet import Message, Outlet
from deploy.runtimes.cluster.topics import Topic
from deploy.runtimes.commit import StoppedError
from deploy.runtimes.embedded import Source
from deploy.runtimes.shard import shard_of
from ingest.model import Frame

LOG = structlog.get_logger("bridge")
_RECORD_BYTES = 512 * 1024  # a record is closed above this
_LONGEST_PAYLOAD = 4 * 1024 * 1024  # of a frame; a longer one is cut, and so refused by every dialect


class Bridge:
    """Carries frames from a source to a topic."""

    def __init__(self, source: Source, outlet: Outlet, topic: Topic, collect: Callable[[], list[Frame]]) -> None:
        self._source, self._outlet, self._topic, self._collect = source, outlet, topic, collect
        self._beaten_s = -BEAT_S

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; what Kafka did not have by then was not acknowledged and comes again."""
        try:
            while not stop.is_set():
                self._source.ensure()
                frames = await asyncio.to_thread(self._collect)
                await self._outlet.send(self._messages(frames), stop)
                self._source.acknowledge(frames)
                for name, count in Counter(frame.source for frame in frames).items():
                    metrics.BRIDGED.labels(name).inc(count)
        except StoppedError:
            LOG.warning("stopped while kafka was away")

    def _messages(self, frames: Sequence[Frame]) -> list[Message]:
        beat_ms = 0
        if monotonic_s() - self._beaten_s >= BEAT_S:
            self._beaten_s = monotonic_s()
            for name, connected in self._source.links.items():
                metrics.CONNECTED.labels(name).set(connected)
            if self._source.connected:
                beat_ms = wall_ms()
        return messages(self._topic, frames, beat_ms)


def messages(topic: Topic, frames: Sequence[Frame], beat_ms: int) -> list[Message]:
    """Return the records of an epoch: for each partition its frames in order; with a beat, for every partition one."""
    parts: dict[int, list[Frame]] = {number: [] for number in range(topic.partitions)} if beat_ms else {}
    for frame in frames:
        parts.setdefault(shard_of(frame.topic, topic.partitions), []).append(frame)
    return [
        Message(topic.name, number, records.pack_frames(some, beat_ms))
        for number, part in parts.items()
        for some in _bounded(part)
    ]


def _bounded(frames: Sequence[Frame]) -> list[list[Frame]]:
    """Part frames so that no record grows large; an empty list stays one record."""
    some: list[Frame] = []
    groups, size = [some], 0
    for frame in frames:
        kept = frame
        if len(frame.payload) > _LONGEST_PAYLOAD:
            kept = msgspec.structs.replace(frame, payload=frame.payload[:_LONGEST_PAYLOAD])
            LOG.warning("payload was cut", topic=frame.topic, bytes=len(frame.payload))
        if some and size + len(kept.payload) > _RECORD_BYTES:
            some, size = [], 0
            groups.append(some)
        some.append(kept)
        size += len(kept.payload)
    return groups
