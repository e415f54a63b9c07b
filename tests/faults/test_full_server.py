"""The disk of PostgreSQL is full to the last byte under 2,000 frames a second, and there is room again after a while.

The server ends itself when it cannot write its log ahead, and is started again by whoever watches over it: here, us.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.services.get import debian
from deploy.services.run import mosquitto as run_mosquitto
from deploy.services.run import postgresql as run_postgresql
from tests.faults import disks
from tests.faults.cluster import Cluster, Stores
from tests.faults.load import EFFECTS, paced
from tests.faults.reference import Effects, of_cluster
from tests.servers import found

pytestmark = [pytest.mark.network, pytest.mark.external, pytest.mark.slow, pytest.mark.timeout(600)]

DISK_MIB = 256
FULL = "disk is full", "cannot be reached", "being shut down", "connection was lost"


@contextlib.contextmanager
def reachable(prefix: str) -> Iterator[Path]:
    """Make a folder that the user of PostgreSQL can pass through, which those of pytest do not let him."""
    with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o711)
        yield Path(name)


def test_full_disk_of_postgresql(
    tmp_path_factory: pytest.TempPathFactory, load: list[tuple[str, bytes]], expected: Effects
) -> None:
    """Nothing is acknowledged meanwhile; afterwards all effects are there once, and the ledger balances."""
    folder, half = tmp_path_factory.mktemp("full"), len(load) // 2
    with (
        reachable("wangge-full-") as place,
        disks.small(disk := place / "postgresql", DISK_MIB),
        run_postgresql.running(found(debian.POSTGRESQL), disk) as cases,
        run_mosquitto.running(found(debian.MOSQUITTO)) as server,
    ):
        cluster = Cluster(folder, "line", server.port, None, Stores(cases, None))
        with cluster.running("run"):
            cluster.wait_for_run()
            paced(server.port, load[:half])
            with disks.full(disk):
                paced(server.port, load[half:])
                log = cluster.log("run")
                cluster.wait("a full disk", lambda: any(word in log.read_text() for word in FULL))
            if not cases.process.answers():
                cases.process.kill()
                cases.process.start()
            cluster.wait("all of the load", lambda: cluster.sums() == expected["ledger"][0], 120)
        effects, accounts = of_cluster(cluster, expected), cluster.accounts()

    assert {what: effects[what] == expected[what] for what in EFFECTS} == dict.fromkeys(EFFECTS, True)
    assert accounts.open == []
