"""VictoriaMetrics (single node) on the loopback: takes what an InfluxDB 2 takes, answers PromQL."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path

from deploy.broker import free_port
from deploy.services.cache import Found
from deploy.services.run.http import answers
from deploy.services.run.process import Process, data_folder, started


@dataclasses.dataclass(frozen=True, slots=True)
class VictoriaMetrics:
    """A running server."""

    process: Process
    url: str


@contextlib.contextmanager
def running(found: Found, folder: Path | None = None, port: int = 0) -> Iterator[VictoriaMetrics]:
    """Run the server and yield it; `folder` keeps the data (else a temporary one)."""
    port = port or free_port(0)
    url = f"http://127.0.0.1:{port}"
    with data_folder("victoria-metrics", folder) as place:
        command: list[str | Path] = [
            found.path,
            f"-storageDataPath={place / 'data'}",
            f"-httpListenAddr=127.0.0.1:{port}",
        ]
        command += ["-loggerLevel=WARN", "-retentionPeriod=100y"]
        process = Process("victoria-metrics", command, place, lambda: answers(f"{url}/health"))
        with started(process):
            yield VictoriaMetrics(process, url)
