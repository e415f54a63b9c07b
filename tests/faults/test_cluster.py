"""The cluster runtime against the embedded one: the same frames, the same effects, whatever is killed in between.

The load of the kill tests goes through an embedded runtime, through a cluster that nothing disturbs, and through one
whose worker and bridge are killed at seeded moments under load. Kafka is Apache Kafka, cases lie in PostgreSQL and the
time series are in InfluxDB where there are such servers.
"""

from __future__ import annotations

import functools
import random
import time

import pytest

from deploy.bench import backlog
from deploy.services.run.kafka import Kafka
from tests.faults.cluster import Cluster, Stores
from tests.faults.load import EFFECTS, SEED
from tests.faults.reference import Effects, of_cluster

pytestmark = [pytest.mark.network, pytest.mark.external, pytest.mark.slow, pytest.mark.timeout(900)]


def has_at_least(cluster: Cluster, observations: int) -> bool:
    """Tell whether a cluster has got so far."""
    return sum(cluster.sums()) >= observations


@pytest.fixture(scope="module")
def undisturbed(
    tmp_path_factory: pytest.TempPathFactory,
    mosquitto: int,
    kafka: Kafka,
    stores: Stores,
    load: list[tuple[str, bytes]],
    expected: Effects,
) -> Effects:
    """Return what a cluster that nothing disturbs makes of the load."""
    cluster = Cluster(tmp_path_factory.mktemp("undisturbed"), "undisturbed", mosquitto, kafka, stores)
    with cluster.running("bridge", "worker"):
        cluster.wait_for_bridge()
        backlog.publish(mosquitto, load)
        cluster.wait("all of the load", lambda: cluster.sums() == expected["ledger"][0])
    return of_cluster(cluster, expected)


@pytest.fixture(scope="module")
def killed(
    tmp_path_factory: pytest.TempPathFactory,
    mosquitto: int,
    kafka: Kafka,
    stores: Stores,
    load: list[tuple[str, bytes]],
    expected: Effects,
    moments: int,
    recoveries: dict[str, list[float]],
) -> Effects:
    """Return what a cluster makes of the load whose worker and bridge are killed in turn, in the middle of it."""
    cluster = Cluster(tmp_path_factory.mktemp("killed"), "killed", mosquitto, kafka, stores)
    chance = random.Random(SEED)
    with cluster.running("bridge", "worker"):
        cluster.wait_for_bridge()
        cluster.wait("first partitions", lambda: "partition loaded" in cluster.log("worker").read_text())
        sent, chunk = 0, len(load) // (3 * moments + 1)
        for number in range(2 * moments):
            before, victim = sum(cluster.sums()), ("worker", "bridge")[number % 2]
            sent += backlog.publish(mosquitto, load[sent : sent + chunk])
            if victim == "worker":
                enough = before + chance.randrange(1, chunk // 2)
                cluster.wait("some of the load", functools.partial(has_at_least, cluster, enough))
            time.sleep(chance.random() * 0.05)
            cluster.end(victim, kill=True)
            cluster.start(victim)
            before = sum(cluster.sums())
            sent += backlog.publish(mosquitto, load[sent : sent + chunk // 4])
            recoveries.setdefault(victim, []).append(cluster.goes_on(before))
        backlog.publish(mosquitto, load[sent:])
        cluster.wait("all of the load", lambda: cluster.sums() == expected["ledger"][0])
        time.sleep(3)  # what comes again does so now
    return of_cluster(cluster, expected)


def test_load_is_worth_it(expected: Effects) -> None:
    """The load makes cases, transitions and dead letters."""
    assert len(expected["cases"]) >= 5
    assert len(expected["transitions"]) > 100
    assert len(expected["dead letters"]) > 100


@pytest.mark.parametrize("what", EFFECTS)
def test_same_as_embedded(expected: Effects, undisturbed: Effects, what: str) -> None:
    """Both runtimes make the same of the same frames."""
    assert undisturbed[what] == expected[what]


@pytest.mark.parametrize("what", EFFECTS)
def test_same_after_kills(expected: Effects, killed: Effects, what: str) -> None:
    """Whatever was killed in between, every effect is there once."""
    assert killed[what] == expected[what]


def test_ledgers(expected: Effects, undisturbed: Effects, killed: Effects) -> None:
    """Every ledger balances, and has stored, refused and dead-lettered the same."""
    assert [one["unbalanced"] for one in (expected, undisturbed, killed)] == [[(0,)]] * 3
    assert [one["ledger"] for one in (undisturbed, killed)] == [expected["ledger"]] * 2
