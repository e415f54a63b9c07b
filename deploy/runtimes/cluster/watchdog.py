"""Ends a worker that looks alive and does nothing: records wait, and what is committed stands still.

It judges from outside, on a thread, an event loop and a connection of its own: the ends of the partitions and the
commits of the group are asked of Kafka, not of the consumer that may be stuck. Waiting for a store is not being stuck.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Collection, Mapping

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from deploy.clock import monotonic_s
from deploy.runtimes.cluster.connection import options
from deploy.runtimes.cluster.end import Patience, fail
from deploy.runtimes.cluster.topics import Topic
from deploy.settings import KafkaSettings

LOG = structlog.get_logger("watchdog")
Part = tuple[str, int]
Owned = Callable[[], Collection[Part]]
_EVERY_S = 2.0
_TIMEOUT_MS = 10_000
_EXCUSED_S = 30.0


class Standstill:
    """Tells since when partitions have had records waiting without a commit. Pure."""

    def __init__(self, stuck_after_s: float) -> None:
        self._stuck_after_s = stuck_after_s
        self._since: dict[Part, tuple[int, float]] = {}

    def excuse(self) -> None:
        """Begin anew: there is a reason to wait."""
        self._since.clear()

    def judge(self, ends: Mapping[Part, int], committed: Mapping[Part, int], now_s: float) -> Part | None:
        """Return a partition that has stood still for too long, or None."""
        for part, end in ends.items():
            offset = committed.get(part, 0)
            before = self._since.get(part)
            if offset >= end:
                self._since.pop(part, None)
            elif before is None or before[0] != offset:
                self._since[part] = offset, now_s
        for part in self._since.keys() - ends.keys():
            del self._since[part]
        over = (part for part, (_, since_s) in self._since.items() if now_s - since_s >= self._stuck_after_s)
        return min(over, default=None)


class Watchdog:
    """Watches the partitions that `owned` names, all of `topics` where it names none; ends the process."""

    def __init__(self, kafka: KafkaSettings, topics: Collection[Topic], owned: Owned, patience: Patience) -> None:
        self._kafka, self._owned, self._patience = kafka, owned, patience
        self._all = [(topic.name, number) for topic in topics for number in range(topic.partitions)]
        self._standstill = Standstill(kafka.stuck_after_s)

    def start(self) -> None:
        """Begin to watch, until the process ends."""
        threading.Thread(target=lambda: asyncio.run(self._watch()), name="watchdog", daemon=True).start()

    async def _watch(self) -> None:
        while True:
            try:
                await self._connected()
            except Exception as exc:  # noqa: BLE001 - whatever it is, the watch goes on
                LOG.warning("kafka cannot be asked how far we are", error=repr(exc))
            await asyncio.sleep(_EVERY_S)

    async def _connected(self) -> None:
        consumer = AIOKafkaConsumer(**options(self._kafka, "watchdog"), request_timeout_ms=_TIMEOUT_MS)
        admin = AIOKafkaAdminClient(**options(self._kafka, "watchdog"), request_timeout_ms=_TIMEOUT_MS)
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(admin.close)
            stack.push_async_callback(consumer.stop)
            await consumer.start()
            await admin.start()
            while True:
                await self._look(consumer, admin)
                await asyncio.sleep(_EVERY_S)

    async def _look(self, consumer: AIOKafkaConsumer, admin: AIOKafkaAdminClient) -> None:
        parts = [TopicPartition(*part) for part in self._owned() or self._all]
        ends = await consumer.end_offsets(parts)
        marks = await admin.list_consumer_group_offsets(self._kafka.prefix, partitions=parts)
        if self._patience.is_tried(_EXCUSED_S):
            self._standstill.excuse()
            return
        committed = {(part.topic, part.partition): mark.offset for part, mark in marks.items()}
        waiting = {(part.topic, part.partition): end for part, end in ends.items()}
        stuck = self._standstill.judge(waiting, committed, monotonic_s())
        if stuck is not None:
            lag = waiting[stuck] - max(committed.get(stuck, 0), 0)
            fail(
                f"{stuck[0]} partition {stuck[1]}: {lag} records wait and nothing was committed for "
                f"{self._kafka.stuck_after_s:.0f} s: this worker is stuck and ends itself, start it again"
            )
