"""A Kafka of our own for a measurement, and its records: Apache Kafka where it is, else Tansu, which is then said."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from deploy.commands._base import UserError
from deploy.runtimes.cluster.topics import RECORD_BYTES, Topic
from deploy.services.get import kafka as get_kafka
from deploy.services.get import tansu as get_tansu
from deploy.services.run import kafka as run_kafka
from deploy.services.run import tansu as run_tansu

_IN_FLIGHT = 1_000


class Broker(NamedTuple):
    """A running broker: what it is, and its address."""

    name: str
    address: str


class Record(NamedTuple):
    """What a record holds; `at_ms` is when its producer sent it."""

    partition: int
    key: bytes | None
    value: bytes
    at_ms: int = 0


@contextlib.contextmanager
def running(tell: Callable[[str], None]) -> Iterator[Broker]:
    """Run a broker; raise UserError where there is none."""
    found = get_kafka.SERVER.find()
    if found is not None:
        with run_kafka.running(found) as kafka:
            yield Broker(f"Apache Kafka {found.version}", kafka.address)
        return
    found = get_tansu.SERVER.find()
    if found is None:
        raise UserError("neither Apache Kafka nor Tansu is here: get them with `make services`")
    tell("Apache Kafka is not here (`make services`): measuring on Tansu, which keeps everything in memory")
    with run_tansu.running(found) as tansu:
        yield Broker(f"Tansu {found.version}", tansu.address)


async def fill(address: str, topic: str, records: Iterable[Record]) -> None:
    """Put records into a topic and wait until they are there."""
    producer = AIOKafkaProducer(bootstrap_servers=address, max_request_size=RECORD_BYTES, enable_idempotence=True)
    await producer.start()
    try:
        waiting = []
        for one in records:
            waiting.append(await producer.send(topic, one.value, one.key, one.partition))
            if len(waiting) >= _IN_FLIGHT:
                await waiting[0]
                del waiting[0]
        await producer.flush()
    finally:
        await producer.stop()


async def read(address: str, topic: Topic, enough: Callable[[Record], bool] | None = None) -> list[Record]:
    """Return the records of a topic: those that it has now, or all until one is `enough`, waiting for them."""
    consumer = AIOKafkaConsumer(bootstrap_servers=address, auto_offset_reset="earliest", enable_auto_commit=False)
    await consumer.start()
    try:
        parts = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
        consumer.assign(parts)
        found: list[Record] = []
        left = sum((await consumer.end_offsets(parts)).values())
        while enough is not None or len(found) < left:
            for some in (await consumer.getmany(timeout_ms=500)).values():
                for one in some:
                    found.append(Record(one.partition, one.key, one.value or b"", one.timestamp))
                    if enough is not None and enough(found[-1]):
                        return found
        return found
    finally:
        await consumer.stop()
