"""The servers of a cluster die under load by `kill -9`, in turn: Kafka, PostgreSQL, InfluxDB. All goes on by itself.

They are this test's own, so that no other test feels it. `--moments 10 --away 120` is the long run.
"""

from __future__ import annotations

import time
from contextlib import ExitStack

import pytest

from deploy.bench import backlog
from deploy.services.get import debian
from deploy.services.get import influxdb as get_influxdb
from deploy.services.get import kafka as get_kafka
from deploy.services.run import influxdb as run_influxdb
from deploy.services.run import kafka as run_kafka
from deploy.services.run import postgresql as run_postgresql
from tests.faults.cluster import Cluster, Stores
from tests.faults.load import EFFECTS
from tests.faults.reference import Effects, of_cluster
from tests.servers import found

pytestmark = [pytest.mark.network, pytest.mark.external, pytest.mark.slow, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def outcome(
    tmp_path_factory: pytest.TempPathFactory,
    mosquitto: int,
    load: list[tuple[str, bytes]],
    expected: Effects,
    moments: int,
    away_s: float,
    recoveries: dict[str, list[float]],
) -> Effects:
    """Return what a cluster makes of the load while its servers die and come back."""
    with ExitStack() as servers:
        kafka = servers.enter_context(run_kafka.running(found(get_kafka.SERVER)))
        cases_at, series_at = debian.POSTGRESQL.find(), get_influxdb.SERVER.find()
        cases = servers.enter_context(run_postgresql.running(cases_at)) if cases_at else None
        series = servers.enter_context(run_influxdb.running(series_at)) if series_at else None
        victims = {"Kafka": kafka.process}
        victims |= {"PostgreSQL": cases.process} if cases else {}
        victims |= {"InfluxDB": series.process} if series else {}
        cluster = Cluster(tmp_path_factory.mktemp("servers"), "servers", mosquitto, kafka, Stores(cases, series))
        with cluster.running("bridge", "worker"):
            cluster.wait_for_bridge()
            turns = [(name, server) for _ in range(moments) for name, server in victims.items()]
            chunk = len(load) // (2 * len(turns))
            sent = backlog.publish(mosquitto, load[: chunk // 2])
            cluster.wait("some of the load", lambda: sum(cluster.sums()) > 0)
            for name, server in turns:
                sent += backlog.publish(mosquitto, load[sent : sent + chunk // 2])
                server.kill()
                sent += backlog.publish(mosquitto, load[sent : sent + chunk // 2])
                time.sleep(away_s)
                server.start()
                before = sum(cluster.sums())
                sent += backlog.publish(mosquitto, load[sent : sent + chunk // 4])
                recoveries.setdefault(name, []).append(cluster.goes_on(before))
            backlog.publish(mosquitto, load[sent:])
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
