"""A second worker joins and leaves under load, and records that nobody can read come in between.

It does so as often as `--moments` says, at seeded moments, and leaves now in order and now by `kill -9`. Nothing is
lost or doubled by it: the effects are those of the embedded runtime. Each poison record is one dead letter, with its
bytes and place, in the table and in the topic.
"""

from __future__ import annotations

import asyncio
import functools
import random
import time
from collections.abc import Sequence

import msgspec
import pytest

from deploy.bench import backlog
from deploy.runtimes.cluster import administer
from deploy.services.run.kafka import Kafka
from tests.faults.cluster import PARTITIONS, Cluster, Stores
from tests.faults.load import EFFECTS, SEED
from tests.faults.reference import Effects, of_cluster

aiokafka = pytest.importorskip("aiokafka", reason="the extra `cluster` is not installed")
pytestmark = [pytest.mark.network, pytest.mark.external, pytest.mark.slow, pytest.mark.timeout(1800)]

POISON = b"", b"\xc1rubbish", msgspec.msgpack.encode([2, 0, [], "of a newer program"])


class Scaled(msgspec.Struct):
    """The cluster after the load, its effects, and the dead letters that were in its topic."""

    cluster: Cluster
    effects: Effects
    dead: list[tuple[dict[str, str], bytes]]


async def send(kafka: str, topic: str, values: Sequence[bytes]) -> None:
    """Put records of these bytes into a topic, each into another partition."""
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    for number, value in enumerate(values):
        await producer.send_and_wait(topic, value, partition=number % PARTITIONS)
    await producer.stop()


async def read(kafka: str, topic: str, count: int) -> list[tuple[dict[str, str], bytes]]:
    """Return headers and bytes of all records of a topic with one partition."""
    consumer = aiokafka.AIOKafkaConsumer(topic, bootstrap_servers=kafka, auto_offset_reset="earliest")
    await consumer.start()
    found: list[tuple[dict[str, str], bytes]] = []
    while len(found) < count:
        one = await asyncio.wait_for(consumer.getone(), 10)
        found.append(({name: value.decode() for name, value in one.headers}, one.value))
    await consumer.stop()
    return found


def loads_of(cluster: Cluster) -> int:
    """Return how often the second worker has loaded a partition."""
    log = cluster.log("worker2")
    return log.read_text().count("partition loaded") if log.exists() else 0


def has_loaded(cluster: Cluster, before: int) -> bool:
    """Tell whether the second worker has loaded a partition since."""
    return loads_of(cluster) > before


@pytest.fixture(scope="module")
def scaled(
    tmp_path_factory: pytest.TempPathFactory,
    mosquitto: int,
    kafka: Kafka,
    stores: Stores,
    load: list[tuple[str, bytes]],
    expected: Effects,
    moments: int,
    recoveries: dict[str, list[float]],
) -> Scaled:
    """Return a cluster that had a second worker for a while, again and again, and poison at the first time."""
    cluster = Cluster(tmp_path_factory.mktemp("scaled"), "scaled", mosquitto, kafka, stores)
    chance = random.Random(SEED)
    part, sent = len(load) // (3 * moments + 1), 0
    with cluster.running("bridge", "worker"):
        cluster.wait_for_bridge()
        for number in range(moments):
            loaded = loads_of(cluster)
            sent += backlog.publish(mosquitto, load[sent : sent + part])
            time.sleep(chance.random())
            if number == 0:
                asyncio.run(send(kafka.address, cluster.topics.frames.name, POISON))
            begin_s = time.monotonic()
            cluster.start("worker2")
            sent += backlog.publish(mosquitto, load[sent : sent + part])
            cluster.wait("second worker", functools.partial(has_loaded, cluster, loaded))
            recoveries.setdefault("joining", []).append(time.monotonic() - begin_s)
            if number == 0:
                asyncio.run(send(kafka.address, cluster.topics.observations.name, POISON))
            time.sleep(chance.random())
            before = sum(cluster.sums())
            cluster.end("worker2", kill=number % 2 == 1)
            sent += backlog.publish(mosquitto, load[sent : sent + part])
            recoveries.setdefault("leaving", []).append(cluster.goes_on(before))
        backlog.publish(mosquitto, load[sent:])
        cluster.wait("all of the load", lambda: cluster.sums() == expected["ledger"][0])
        poisoned = "SELECT count(*) FROM dead_letters WHERE source = 'kafka'"
        cluster.wait("the dead letters", lambda: cluster.query(poisoned) == [(2 * len(POISON),)])
        ends = asyncio.run(administer.ends(cluster.settings.kafka, cluster.topics.deadletters))
        dead = asyncio.run(read(kafka.address, cluster.topics.deadletters.name, ends[0]))
    return Scaled(cluster, of_cluster(cluster, expected), dead)


@pytest.mark.parametrize("what", [name for name in EFFECTS if name != "dead letters"])
def test_same_as_embedded(expected: Effects, scaled: Scaled, what: str) -> None:
    """Partitions that move between workers change no effect."""
    assert scaled.effects[what] == expected[what]


def test_ledger(expected: Effects, scaled: Scaled) -> None:
    """The ledger balances with the poison in it, and has the same of the frames."""
    assert scaled.effects["unbalanced"] == [(0,)]
    assert scaled.effects["ledger"] == expected["ledger"]


def test_poison_in_the_table(expected: Effects, scaled: Scaled) -> None:
    """Each poison record is one dead letter beside those of the frames."""
    found = scaled.cluster.query("SELECT topic, reason, payload FROM dead_letters WHERE source = 'kafka' ORDER BY 1, 2")
    reasons = ["record_unreadable", "record_unreadable", "record_version"]

    assert [(row[0], row[1]) for row in found] == [
        (f"kafka/scaled.{name}.v1", reason) for name in ("frames", "observations") for reason in reasons
    ]
    assert sorted(bytes(row[2]) for row in found) == sorted(POISON * 2)
    assert set(scaled.effects["dead letters"]) > set(expected["dead letters"])


def test_poison_in_the_topic(scaled: Scaled) -> None:
    """The topic has them too, at least once, with bytes, place and reason."""
    assert {(headers["topic"], value) for headers, value in scaled.dead} == {
        (f"scaled.{name}.v1", value) for name in ("frames", "observations") for value in POISON
    }
    assert {headers["partition"] for headers, _ in scaled.dead} == {"0", "1", "2"}
    assert all(int(headers["offset"]) >= 0 and headers["detail"] for headers, _ in scaled.dead)


def test_second_worker_worked(scaled: Scaled) -> None:
    """It was given partitions, and those came back to the first."""
    first, second = (scaled.cluster.log(name).read_text() for name in ("worker", "worker2"))

    assert "partition loaded" in second
    assert first.count("partition loaded") > PARTITIONS
