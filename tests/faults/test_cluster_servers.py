"""The servers of a cluster die under load by `kill -9`: Kafka, then PostgreSQL. Bridge and worker go on by themselves.

Kafka and PostgreSQL are this test's own, so that no other test feels it.
"""

from __future__ import annotations

import time
from contextlib import ExitStack

import pytest

from deploy.bench import backlog
from deploy.services.get import debian
from deploy.services.get import kafka as get_kafka
from deploy.services.run import kafka as run_kafka
from deploy.services.run import postgresql as run_postgresql
from tests.faults.cluster import Cluster, Stores
from tests.faults.load import EFFECTS, frames
from tests.faults.reference import Effects, embedded, of_cluster
from tests.servers import found

pytestmark = [pytest.mark.network, pytest.mark.external, pytest.mark.slow, pytest.mark.timeout(300)]

AWAY_S = 2.0


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Effects:
    """Return what the embedded runtime makes of the load."""
    return embedded(tmp_path_factory.mktemp("embedded"), list(frames("xixiangtang")))


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory, mosquitto: int, expected: Effects) -> Effects:
    """Return what a cluster makes of the load while its servers die and come back."""
    load = list(frames("xixiangtang"))
    third = len(load) // 3
    with ExitStack() as servers:
        kafka = servers.enter_context(run_kafka.running(found(get_kafka.SERVER)))
        where = debian.POSTGRESQL.find()
        cases = servers.enter_context(run_postgresql.running(where)) if where else None
        cluster = Cluster(tmp_path_factory.mktemp("servers"), "servers", mosquitto, kafka, Stores(cases, None))
        with cluster.running("bridge", "worker"):
            cluster.wait_for_bridge()
            backlog.publish(mosquitto, load[:third])
            cluster.wait("some of the load", lambda: sum(cluster.sums()) > 0)
            for number, server in enumerate((kafka.process, *([cases.process] if cases else []))):
                server.kill()
                if not number:
                    backlog.publish(mosquitto, load[third : 2 * third])
                time.sleep(AWAY_S)
                server.start()
            backlog.publish(mosquitto, load[2 * third :])
            cluster.wait("all of the load", lambda: cluster.sums() == expected["ledger"][0], 120)
        return of_cluster(cluster, expected)


@pytest.mark.parametrize("what", EFFECTS)
def test_same_as_embedded(expected: Effects, outcome: Effects, what: str) -> None:
    """Nothing is lost and nothing is there twice."""
    assert outcome[what] == expected[what]


def test_ledger(expected: Effects, outcome: Effects) -> None:
    """The ledger balances and has the same."""
    assert outcome["unbalanced"] == [(0,)]
    assert outcome["ledger"] == expected["ledger"]
