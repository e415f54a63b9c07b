"""`wangge run` as a process of its own, on a data folder of its own, for the tests of faults."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from alerts.store.database import open_database
from tests.faults import accounts
from tests.faults.accounts import Accounts
from tests.faults.load import START_MS


class Pipeline:
    """An installation of the embedded runtime; its data lies in `folder`/`client_id`, its log beside it.

    `speed` is that of its clock.
    """

    def __init__(
        self, folder: Path, site: Path, port: int, client_id: str, window: int = 20, *, speed: float = 1
    ) -> None:
        self.data = folder / client_id
        self.config = folder / f"{client_id}.toml"
        self.config.write_text(
            f'site = "{site}"\ndata = "{self.data}"\n'
            f'[mqtt]\nport = {port}\nclient_id = "{client_id}"\ntopics = ["wangge/+/up/#"]\nwindow = {window}\n'
            f"[clock]\nstart_ms = {START_MS + 86_400_000}\nwall_start = {int(time.time() * 1000)}\nspeed = {speed}\n",
            encoding="utf-8",
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process."""
        log = (self.config.with_suffix(".log")).open("ab")
        command = [sys.executable, "-m", "deploy.child", "run", "--config", str(self.config)]
        with log:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log)

    def end(self, *, kill: bool) -> None:
        """End the process by `kill -9`, or ask it to end."""
        assert self.process is not None
        if kill:
            self.process.kill()
        else:
            self.process.terminate()
        self.process.wait(timeout=30)
        assert self.process.stdin is not None
        self.process.stdin.close()

    def query(self, text: str, file: str = "state.db") -> list[Any]:
        """Return the rows of a query, none while the file is not there yet."""
        path = self.data / file
        if not path.exists():
            return []
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as database:
            try:
                return database.execute(text).fetchall()
            except sqlite3.OperationalError:
                return []

    @property
    def log(self) -> str:
        """What the process has written."""
        return self.config.with_suffix(".log").read_text(encoding="utf-8", errors="replace")

    def accounts(self) -> Accounts:
        """Return what the ledger says of each source and hour."""
        engine = open_database(f"sqlite:///{self.data / 'state.db'}")
        try:
            return accounts.read(engine)
        finally:
            engine.dispose()

    def frames(self) -> int:
        """Return how many frames the ledger has."""
        rows = self.query("SELECT coalesce(sum(frames), 0) FROM ledger")
        return int(rows[0][0]) if rows else 0

    def connected(self) -> bool:
        """Tell whether it hears the broker, by its own word."""
        rows = self.query("SELECT value FROM meta WHERE key = 'pipeline'")
        return any(json.loads(value)["connected"] for (value,) in rows)

    def memory_mib(self, what: str = "VmHWM") -> float:
        """Return the largest resident memory that it has had (`VmRSS`: that it has now)."""
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.partition(f"{what}:")[2].split()[0]) / 1024

    def wait(self, what: str, ready: Callable[[], bool], timeout_s: float = 60) -> None:
        """Wait until something holds; that the process has ended meanwhile is a failure."""
        deadline = time.monotonic() + timeout_s
        while not ready():
            assert self.process is not None
            assert self.process.poll() is None, self.log[-3000:]
            assert time.monotonic() < deadline, f"{what}: not within {timeout_s} s\n{self.log[-3000:]}"
            time.sleep(0.002)

    def wait_for(self, count: int, timeout_s: float = 60) -> None:
        """Wait until the ledger has at least so many frames."""
        self.wait(f"{count} frames", lambda: self.frames() >= count, timeout_s)
