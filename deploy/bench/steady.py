"""The embedded line under a steady load: how flat its memory is, how long it takes from a sensor to its alert.

The pipeline is a process of its own, its resident memory is read from /proc.
"""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy.exc import OperationalError

from alerts.store import meta
from alerts.store.database import open_database, reading
from deploy.bench import alarms, backlog, mosquitto
from deploy.bench.load import VALUES
from deploy.site import Site

_SAMPLE_S = 5.0
_BATCH = 8
_START_S = 30.0


@dataclasses.dataclass(frozen=True, slots=True)
class Sample:
    """Resident memory of the pipeline at a time since the start."""

    at_s: float
    rss_mib: float


def measure(site: Site, folder: Path, seconds: float, rate: float, tell: Callable[[str], None]) -> dict[str, Any]:
    """Run for `seconds` at `rate` observations a second; return memory, its growth in the second half, and latency."""
    with mosquitto.running(window=1_000) as port, tempfile.TemporaryDirectory(prefix="wangge-bench-") as data:
        config = Path(data) / "steady.toml"
        config.write_text(
            f"site = {json.dumps(str(folder.resolve()))}\ndata = {json.dumps(data)}\n"
            f'[mqtt]\nport = {port}\nclient_id = "line"\ntopics = ["wangge/+/up/#"]\nwindow = 1000\n',
            encoding="utf-8",
        )
        backlog.prepare_session(port, "line", "wangge/+/up/#")
        command = [sys.executable, "-m", "deploy.child", "run", "--config", str(config)]
        with subprocess.Popen(command, stdin=subprocess.PIPE) as pipeline:  # noqa: S603 - our own program
            samples: list[Sample] = []
            try:
                _wait_until_connected(Path(data))

                def look(at_s: float) -> None:
                    if not samples or at_s - samples[-1].at_s >= _SAMPLE_S:
                        samples.append(Sample(at_s, _rss_mib(pipeline.pid)))
                        tell(f"{at_s:4.0f} s  {samples[-1].rss_mib:.1f} MiB")

                load = alarms.paced(site, seconds, rate, look)
                sent = backlog.publish(port, load, batch=_BATCH)
                pulse = _pulse(Path(data))
            finally:
                pipeline.terminate()
    warm = [one for one in samples if one.at_s >= seconds / 2]
    return {
        "seconds": round(seconds),
        "observations_per_s": round(sent * len(next(iter(VALUES.values()))) / seconds),
        "rss_mib": {"first": round(warm[0].rss_mib, 1), "last": round(warm[-1].rss_mib, 1)},
        "growth_mib_per_min": round(_slope(warm) * 60, 3),
        "latency_ms": pulse["latency_ms"],
    }


def _wait_until_connected(data: Path) -> None:
    deadline = time.monotonic() + _START_S
    while not (data / "state.db").exists() or not (_pulse(data) or {}).get("connected"):
        if time.monotonic() > deadline:
            raise RuntimeError("the pipeline does not connect")
        time.sleep(0.2)


def _pulse(data: Path) -> dict[str, Any]:
    engine = open_database(f"sqlite:///{data / 'state.db'}")
    try:
        with reading(engine) as connection:
            pulse: dict[str, Any] = meta.get(connection, "pipeline")
    except OperationalError:  # the pipeline has not made its tables yet
        return {}
    finally:
        engine.dispose()
    return pulse


def _rss_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _slope(samples: list[Sample]) -> float:
    """Return the slope of memory over time in MiB/s (least squares)."""
    mean_s = sum(one.at_s for one in samples) / len(samples)
    mean_mib = sum(one.rss_mib for one in samples) / len(samples)
    spread = sum((one.at_s - mean_s) ** 2 for one in samples)
    return sum((one.at_s - mean_s) * (one.rss_mib - mean_mib) for one in samples) / spread if spread else 0.0
