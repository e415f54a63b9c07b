"""What may happen between a sensor and the stores, under 2,000 frames a second, to a pipeline that is not killed.

The broker dies and has forgotten what came since it last wrote its state; it comes back without any session; the
connection is cut, held up, closed half; the disk is full; a store is stalled. The same frames go through an undisturbed
line, and afterwards every effect must be the same, the ledger must balance, and memory must have stayed in its bound
(docs/reliability.md). `--stall 300` is the long run.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import sqlite3
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import pytest

from deploy.services.get import debian
from deploy.services.run import mosquitto as run_mosquitto
from deploy.services.run.mosquitto import Mosquitto
from tests.faults import disks
from tests.faults.cluster import SITE, SUMS
from tests.faults.load import EFFECTS, RATE, ballast, frames, paced, woven
from tests.faults.pipeline import Pipeline
from tests.faults.proxy import Proxy
from tests.faults.reference import Effects, embedded
from tests.servers import found

pytestmark = [pytest.mark.network, pytest.mark.external, pytest.mark.slow, pytest.mark.timeout(3600)]

WINDOW = 1_000
SPEED = 0.1  # of the clock: in the long run no sensor is silent for so long that an alert says so
Load = Sequence[tuple[str, bytes]]


class Ground(NamedTuple):
    """Where a fault happens: `load` is what is to be published meanwhile."""

    pipeline: Pipeline
    server: Mosquitto
    proxy: Proxy
    load: Load
    stall_s: float


def broker_killed(ground: Ground) -> None:
    """Kill the broker in the middle. It comes back as it last was on disk; senders send again what it may lack."""
    saved = ground.server.process.log.parent / "mosquitto.db"
    half = len(ground.load) // 2
    before = saved.stat().st_mtime_ns if saved.exists() else 0
    os.kill(ground.server.process.pid, signal.SIGUSR1)  # write the state now
    ground.pipeline.wait("the broker's state", lambda: saved.exists() and saved.stat().st_mtime_ns > before)
    paced(ground.server.port, ground.load[:half])
    ground.server.process.kill()
    time.sleep(1)
    ground.server.process.start()
    paced(ground.server.port, ground.load)


def session_lost(ground: Ground) -> None:
    """Kill a broker that keeps nothing: our session is gone, and what waited in it; senders send again."""
    half = len(ground.load) // 2
    paced(ground.server.port, ground.load[:half])
    ground.server.process.kill()
    ground.pipeline.wait("the loss", lambda: not ground.pipeline.connected())
    ground.server.process.start()
    ground.pipeline.wait("the broker", ground.pipeline.connected)
    paced(ground.server.port, ground.load)


def connection_cut(ground: Ground) -> None:
    """Reset, close half, refuse and hold up the connection in turn."""
    proxy, part = ground.proxy, len(ground.load) // 5
    parts = [ground.load[start : start + part] for start in range(0, len(ground.load), part)]
    for number, some in enumerate(parts):
        paced(ground.server.port, some)
        if number % 4 == 0:
            proxy.cut()
        elif number % 4 == 1:
            proxy.close_half()
        elif number % 4 == 2:
            proxy.refusing = True
            proxy.cut()
            time.sleep(1)
            proxy.refusing = False
        else:
            proxy.stall()
            time.sleep(1)
            proxy.flow()


def disk_full(ground: Ground) -> None:
    """Fill the disk to the last byte, and make room again after a while."""
    if not os.path.ismount(ground.pipeline.data):
        pytest.skip("a disk of a bounded size needs the right to mount one")
    with disks.full(ground.pipeline.data):
        paced(ground.server.port, ground.load)
        ground.pipeline.wait("a full disk", lambda: "store is down" in ground.pipeline.log)


def store_stalled(ground: Ground) -> None:
    """Hold the lock of the case store while the load goes on."""
    with contextlib.closing(sqlite3.connect(ground.pipeline.data / "state.db", isolation_level=None)) as held:
        held.execute("PRAGMA busy_timeout = 10000")
        held.execute("BEGIN IMMEDIATE")
        begin_s = time.monotonic()
        paced(ground.server.port, ground.load)
        time.sleep(max(0.0, begin_s + ground.stall_s - time.monotonic()))
        held.execute("ROLLBACK")


def series_stalled(ground: Ground) -> None:
    """Hold the lock of the time-series store while the load goes on."""
    with contextlib.closing(sqlite3.connect(ground.pipeline.data / "series.db", isolation_level=None)) as held:
        held.execute("PRAGMA busy_timeout = 10000")
        held.execute("BEGIN IMMEDIATE")
        paced(ground.server.port, ground.load)
        held.execute("ROLLBACK")


LONG = "store stalled"
FAULTS: dict[str, Callable[[Ground], None]] = {
    "broker killed": broker_killed,
    "session lost": session_lost,
    "connection cut": connection_cut,
    "disk full": disk_full,
    LONG: store_stalled,
    "series stalled": series_stalled,
}


class Run(NamedTuple):
    """A run with a fault in it, and the same load without; `sent`: different frames."""

    pipeline: Pipeline
    expected: Effects
    sent: int
    memory: tuple[float, float]
    bound: float


def loads(fault: str, stall_s: float) -> tuple[Load, Load, Load]:
    """Return the load before, during and after a fault; the stall of the store decides how much comes meanwhile."""
    load = list(frames("xixiangtang"))
    first, second = len(load) // 5, len(load) * 4 // 5
    during: Load = load[first:second]
    if fault == LONG:
        during = woven(during, list(ballast("xixiangtang", max(1, round(RATE * stall_s) - len(during)))))
    return load[:first], during, load[second:]


@pytest.fixture(scope="module")
def references(tmp_path_factory: pytest.TempPathFactory, stall_s: float, expected: Effects) -> Callable[[str], Effects]:
    """Return what an undisturbed line makes of the load of a fault."""
    made: dict[str, Effects] = {}

    def reference(fault: str) -> Effects:
        if fault != LONG:
            return expected
        if fault not in made:
            made[fault] = embedded(
                tmp_path_factory.mktemp("undisturbed"), list(itertools.chain(*loads(fault, stall_s)))
            )
        return made[fault]

    return reference


@pytest.fixture(scope="module", params=FAULTS)
def run(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    references: Callable[[str], Effects],
    stall_s: float,
    memory: dict[str, tuple[float, float]],
) -> Run:
    """Return a pipeline after the load, with a fault in the middle of it."""
    fault = str(request.param)
    folder = tmp_path_factory.mktemp("fault")
    expected = references(fault)
    before, during, after = loads(fault, stall_s)
    kept = None if fault == "session lost" else folder / "mosquitto"
    with (
        run_mosquitto.running(found(debian.MOSQUITTO), kept, window=WINDOW) as server,
        Proxy(server.port) as proxy,
        disks.small(folder / "line") if fault == "disk full" else contextlib.nullcontext(),
    ):
        pipeline = Pipeline(folder, SITE, proxy.port, "line", WINDOW, speed=SPEED)
        pipeline.start()
        try:
            pipeline.wait("the broker", pipeline.connected)
            paced(server.port, before)
            pipeline.wait_for(len(before))
            base = pipeline.memory_mib("VmRSS")
            FAULTS[fault](Ground(pipeline, server, proxy, during, stall_s))
            paced(server.port, after)
            pipeline.wait("all of the load", lambda: pipeline.query(SUMS) == expected["ledger"], 120 + stall_s)
            time.sleep(0.5)  # what comes again does so now
            held = memory[fault] = base, pipeline.memory_mib()
        finally:
            pipeline.end(kill=False)
    largest = max(len(payload) for _, payload in during) / 2**20
    sent = sum(len(set(part)) for part in (before, during, after))
    return Run(pipeline, expected, sent, held, base + 2 * WINDOW * (largest + 2**-10) + 96)


def test_effects_are_the_same(run: Run) -> None:
    """Nothing is lost and nothing is there twice: observations, transitions, alerts, cases, tasks, notices, letters."""
    for what, query in EFFECTS.items():
        file = "series.db" if what == "observations" else "state.db"

        assert run.pipeline.query(query, file) == run.expected[what], what


def test_ledger_balances(run: Run) -> None:
    """Of each source and hour all is accounted for, every refusal has its letter, and no frame is missing."""
    accounts = run.pipeline.accounts()

    assert accounts.open == []
    assert accounts.frames["mqtt"] >= run.sent
    assert run.pipeline.query(SUMS) == run.expected["ledger"]


def test_memory_is_bounded(run: Run) -> None:
    """However long the fault and however much waits meanwhile, it waits in the broker and not in us."""
    _, peak = run.memory

    assert peak <= run.bound
