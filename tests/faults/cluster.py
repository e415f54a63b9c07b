"""Bridge and workers as processes of their own, on a data folder and topics of their own, for the tests of faults."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy.exc import OperationalError

from deploy.app import cluster_topics
from deploy.runtimes.cluster import administer
from deploy.settings import load
from tests.faults.load import START_MS

SITE = Path(__file__).parents[2] / "deploy" / "sites" / "xixiangtang"
PARTITIONS = 4
BALANCE = "SELECT coalesce(sum(received) - sum(stored + duplicate + refused + dead_lettered), 0) FROM ledger"
SUMS = (
    "SELECT coalesce(sum(stored), 0), coalesce(sum(refused), 0), coalesce(sum(dead_lettered), 0) FROM ledger "
    "WHERE source <> 'kafka'"
)


class Cluster:
    """An installation of the cluster runtime; `processes` are those that run, by name."""

    def __init__(self, folder: Path, name: str, mqtt_port: int, kafka: str, more: str = "") -> None:
        self.data = folder / name
        self.data.mkdir()
        self.name = name
        self.config = folder / f"{name}.toml"
        self.config.write_text(
            f'site = "{SITE}"\ndata = "{self.data}"\n{more}\n'
            f'[mqtt]\nport = {mqtt_port}\nclient_id = "{name}"\ntopics = ["wangge/+/up/#"]\nwindow = 1000\n'
            f"[clock]\nstart_ms = {START_MS + 86_400_000}\nwall_start = {int(time.time() * 1000)}\n"
            f'[kafka]\nbootstrap = "{kafka}"\nprefix = "{name}"\npartitions = {PARTITIONS}\nsession_timeout_s = 6\n',
            encoding="utf-8",
        )
        self.settings = load(self.config)
        self.topics = cluster_topics(self.settings)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        asyncio.run(administer.create(self.settings.kafka, self.topics))
        self._engine = sqlalchemy.create_engine(self.settings.database_url)

    @contextlib.contextmanager
    def running(self, *names: str) -> Iterator[None]:
        """Run processes; end in order whatever runs at the end."""
        self.start(*names)
        try:
            yield
        finally:
            self.end()

    def start(self, *names: str) -> None:
        """Start `bridge…` and `worker…` processes."""
        for name in names:
            kind = "bridge" if name.startswith("bridge") else "worker"
            command = [sys.executable, "-m", "deploy.child", kind, "--config", str(self.config)]
            with self.log(name).open("ab") as log:
                self.processes[name] = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log)

    def end(self, *names: str, kill: bool = False) -> None:
        """End processes, by `kill -9` or in order; without names all of them."""
        for name in names or tuple(self.processes):
            process = self.processes[name]
            if kill:
                process.kill()
            else:
                process.terminate()
        for name in names or tuple(self.processes):
            process = self.processes.pop(name)
            process.wait(timeout=30)
            assert process.stdin is not None
            process.stdin.close()

    def log(self, name: str) -> Path:
        """Return the file that a process writes its log to."""
        return self.data / f"{name}.log"

    def query(self, text: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query on the case store, none while it has no tables yet."""
        try:
            with self._engine.connect() as connection:
                return [tuple(row) for row in connection.execute(sqlalchemy.text(text))]
        except OperationalError:
            return []

    def sums(self) -> tuple[int, ...]:
        """Return what the ledger has stored, refused and dead-lettered of the source's frames."""
        rows = self.query(SUMS)
        return tuple(int(value) for value in rows[0]) if rows else (0, 0, 0)

    def wait(self, what: str, until: Callable[[], bool], timeout_s: float = 60) -> None:
        """Wait until something holds; a process that ended meanwhile is a failure."""
        deadline = time.monotonic() + timeout_s
        while not until():
            for name, process in self.processes.items():
                assert process.poll() is None, f"{name} ended: {self.log(name).read_text()[-3000:]}"
            if time.monotonic() > deadline:
                logs = "\n".join(f"--- {name}\n{self.log(name).read_text()[-2000:]}" for name in self.processes)
                raise AssertionError(f"{what}: not within {timeout_s} s; ledger {self.sums()}\n{logs}")
            time.sleep(0.01)

    def wait_for_bridge(self) -> None:
        """Wait until the bridge has subscribed: it beats only then."""
        topic = self.topics.frames
        self.wait("bridge", lambda: sum(asyncio.run(administer.ends(self.settings.kafka, topic)).values()) > 0)
