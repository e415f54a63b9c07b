"""Sends records to Kafka and returns when it has them: all replicas in sync, idempotent, tried until it is done."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Sequence
from typing import NamedTuple, Self

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

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._forget()

    async def send(self, messages: Sequence[Message], stop: asyncio.Event) -> None:
        """Return when Kafka has all of them; raise StoppedError when `stop` is set before."""
        attempt = 0
        while messages:
            try:
                producer = await self._connected()
                sent = [
                    await producer.send(one.topic, one.value, one.key, one.partition, headers=one.headers)
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
                await self._forget()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), wait_s)
                if stop.is_set():
                    raise StoppedError("kafka") from exc
            else:
                return

    async def _connected(self) -> AIOKafkaProducer:
        if self._producer is None:
            self._producer = AIOKafkaProducer(
                **options(self._kafka, self._name),
                acks="all",
                enable_idempotence=True,
                max_request_size=RECORD_BYTES,
                request_timeout_ms=_TIMEOUT_MS,
            )
            await self._producer.start()
        return self._producer

    async def _forget(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            with contextlib.suppress(KafkaError, OSError, TimeoutError):
                await asyncio.wait_for(producer.stop(), 5)
