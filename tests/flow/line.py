"""A running line for tests: `wangge run` as a process, on a broker and a data folder of its own."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from deploy import broker
from deploy.clock import wall_ms
from ingest.model import Property
from ingest.trust import PROPERTY as TRUST

TIMEOUT_S = 60.0  # far beyond what is needed, also on a busy machine
SOURCE = "mqtt"


Key = tuple[str, str, int]


def received(stored: Collection[Key], dictionary: Mapping[str, Property]) -> set[Key]:
    """Return the keys of observations without those that the line derived: trust, and what totals grew by."""
    grown = {
        (device, dictionary[name].increments, time_ms)
        for device, name, time_ms in stored
        if dictionary[name].increments
    }
    return {key for key in stored if key[1] != TRUST and key not in grown}


class Line:
    """`wangge run` as a child; what it stored is read from its files, also while it runs."""

    def __init__(
        self, folder: Path, site: Path, port: int, now_ms: int, topics: tuple[str, ...], more: str = ""
    ) -> None:
        self._data = folder / "data"
        self._log = folder / "run.log"
        self.config = config = folder / "line.toml"
        config.write_text(
            f"site = {json.dumps(str(site))}\ndata = {json.dumps(str(self._data))}\n"
            f"[mqtt]\nport = {port}\ntopics = {json.dumps(topics)}\n{more}"
            f"[clock]\nstart_ms = {now_ms}\nwall_start = {wall_ms()}\n",
            encoding="utf-8",
        )
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "deploy.child", "run", "--config", str(config)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )

    def wait_until_connected(self) -> None:
        """Wait until the line hears the broker."""
        self._wait(lambda: any(json.loads(value)["connected"] for (value,) in self._pulse()), "no connection")

    def wait_for_frames(self, count: int) -> None:
        """Wait until the ledger has at least so many frames."""
        self._wait(lambda: self.sum("frames") >= count, f"fewer than {count} frames in the ledger")

    def end(self) -> int:
        """Ask the process to end; return its exit code."""
        self._process.terminate()
        code = self._process.wait(timeout=TIMEOUT_S)
        self.kill()
        return code

    def kill(self) -> None:
        """End the process by force, if it is there; close what was held open for it."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()

    def query(self, text: str, *values: Any) -> list[Any]:
        """Return rows of the case store; none while it is not there."""
        return self._rows("state.db", text, values)

    def series(self, text: str, *values: Any) -> list[Any]:
        """Return rows of the time-series store; none while it is not there."""
        return self._rows("series.db", text, values)

    def sum(self, column: str) -> int:
        """Return the sum of a column of the ledger."""
        rows = self.query(f"SELECT coalesce(sum({column}), 0) FROM ledger")  # noqa: S608 - a name from the test
        return int(rows[0][0]) if rows else 0

    def balance(self) -> int:
        """Return what was received and is not accounted for: 0 when the ledger balances."""
        return self.sum("received") - sum(map(self.sum, ("stored", "duplicate", "refused", "dead_lettered")))

    def letters(self) -> dict[str, tuple[str, str]]:
        """Return stage and reason of every dead letter by its id."""
        return {row[0]: (row[1], row[2]) for row in self.query("SELECT id, stage, reason FROM dead_letters")}

    def observations(self) -> dict[tuple[str, str, int], tuple[float, int]]:
        """Return value and quality of every stored observation by device, property and time."""
        rows = self.series(
            "SELECT s.device_id, s.observed_property, o.time_ms, o.value, o.quality "
            "FROM observations o JOIN series s ON s.number = o.series"
        )
        return {(row[0], row[1], row[2]): (row[3], row[4]) for row in rows}

    def reasons(self) -> str:
        """Return a table of the dead letters by topic (first level), stage and reason, for a failing test to show."""
        rows = self.query("SELECT topic, stage, reason, detail, times FROM dead_letters")
        counts = Counter((topic.split("/")[0], stage, reason) for topic, stage, reason, _, _ in rows)
        examples = {(topic.split("/")[0], stage, reason): detail for topic, stage, reason, detail, _ in rows}
        return "\n".join(f"{count:6}  {'  '.join(key)}  as: {examples[key]}" for key, count in sorted(counts.items()))

    @property
    def log(self) -> str:
        """What the process printed."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def pulse(self) -> dict[str, Any]:
        """Return what the line last said of itself."""
        said: dict[str, Any] = json.loads(self._pulse()[0][0]) if self._pulse() else {}
        return said

    def links(self) -> dict[str, bool]:
        """Return which of its brokers the line hears."""
        found: dict[str, bool] = self.pulse().get("links", {})
        return found

    def stored(self, device: str) -> int:
        """Return how many observations of a device are stored."""
        rows = self.series(
            "SELECT count(*) FROM observations o JOIN series s ON s.number = o.series WHERE s.device_id = ?", device
        )
        return int(rows[0][0]) if rows else 0

    def wait_for(self, what: str, ready: Callable[[], bool]) -> None:
        """Wait until something holds."""
        self._wait(ready, f"still without {what}")

    def _pulse(self) -> list[Any]:
        return self.query("SELECT value FROM meta WHERE key = 'pipeline'")

    def _wait(self, ready: Any, what: str) -> None:
        deadline = time.monotonic() + TIMEOUT_S
        while not ready():
            assert self._process.poll() is None, f"the line ended:\n{self.log[-3000:]}"
            assert time.monotonic() < deadline, f"{what} after {TIMEOUT_S} s:\n{self.log[-3000:]}"
            time.sleep(0.02)

    def _rows(self, file: str, text: str, values: tuple[Any, ...]) -> list[Any]:
        path = self._data / file
        if not path.exists():
            return []
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as database:
            try:
                return database.execute(text, values).fetchall()
            except sqlite3.OperationalError:
                return []


@contextlib.contextmanager
def running_broker() -> Iterator[int]:
    """Run the project's own broker on a free port."""
    port = broker.free_port(0)
    with broker.running(port):
        yield port


@contextlib.contextmanager
def running_line(
    folder: Path,
    site: Path,
    port: int,
    now_ms: int,
    topics: tuple[str, ...],
    more: str = "",
    *,
    connected: bool = True,
) -> Iterator[Line]:
    """Run a line until the block is left; `more` goes on with the section of its broker.

    It hears the broker already where `connected` is set.
    """
    line = Line(folder, site, port, now_ms, topics, more)
    try:
        if connected:
            line.wait_until_connected()
        yield line
    finally:
        line.kill()
