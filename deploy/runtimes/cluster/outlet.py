"""Sends records to Kafka and returns when it has them: all replicas in sync, idempotent, tried until it is done."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from deploy.metrics import RETRIES
from deploy.runtimes.cluster.connection import options
from deploy.runtimes.cluster.topics import RECORD_BYTES
from deploy.runtimes.commit import StoppedError
from deploy.settings import KafkaSettings

LOG = structlog.get_logger("kafka")
_LONGEST_WAIT_S = 10.0
_TIMEOUT_MS = 20_000
_STOP_S = 5.0


class Message(NamedTuple):
    """A record to send."""

    topic: str
    partition: int
    value: bytes
    key: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()


class Outlet:
    """A producer that is made anew when it fails: what was sent may then be there twice, never not at all."""

    def __init__(self, kafka: KafkaSettings, name: str) -> None:
        self._kafka, self._name = kafka, name
        self._producer: AIOKafkaProducer | None = None
        self._connecting = asyncio.Lock()
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Disconnect; who sends meanwhile or later finds StoppedError."""
        self._closed = True
        await self._forget(self._producer)

    async def send(self, messages: Sequence[Message], stop: asyncio.Event) -> None:
        """Return when Kafka has all of them; raise StoppedError when `stop` is set before."""
        attempt = 0
        while messages:
            producer = None
            try:
                producer = await self._connected()
                sent = [
                    await producer.send(one.topic, one.value, one.key, one.partition, headers=list(one.headers))
                    for one in messages
                ]
                await asyncio.gather(*sent)
            except (
                KafkaError,
                OSError,
                AssertionError,
            ) as exc:  # AssertionError: aiokafka, for a partition unknown yet
                RETRIES.labels("kafka").inc()
                wait_s = random.uniform(0, min(_LONGEST_WAIT_S, 0.2 * 2**attempt))  # noqa: S311 - jitter, not a secret
                attempt = min(attempt + 1, 10)
                LOG.warning("kafka does not take it, trying again", error=repr(exc), wait_s=round(wait_s, 2))
                await self._forget(producer)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), wait_s)
                if stop.is_set() or self._closed:
                    raise StoppedError("kafka") from exc
            else:
                return

    async def _connected(self) -> AIOKafkaProducer:
        async with self._connecting:
            if self._closed:
                raise StoppedError("kafka")
            if self._producer is None:
                producer = AIOKafkaProducer(
                    **options(self._kafka, self._name),
                    acks="all",
                    enable_idempotence=self._kafka.idempotence,
                    max_request_size=RECORD_BYTES,
                    request_timeout_ms=_TIMEOUT_MS,
                )
                try:
                    await producer.start()
                except BaseException:
                    await producer.stop()
                    raise
                self._producer = producer
            return self._producer

    async def _forget(self, producer: Any) -> None:
        if producer is None:
            return
        if self._producer is producer:  # otherwise somebody else has made a new one already
            self._producer = None
        with contextlib.suppress(KafkaError, OSError, TimeoutError):
            await asyncio.wait_for(producer.stop(), _STOP_S)
