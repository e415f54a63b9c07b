"""The real servers: they start, serve, keep their data over kill -9, and are nobody's but ours."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.services.cache import Found
from deploy.services.run import influxdb, postgresql
from deploy.services.run import kafka as run_kafka
from deploy.services.run.kafka import Kafka

pytestmark = [pytest.mark.external, pytest.mark.network]


async def make_topic(address: str, topic: str) -> None:
    """Make a topic of two partitions."""
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    await admin.create_topics([NewTopic(topic, num_partitions=2, replication_factor=1)])
    await admin.close()


async def send(address: str, topic: str, values: list[bytes]) -> None:
    """Send records, waiting until they are safe."""
    producer = AIOKafkaProducer(bootstrap_servers=address, acks="all")
    await producer.start()
    for value in values:
        await producer.send_and_wait(topic, value)
    await producer.stop()


async def receive(address: str, topic: str, count: int) -> set[bytes]:
    """Return so many records from the beginning of a topic."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=address, auto_offset_reset="earliest", group_id=f"{topic}-g")
    await consumer.start()
    values = {(await asyncio.wait_for(consumer.getone(), 20)).value for _ in range(count)}
    await consumer.stop()
    return {value for value in values if value is not None}


def test_kafka_serves(kafka: Kafka) -> None:
    """Topics are made, records sent and consumed by a group: on Apache Kafka, or on what stands for it."""

    async def talk() -> set[bytes]:
        await make_topic(kafka.address, "serves")
        await send(kafka.address, "serves", [b"one", b"two"])
        return await receive(kafka.address, "serves", 2)

    assert asyncio.run(talk()) == {b"one", b"two"}


@pytest.mark.slow
def test_kafka_keeps_its_records(place_of: Callable[[str], Found], tmp_path: Path) -> None:
    """What was acknowledged is there after kill -9, and after a stop with a later start on the same folder."""
    place = place_of("apache_kafka")
    with run_kafka.running(place, tmp_path) as server:
        asyncio.run(make_topic(server.address, "kept"))
        asyncio.run(send(server.address, "kept", [b"one", b"two"]))
        server.process.kill()
        server.process.start()
        after_kill = asyncio.run(receive(server.address, "kept", 2))
        asyncio.run(send(server.address, "kept", [b"three"]))
    with run_kafka.running(place, tmp_path) as server:
        later = asyncio.run(receive(server.address, "kept", 1))

    assert (after_kill, later) == ({b"one", b"two"}, {b"three"})


def test_postgresql_is_closed_to_others(place_of: Callable[[str], Found], tmp_path: Path) -> None:
    """It runs as a plain user, asks for the password, and keeps what was committed over kill -9."""
    folder = tmp_path if os.geteuid() else None  # PostgreSQL's user could not enter the folder of root's tests
    with postgresql.running(place_of("postgresql"), folder) as server:
        plain = server.create("cases").replace("+psycopg", "")
        with psycopg.connect(plain) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        owner = Path(f"/proc/{server.process.pid}").stat().st_uid
        server.process.kill()
        server.process.start()
        with psycopg.connect(plain) as connection:
            row = connection.execute("SELECT answer FROM kept").fetchone()
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(plain.replace(server.password, "wrong"))

    assert owner != 0
    assert row == (42,)


def test_influxdb_keeps_its_token(place_of: Callable[[str], Found], tmp_path: Path) -> None:
    """A server that is started again on its folder is not set up again: the token stays."""
    place = place_of("influxdb")
    with influxdb.running(place, tmp_path) as server:
        first = server.token
    with influxdb.running(place, tmp_path) as server:
        second = server.token

    assert first == second
    assert (tmp_path / "access.json").stat().st_mode & 0o077 == 0
