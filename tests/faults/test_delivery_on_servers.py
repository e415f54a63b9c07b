"""Both runtimes on servers (PostgreSQL, InfluxDB; the cluster on Kafka) under 2,000 frames a second, with faults.

The connection to the broker is cut, the broker dies, InfluxDB and PostgreSQL are frozen, the disk of the data folder is
full; one after the other, in one run. Nothing is lost or doubled by any of them, the ledger balances, memory stays in
its bound (docs/reliability.md). `--stall 300` freezes each of the two for five minutes: a worker of the cluster then
ends itself (`kafka.stuck_after_s`) and is started again until it is back.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from typing import NamedTuple

import pytest

from deploy.services.get import debian
from deploy.services.run import mosquitto as run_mosquitto
from deploy.services.run.kafka import Kafka
from deploy.services.run.process import Process
from tests.faults import disks
from tests.faults.accounts import Accounts
from tests.faults.cluster import Cluster, Stores
from tests.faults.load import EFFECTS, RATE, ballast, frames, paced, woven
from tests.faults.proxy import Proxy
from tests.faults.reference import Effects, embedded, of_cluster
from tests.servers import found

pytestmark = [pytest.mark.network, pytest.mark.external, pytest.mark.slow, pytest.mark.timeout(3600)]

WINDOW = 1_000
RUNTIMES = {"cluster": ("bridge", "worker"), "embedded": ("run",)}
BASE_MIB = {"bridge": 32, "worker": 160, "run": 96}  # what may come on top of the window
Load = Sequence[tuple[str, bytes]]


class Run(NamedTuple):
    """What a disturbed installation and an undisturbed line make of the same load, and memory (MiB) by process."""

    effects: Effects
    expected: Effects
    accounts: Accounts
    sent: int
    memory: dict[str, tuple[float, float]]
    largest: int


def cut(proxy: Proxy, port: int, load: Load) -> None:
    """Reset the connection to the broker, close it half, hold it up."""
    part = len(load) // 4
    for number, fault in enumerate((proxy.cut, proxy.close_half, proxy.stall)):
        paced(port, load[number * part : (number + 1) * part])
        fault()
    paced(port, load[3 * part :])
    proxy.flow()


def kill_broker(server: run_mosquitto.Mosquitto, load: Load) -> None:
    """Let the broker die and come back as it last was on disk; senders send again what it may lack."""
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
    server.process.start()
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


def fill(cluster: Cluster, name: str, series: Process | None, port: int, load: Load) -> None:
    """Let the disk of the data folder be full when what waits for InfluxDB should go there, until that is noticed.

    What came before must be worked off: the past of a series that is heard for the first time only the server knows.
    """
    log = cluster.log(name)
    before = len(log.read_text())
    if series is not None:
        series.pause()
    try:
        with disks.full(cluster.data / name):
            paced(port, load)
            cluster.wait("a full disk", lambda: "No space left" in log.read_text()[before:])
    finally:
        if series is not None:
            series.resume()


def parts_of(stall_s: float) -> list[Load]:
    """Return the load: before, for the cut, the death of the broker, InfluxDB, PostgreSQL, the disk, and after."""
    load = list(frames("xixiangtang"))
    size = len(load) // 7
    heavy = list(ballast("xixiangtang", 2 * max(1, round(RATE * stall_s) - size)))
    half = len(heavy) // 2
    cuts = [load[number * size : (number + 1) * size] for number in range(6)]
    return [*cuts[:3], woven(cuts[3], heavy[:half]), woven(cuts[4], heavy[half:]), cuts[5], load[6 * size :]]


@pytest.fixture(scope="module")
def parts(stall_s: float) -> list[Load]:
    """Return the parts of the load."""
    return parts_of(stall_s)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, parts: list[Load]) -> Effects:
    """Return what an undisturbed line makes of all parts."""
    return embedded(tmp_path_factory.mktemp("undisturbed"), [one for some in parts for one in some])


@pytest.fixture(scope="module", params=RUNTIMES)
def run(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    stores: Stores,
    stall_s: float,
    parts: list[Load],
    undisturbed: Effects,
    memory: dict[str, tuple[float, float]],
) -> Run:
    """Return an installation after the load, with all faults in it."""
    name = str(request.param)
    kafka: Kafka | None = request.getfixturevalue("kafka") if name == "cluster" else None
    cases = stores.postgresql.process if stores.postgresql else None
    series = stores.influxdb.process if stores.influxdb else None
    folder = tmp_path_factory.mktemp("delivery")
    data = folder / name / RUNTIMES[name][-1]
    with (
        run_mosquitto.running(found(debian.MOSQUITTO), folder / "mosquitto", window=WINDOW) as server,
        Proxy(server.port) as proxy,
        disks.small(data) as bounded,
    ):
        cluster = Cluster(folder, name, proxy.port, kafka, stores)
        cluster.alone = True
        with cluster.running(*RUNTIMES[name], supervised=True):
            cluster.wait_for_bridge() if kafka else cluster.wait_for_run()
            paced(server.port, parts[0])
            cluster.wait("the first part", lambda: sum(cluster.sums()) >= len(parts[0]) // 2)
            base = {one: cluster.rss_mib(one) for one in RUNTIMES[name]}
            cut(proxy, server.port, parts[1])
            kill_broker(server, parts[2])
            stall(series, server.port, parts[3], stall_s)
            stall(cases, server.port, parts[4], stall_s)
            if bounded:
                cluster.wait_until_quiet(max(3.0, min(20.0, stall_s / 10)), 60 + 3 * stall_s)
                fill(cluster, data.name, series, server.port, parts[5])
            else:
                paced(server.port, parts[5])
            paced(server.port, parts[6])
            cluster.wait("all of the load", lambda: cluster.sums() == undisturbed["ledger"][0], 180 + 3 * stall_s)
            time.sleep(3)  # what comes again does so now
        held = {one: (base[one], cluster.peak_mib[one]) for one in RUNTIMES[name]}
        memory |= {f"{name} {one}": figures for one, figures in held.items()}
    sent = len({one for some in parts for one in some})
    largest = max(len(payload) for some in parts for _, payload in some)
    return Run(of_cluster(cluster, undisturbed), undisturbed, cluster.accounts(), sent, held, largest)


@pytest.mark.parametrize("what", EFFECTS)
def test_same_as_undisturbed(run: Run, what: str) -> None:
    """Every effect is there once."""
    assert run.effects[what] == run.expected[what]


def test_ledger(run: Run) -> None:
    """Of each source and hour all is accounted for, every refusal has its letter, and no frame is missing."""
    assert run.accounts.open == []
    assert run.accounts.frames["mqtt"] >= run.sent
    assert run.effects["ledger"] == run.expected["ledger"]


def test_memory_is_bounded(run: Run) -> None:
    """What waits, waits in the broker, in Kafka and on disk: each process stays in its bound."""
    over = {
        name: (base, peak)
        for name, (base, peak) in run.memory.items()
        if peak > base + 2 * WINDOW * (run.largest / 2**20 + 2**-10) + BASE_MIB[name]
    }

    assert over == {}
