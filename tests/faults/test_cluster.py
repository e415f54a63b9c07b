"""The cluster runtime against the embedded one: the same frames, the same effects, whatever is killed in between.

The load of the kill tests goes through an embedded runtime, through a cluster that nothing disturbs, and through one
whose worker and bridge are killed at seeded moments under load. Kafka is Apache Kafka where there is one.
"""

from __future__ import annotations

import contextlib
import functools
import random
import sqlite3
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from deploy.app import case_context, case_database, checked_site
from deploy.bench import backlog
from deploy.clock import Clock
from deploy.runtimes.embedded import EmbeddedRuntime, Parts
from deploy.services.run.kafka import Kafka
from ingest.model import Frame
from ingest.stores.sqlite import SqliteStore
from tests.faults.cluster import BALANCE, SITE, SUMS, Cluster
from tests.faults.load import EFFECTS, SEED, START_MS, frames

pytestmark = [pytest.mark.network, pytest.mark.external, pytest.mark.slow, pytest.mark.timeout(300)]

KILLS = 3  # of the worker, and as many of the bridge
CHUNK = 900
Rows = list[tuple[Any, ...]]


class Feed:
    """A source of frames that are at hand."""

    connected = True
    problem = None

    def ensure(self) -> None:
        """Do nothing."""

    def acknowledge(self, frames: Sequence[Frame]) -> int:
        """Take note of all."""
        return len(frames)


class Outcome:
    """The effects of a run, read when it was over."""

    def __init__(self, state: dict[str, Rows], series: Path) -> None:
        self.effects = state
        with contextlib.closing(sqlite3.connect(series)) as database:
            self.effects["observations"] = database.execute(EFFECTS["observations"]).fetchall()


def queries() -> dict[str, str]:
    """Return the queries on the case store."""
    return {name: query for name, query in EFFECTS.items() if name != "observations"} | {
        "ledger": SUMS,
        "open": BALANCE,
    }


def embedded(folder: Path, load: Sequence[tuple[str, bytes]]) -> Outcome:
    """Take the load through the embedded runtime."""
    site, database, series = checked_site(SITE), case_database(folder), SqliteStore(folder / "series.db")
    clock = Clock(start_ms=START_MS + 86_400_000, wall_start=time.time_ns() // 1_000_000)
    runtime = EmbeddedRuntime(
        Parts(site=site, series=series, database=database, source=Feed(), context=case_context(site), clock=clock)
    )
    made = [Frame(topic, payload, clock.now_ms(), "mqtt") for topic, payload in load]
    for start in range(0, len(made), 500):
        runtime.epoch(made[start : start + 500], threading.Event())
    series.close()
    with database.connect() as connection:
        state = {name: [tuple(row) for row in connection.exec_driver_sql(q)] for name, q in queries().items()}
    database.dispose()
    return Outcome(state, folder / "series.db")


def outcome(cluster: Cluster) -> Outcome:
    """Return what a cluster came to."""
    return Outcome({name: cluster.query(query) for name, query in queries().items()}, cluster.data / "series.db")


def has_at_least(cluster: Cluster, observations: int) -> bool:
    """Tell whether a cluster has got so far."""
    return sum(cluster.sums()) >= observations


@pytest.fixture(scope="module")
def load() -> list[tuple[str, bytes]]:
    """Return the load, for the topics of a site."""
    return list(frames("xixiangtang"))


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory, load: list[tuple[str, bytes]]) -> Outcome:
    """Return what the embedded runtime makes of the load."""
    return embedded(tmp_path_factory.mktemp("embedded"), load)


@pytest.fixture(scope="module")
def undisturbed(
    tmp_path_factory: pytest.TempPathFactory,
    mosquitto: int,
    kafka: Kafka,
    load: list[tuple[str, bytes]],
    expected: Outcome,
) -> Outcome:
    """Return what a cluster that nothing disturbs makes of the load."""
    cluster = Cluster(tmp_path_factory.mktemp("undisturbed"), "undisturbed", mosquitto, kafka.address)
    with cluster.running("bridge", "worker"):
        cluster.wait_for_bridge()
        backlog.publish(mosquitto, load)
        cluster.wait("all of the load", lambda: cluster.sums() == expected.effects["ledger"][0])
    return outcome(cluster)


@pytest.fixture(scope="module")
def killed(
    tmp_path_factory: pytest.TempPathFactory,
    mosquitto: int,
    kafka: Kafka,
    load: list[tuple[str, bytes]],
    expected: Outcome,
) -> Outcome:
    """Return what a cluster makes of the load whose worker and bridge are killed in turn, in the middle of it."""
    cluster = Cluster(tmp_path_factory.mktemp("killed"), "killed", mosquitto, kafka.address)
    chance = random.Random(SEED)
    with cluster.running("bridge", "worker"):
        cluster.wait_for_bridge()
        cluster.wait("first partitions", lambda: "partition loaded" in cluster.log("worker").read_text())
        sent = 0
        for number in range(2 * KILLS):
            before, victim = sum(cluster.sums()), ("worker", "bridge")[number % 2]
            sent += backlog.publish(mosquitto, load[sent : sent + CHUNK])
            if victim == "worker":
                enough = before + chance.randrange(1, CHUNK // 2)
                cluster.wait("some of the load", functools.partial(has_at_least, cluster, enough))
            time.sleep(chance.random() * 0.05)
            cluster.end(victim, kill=True)
            cluster.start(victim)
        backlog.publish(mosquitto, load[sent:])
        cluster.wait("all of the load", lambda: cluster.sums() == expected.effects["ledger"][0])
        time.sleep(3)  # what comes again does so now
    return outcome(cluster)


def test_load_is_worth_it(expected: Outcome) -> None:
    """The load makes cases, transitions and dead letters."""
    effects = expected.effects

    assert len(effects["cases"]) >= 5
    assert len(effects["transitions"]) > 100
    assert len(effects["dead letters"]) > 100


@pytest.mark.parametrize("what", EFFECTS)
def test_same_as_embedded(expected: Outcome, undisturbed: Outcome, what: str) -> None:
    """Both runtimes make the same of the same frames."""
    assert undisturbed.effects[what] == expected.effects[what]


@pytest.mark.parametrize("what", EFFECTS)
def test_same_after_kills(expected: Outcome, killed: Outcome, what: str) -> None:
    """Whatever was killed in between, every effect is there once."""
    assert killed.effects[what] == expected.effects[what]


def test_ledgers(expected: Outcome, undisturbed: Outcome, killed: Outcome) -> None:
    """Every ledger balances, and has stored, refused and dead-lettered the same."""
    assert [one.effects["open"] for one in (expected, undisturbed, killed)] == [[(0,)]] * 3
    assert [one.effects["ledger"] for one in (undisturbed, killed)] == [expected.effects["ledger"]] * 2
