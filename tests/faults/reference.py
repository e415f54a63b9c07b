"""What the embedded runtime makes of a load: the effects that the cluster runtime is held against."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from types import MappingProxyType
from typing import Any

from deploy.app import case_context, case_database, checked_site
from deploy.clock import Clock
from deploy.runtimes.embedded import EmbeddedRuntime, Parts
from ingest.model import Frame
from ingest.stores.sqlite import SqliteStore
from tests.faults.cluster import BALANCE, SITE, SUMS, Cluster
from tests.faults.load import EFFECTS, START_MS

Rows = list[tuple[Any, ...]]
Effects = dict[str, Rows]
OF_CASES = {name: query for name, query in EFFECTS.items() if name != "observations"}
OF_CASES |= {"ledger": SUMS, "unbalanced": BALANCE}


class Feed:
    """A source of frames that are at hand."""

    connected = True
    problem = None
    links = MappingProxyType({"mqtt": True})

    def ensure(self) -> None:
        """Do nothing."""

    def acknowledge(self, frames: Sequence[Frame]) -> int:
        """Take note of all."""
        return len(frames)


def embedded(folder: Path, load: Sequence[tuple[str, bytes]]) -> Effects:
    """Take the load through the embedded runtime and return the effects."""
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
        effects = {name: [tuple(row) for row in connection.exec_driver_sql(query)] for name, query in OF_CASES.items()}
    database.dispose()
    with closing(sqlite3.connect(folder / "series.db")) as file:
        return effects | {"observations": file.execute(EFFECTS["observations"]).fetchall()}


def of_cluster(cluster: Cluster, expected: Effects) -> Effects:
    """Return the effects of a cluster; the series are asked for by the names of the expected ones, and counted."""
    effects = {name: cluster.query(query) for name, query in OF_CASES.items()}
    observations = cluster.observations(sorted({(row[0], row[1]) for row in expected["observations"]}))
    return effects | {"observations": observations}
