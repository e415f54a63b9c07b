"""An installation on servers as processes of its own, for the tests of faults: bridge and workers, or one `wangge run`.

Where a test says so (`supervised`), a process that ends with code 1 is started again, as systemd does it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from deploy.app import cluster_topics, series_store
from deploy.runtimes.cluster import administer
from deploy.services.run.influxdb import InfluxDb
from deploy.services.run.kafka import Kafka
from deploy.services.run.postgresql import PostgreSql
from deploy.settings import load
from tests.faults import accounts
from tests.faults.accounts import Accounts
from tests.faults.load import START_MS
from tests.influx import bucket

SITE = Path(__file__).parents[2] / "deploy" / "sites" / "xixiangtang"
PARTITIONS = 4
SPEED = 0.1  # of the clock: in a long run no sensor is silent for so long that an alert says so
BALANCE = "SELECT coalesce(sum(received) - sum(stored + duplicate + refused + dead_lettered), 0) FROM ledger"
_KAFKA = f"""[kafka]
bootstrap = "{{}}"
prefix = "{{}}"
partitions = {PARTITIONS}
session_timeout_s = 6
"""
SUMS = (
    "SELECT coalesce(sum(stored), 0), coalesce(sum(refused), 0), coalesce(sum(dead_lettered), 0) FROM ledger "
    "WHERE source <> 'kafka'"
)


class Stores(NamedTuple):
    """The servers that the stores are on; without one it is a file in the data folder."""

    postgresql: PostgreSql | None
    influxdb: InfluxDb | None

    def settings(self, name: str) -> str:
        """Return the lines of a settings file, for an empty database and an empty bucket."""
        lines, more = "", ""
        if self.postgresql is not None:
            lines = f'database = "{self.postgresql.create(name)}"\n'
        if self.influxdb is not None:
            options = bucket(self.influxdb)
            lines += 'store = "influx"\n'
            more = f'[influx]\nurl = "{options.url}"\norg = "{options.org}"\nbucket = "{options.bucket}"\n'
            more += f'token = "{options.token}"\ntimeout_s = 2\n'
        return lines + more


class Cluster:
    """An installation; without Kafka, one of the embedded runtime. `processes` are those that run, by name.

    `alone`: its bridge is the only one. `peak_mib`: the most memory that each has had; `restarts`: how often each was
    started again.
    """

    def __init__(self, folder: Path, name: str, mqtt_port: int, kafka: Kafka | None, stores: Stores) -> None:
        self.data = folder / name
        self.data.mkdir(exist_ok=True)
        self.name = name
        self.config = folder / f"{name}.toml"
        self.config.write_text(
            f'site = "{SITE}"\ndata = "{self.data}"\n'
            f"{stores.settings(name)}"
            f'[mqtt]\nport = {mqtt_port}\nclient_id = "{name}"\ntopics = ["wangge/+/up/#"]\nwindow = 1000\n'
            f"[clock]\nstart_ms = {START_MS + 86_400_000}\nwall_start = {int(time.time() * 1000)}\n"
            f"speed = {SPEED}\n" + (_KAFKA.format(kafka.address, name) if kafka else ""),
            encoding="utf-8",
        )
        self.settings = load(self.config)
        self.topics = cluster_topics(self.settings)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.restarts: Counter[str] = Counter()
        self.peak_mib: dict[str, float] = {}
        self.alone = False
        self._changing = threading.Lock()
        self._supervised = False
        if kafka is not None:
            asyncio.run(administer.create(self.settings.kafka, self.topics))
        self._engine = sqlalchemy.create_engine(self.settings.database_url, poolclass=NullPool)

    @contextlib.contextmanager
    def running(self, *names: str, supervised: bool = False) -> Iterator[None]:
        """Run processes; end in order whatever runs at the end."""
        ended, self._supervised = threading.Event(), supervised
        supervisor = threading.Thread(target=self._supervise, args=(ended,))
        self.start(*names)
        supervisor.start()
        try:
            yield
        finally:
            ended.set()
            supervisor.join()
            self.end()

    def _supervise(self, ended: threading.Event) -> None:
        while not ended.wait(0.2):
            with self._changing:
                for name, process in list(self.processes.items()):
                    code = process.poll()
                    if code is None:
                        self.peak_mib[name] = max(self.peak_mib.get(name, 0.0), memory_mib(process.pid, "VmHWM"))
                    elif code == 1 and self._supervised:
                        assert process.stdin is not None
                        process.stdin.close()
                        self.restarts[name] += 1
                        self._start(name)

    def start(self, *names: str) -> None:
        """Start `bridge…`, `worker…` or `run` processes."""
        with self._changing:
            self._start(*names)

    def _start(self, *names: str) -> None:
        for name in names:
            kind = name.rstrip("0123456789")
            command = [sys.executable, "-m", "deploy.child", kind, "--config", str(self.config)]
            command += ["--alone"] if kind == "bridge" and self.alone else []
            env = dict(os.environ)
            if self.settings.store == "influx":  # its spool lies in the data folder: to each his own
                env["WANGGE_DATA"] = str(self.data / name)
            with self.log(name).open("ab") as log:
                self.processes[name] = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=env)

    def end(self, *names: str, kill: bool = False) -> None:
        """End processes, by `kill -9` or in order; without names all of them."""
        with self._changing:
            self._end(*names, kill=kill)

    def _end(self, *names: str, kill: bool) -> None:
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
        except DBAPIError:
            return []

    def observations(self, series: Iterable[tuple[str, str]]) -> list[tuple[Any, ...]]:
        """Return what is stored of these series; one more row where the store holds others besides."""
        store = series_store(self.settings)
        try:
            rows = [
                (device, name, *point)
                for device, name in series
                for point in store.read(device, name, 0, 2 * START_MS, 1_000_000)
            ]
            more = store.count() - len(rows)
        finally:
            store.close()
        return rows + [("more", "", more, 0.0, 0)] * bool(more)

    def sums(self) -> tuple[int, ...]:
        """Return what the ledger has stored, refused and dead-lettered of the source's frames."""
        rows = self.query(SUMS)
        return tuple(int(value) for value in rows[0]) if rows else (0, 0, 0)

    def accounts(self) -> Accounts:
        """Return what the ledger says of each source and hour."""
        return accounts.read(self._engine)

    def rss_mib(self, name: str) -> float:
        """Return the resident memory of a process now."""
        return memory_mib(self.processes[name].pid, "VmRSS")

    def wait(self, what: str, until: Callable[[], bool], timeout_s: float = 60) -> None:
        """Wait until something holds; a process that ended for good meanwhile is a failure."""
        deadline = time.monotonic() + timeout_s
        while not until():
            for name, process in list(self.processes.items()):
                assert process.poll() in ({None, 1} if self._supervised else {None}), (
                    f"{name} ended: {self.log(name).read_text()[-3000:]}"
                )
            if time.monotonic() > deadline:
                logs = "\n".join(f"--- {name}\n{self.log(name).read_text()[-2000:]}" for name in self.processes)
                raise AssertionError(f"{what}: not within {timeout_s} s; ledger {self.sums()}\n{logs}")
            time.sleep(0.01)

    def goes_on(self, before: int, timeout_s: float = 120) -> float:
        """Wait until the ledger counts more than `before`; return how many seconds that took."""
        start_s = time.monotonic()
        self.wait("going on", lambda: sum(self.sums()) > before, timeout_s)
        return time.monotonic() - start_s

    def wait_until_quiet(self, for_s: float = 3, timeout_s: float = 300) -> None:
        """Wait until nothing more is counted for a while."""
        seen, since_s = self.sums(), time.monotonic()

        def quiet() -> bool:
            nonlocal seen, since_s
            if (now := self.sums()) != seen or not sum(now):
                seen, since_s = now, time.monotonic()
            return time.monotonic() - since_s >= for_s

        self.wait("quiet", quiet, timeout_s)

    def wait_for_bridge(self) -> None:
        """Wait until the bridge has subscribed: it beats only then."""
        topic = self.topics.frames
        self.wait("bridge", lambda: sum(asyncio.run(administer.ends(self.settings.kafka, topic)).values()) > 0)

    def wait_for_run(self) -> None:
        """Wait until `wangge run` hears the broker, by its own word."""
        query = "SELECT value FROM meta WHERE key = 'pipeline'"
        self.wait("pipeline", lambda: any(json.loads(row[0])["connected"] for row in self.query(query)))


def memory_mib(pid: int, what: str) -> float:
    """Return the resident memory of a process: that it has now (`VmRSS`), or the most that it has had (`VmHWM`)."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return int((status.partition(f"{what}:")[2].split() or ["0"])[0]) / 1024
