"""An installation of the cluster runtime for a measurement: settings and topics of its own, and its processes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from alerts.store import ledger
from alerts.store.database import reading
from deploy.app import case_database, cluster_topics
from deploy.bench.load import START_MS
from deploy.runtimes.cluster import administer
from deploy.settings import load

_START_S = 60.0
_END_S = 20.0
_STARTS = 3
_LOOK_S = 0.05
_YEAR_MS = 366 * 86_400_000
_TICKS = os.sysconf("SC_CLK_TCK")

Tables = Mapping[str, Mapping[str, object]]


class EndedError(RuntimeError):
    """A process of ours has ended by itself; the message has the end of its log."""


class Child:
    """A Python process of ours with a log; it ends when we do."""

    def __init__(self, log: Path, *arguments: str) -> None:
        self.log = log
        self._command = [sys.executable, "-m", *arguments]
        self._process = self._started()

    def await_start(self, what: str) -> None:
        """Wait until its log has these words; start it again where it ends before that, as a supervisor would.

        Faust gives up where a busy broker does not answer it at once.
        """
        for attempt in range(_STARTS):
            try:
                await_(what, lambda: self.said(what))
            except EndedError:
                if attempt == _STARTS - 1:
                    raise
                self.kill()
                self._process = self._started()
            else:
                return

    def said(self, what: str) -> bool:
        """Tell whether its log has these words; raise EndedError when it has ended."""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        if what not in text:
            self.need_alive()
        return what in text

    def need_alive(self) -> None:
        """Raise EndedError when it has ended."""
        if self._process.poll() is not None:
            text = self.log.read_text(encoding="utf-8", errors="replace")
            raise EndedError(f"{self.log.stem} ended with {self._process.returncode}: {text[-2000:]}")

    def cpu_s(self) -> float:
        """Return the processor time that it has used, of user and system."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def peak_rss_mib(self) -> float:
        """Return the most memory that it ever had resident."""
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024

    def await_death(self, limit_s: float) -> None:
        """Wait until it has ended by itself."""
        self._process.wait(limit_s)

    def kill(self) -> None:
        """End it at once (SIGKILL)."""
        self._process.kill()
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()

    def end(self) -> None:
        """End it in order, at once if that takes too long."""
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_S)
        self.kill()

    def _started(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as out:
            return subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=out, stderr=out)  # noqa: S603 - ours


class Installation:
    """Topics named by `folder`, settings in it; `more` are the settings beside those ("": those without a table)."""

    def __init__(self, site: Path, folder: Path, kafka: Mapping[str, object], more: Tables) -> None:
        folder.mkdir()
        self.folder = folder
        self._site = site
        self._tables: Tables = {"kafka": {"prefix": folder.name, "session_timeout_s": 6, **kafka}, **more}
        self.settings = load(self._config("own"))
        self.topics = cluster_topics(self.settings)
        asyncio.run(administer.create(self.settings.kafka, self.topics))
        self.cases = case_database(self.settings.data, self.settings.database_url)

    @contextlib.contextmanager
    def running(self, kind: str, count: int = 1) -> Iterator[list[Child]]:
        """Run `bridge` or `worker` processes; end them at the end."""
        with contextlib.ExitStack() as stack:
            children = []
            for number in range(count):
                name = f"{kind}-{number}"
                config = self._config(name)
                children.append(Child(self.folder / f"{name}.log", "deploy.child", kind, "--config", str(config)))
                stack.callback(children[-1].end)
            yield children

    def stored(self) -> int:
        """Return how many observations the ledger has as stored."""
        with reading(self.cases) as connection:
            return ledger.total(connection).stored

    def _config(self, name: str) -> Path:
        """Write the settings of a process; it has a data folder of its own where cases are not in that folder."""
        top: dict[str, object] = dict(self._tables.get("", {}))
        data = self.folder / name if "database" in top else self.folder
        path = self.folder / f"{name}.toml"
        tables = {key: value for key, value in self._tables.items() if key}
        text = _toml({"site": str(self._site.resolve()), "data": str(data), **top})
        path.write_text(text + "".join(f"[{key}]\n{_toml(one)}" for key, one in tables.items()), encoding="utf-8")
        return path


def past_clock() -> dict[str, Any]:
    """Return the clock of an installation in which the prepared load is a year old: nothing of it is early."""
    return {"start_ms": START_MS + _YEAR_MS, "wall_start": time.time_ns() // 1_000_000}


def await_(what: str, until: Callable[[], bool], limit_s: float = _START_S) -> None:
    """Wait until something holds; raise RuntimeError when it takes too long."""
    deadline = time.monotonic() + limit_s
    while not until():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what}: not within {limit_s:.0f} s")
        time.sleep(_LOOK_S)


def _toml(values: Mapping[str, object]) -> str:
    return "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())
