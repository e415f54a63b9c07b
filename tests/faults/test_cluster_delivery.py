"""The cluster runtime under 2,000 frames a second: its connection is cut, its broker dies, its stores are stalled.

The faults come one after the other in one run; nothing is lost or doubled by any of them. `--stall 300` keeps InfluxDB
frozen for five minutes (PostgreSQL for twenty seconds at most: a worker that can commit nothing for long ends itself,
so that its supervisor starts it anew).
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from deploy.services.get import debian
from deploy.services.run import mosquitto as run_mosquitto
from deploy.services.run.kafka import Kafka
from deploy.services.run.process import Process
from tests.faults.cluster import Cluster, Stores
from tests.faults.load import EFFECTS, RATE, ballast, frames, paced, woven
from tests.faults.proxy import Proxy
from tests.faults.reference import Effects, embedded, of_cluster
from tests.servers import found

pytestmark = [pytest.mark.network, pytest.mark.external, pytest.mark.slow, pytest.mark.timeout(3600)]

LONGEST_STALL_OF_CASES_S = 20
Load = Sequence[tuple[str, bytes]]


class Run(NamedTuple):
    """What a disturbed cluster and an undisturbed embedded line make of the same load; memory of the bridge in MiB."""

    effects: Effects
    expected: Effects
    bridge_mib: tuple[float, float]


def memory_mib(pid: int, what: str) -> float:
    """Return the resident memory of a process: that it has now (`VmRSS`), or the most that it has had (`VmHWM`)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition(f"{what}:")[2].split()[0]) / 1024


def cut(proxy: Proxy, port: int, load: Load) -> None:
    """Reset the connection of the bridge, close it half, hold it up."""
    part = len(load) // 4
    for number, fault in enumerate((proxy.cut, proxy.close_half, proxy.stall)):
        paced(port, load[number * part : (number + 1) * part])
        fault()
    paced(port, load[3 * part :])
    proxy.flow()


def kill_broker(server: run_mosquitto.Mosquitto, proxy: Proxy, load: Load) -> None:
    """Let the broker die and come back as it last was on disk; senders send again what it may lack.

    They wait until the bridge is back: Mosquitto 2.0 does not write shared subscriptions to its disk.
    """
    saved = server.process.log.parent / "mosquitto.db"
    before = saved.stat().st_mtime_ns if saved.exists() else 0
    os.kill(server.process.pid, signal.SIGUSR1)  # write the state now
    deadline = time.monotonic() + 10
    while not saved.exists() or saved.stat().st_mtime_ns == before:
        assert time.monotonic() < deadline, "the broker does not write its state"
        time.sleep(0.01)
    paced(server.port, load[: len(load) // 2])
    server.process.kill()
    time.sleep(1)
    connections = proxy.connections
    server.process.start()
    while proxy.connections == connections:
        assert time.monotonic() < deadline + 60, "the bridge does not come back"
        time.sleep(0.01)
    time.sleep(1)  # until it has subscribed
    paced(server.port, load)


def stall(process: Process | None, port: int, load: Load, seconds: float) -> None:
    """Freeze a server, where there is one, while the load goes on."""
    if process is not None:
        process.pause()
    begin_s = time.monotonic()
    try:
        paced(port, load)
        time.sleep(max(0.0, begin_s + seconds - time.monotonic()))
    finally:
        if process is not None:
            process.resume()


@pytest.fixture(scope="module")
def run(
    tmp_path_factory: pytest.TempPathFactory,
    kafka: Kafka,
    stores: Stores,
    stall_s: float,
    memory: dict[str, tuple[float, float]],
) -> Run:
    """Return a cluster after the load, with all faults in it."""
    folder = tmp_path_factory.mktemp("delivery")
    load = list(frames("xixiangtang"))
    part = len(load) // 6
    parts = [load[number * part : (number + 1) * part] for number in range(5)] + [load[5 * part :]]
    parts[3] = woven(parts[3], list(ballast("xixiangtang", max(1, round(RATE * stall_s) - part))))
    expected = embedded(tmp_path_factory.mktemp("undisturbed"), [one for some in parts for one in some])
    cases = stores.postgresql.process if stores.postgresql else None
    series = stores.influxdb.process if stores.influxdb else None
    with (
        run_mosquitto.running(found(debian.MOSQUITTO), folder / "mosquitto") as server,
        Proxy(server.port) as proxy,
    ):
        cluster = Cluster(folder, "delivery", proxy.port, kafka, stores)
        with cluster.running("bridge", "worker"):
            cluster.wait_for_bridge()
            bridge = cluster.processes["bridge"].pid
            paced(server.port, parts[0])
            cluster.wait("the first part", lambda: sum(cluster.sums()) > 0)
            base = memory_mib(bridge, "VmRSS")
            cut(proxy, server.port, parts[1])
            kill_broker(server, proxy, parts[2])
            stall(series, server.port, parts[3], stall_s)
            stall(cases, server.port, parts[4], min(stall_s, LONGEST_STALL_OF_CASES_S))
            paced(server.port, parts[5])
            cluster.wait("all of the load", lambda: cluster.sums() == expected["ledger"][0], 180 + 2 * stall_s)
            time.sleep(3)  # what comes again does so now
            held = memory["bridge"] = base, memory_mib(bridge, "VmHWM")
            worker = cluster.processes["worker"].pid
            memory["worker"] = memory_mib(worker, "VmRSS"), memory_mib(worker, "VmHWM")
        return Run(of_cluster(cluster, expected), expected, held)


@pytest.mark.parametrize("what", EFFECTS)
def test_same_as_embedded(run: Run, what: str) -> None:
    """Every effect is there once."""
    assert run.effects[what] == run.expected[what]


def test_ledger(run: Run) -> None:
    """The ledger balances, and has stored, refused and dead-lettered what it must."""
    assert run.effects["unbalanced"] == [(0,)]
    assert run.effects["ledger"] == run.expected["ledger"]


def test_memory_of_the_bridge(run: Run) -> None:
    """What waits, waits in the broker and in Kafka: the bridge holds a window and an epoch."""
    base, peak = run.bridge_mib

    assert peak <= base + 50
