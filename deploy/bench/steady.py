"""The embedded line under a steady load: how flat its memory is, how long it takes from a sensor to its alert.

Devices of the site send at a given rate, stamped with the wall clock; every half second a bin starts or stops to burn,
so that alerts fire all the time. The pipeline is a process of its own, its resident memory is read from /proc.
"""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy.exc import OperationalError

from alerts.store import meta
from alerts.store.database import open_database, reading
from deploy.bench import backlog, mosquitto
from deploy.bench.load import VALUES, devices, values
from deploy.site import Site

_SAMPLE_S = 5.0
_TICK_S = 0.05
_FIRE_EVERY_S = 0.5
_BATCH = 8
_START_S = 30.0
_BURNING_CELSIUS, _COLD_CELSIUS = 72.0, 24.0


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
                load = _paced(site, seconds, rate, samples, pipeline.pid, tell)
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


def _paced(
    site: Site, seconds: float, rate: float, samples: list[Sample], pid: int, tell: Callable[[str], None]
) -> Iterator[tuple[str, bytes]]:
    """Yield messages when they are due; a sample of the memory now and then."""
    senders = devices(site)
    quiet = [values(device, index) for index, device in enumerate(senders)]
    bins = [index for index, device in enumerate(senders) if device.kind == "waste_bin"]
    start_s = time.monotonic()
    number = fires = 0
    while (at_s := time.monotonic() - start_s) < seconds:
        if not samples or at_s - samples[-1].at_s >= _SAMPLE_S:
            samples.append(Sample(at_s, _rss_mib(pid)))
            tell(f"{at_s:4.0f} s  {samples[-1].rss_mib:.1f} MiB")
        while number < at_s * rate / len(quiet[0]):
            device = senders[number % len(senders)]
            yield _message(site.id, device.id, quiet[number % len(senders)])
            number += 1
        while fires < at_s / _FIRE_EVERY_S:
            burning = _BURNING_CELSIUS if fires // len(bins) % 2 == 0 else _COLD_CELSIUS
            index = bins[fires % len(bins)]
            quiet[index] = {**quiet[index], "waste.temperature": burning}
            yield _message(site.id, senders[index].id, quiet[index])
            fires += 1
        time.sleep(_TICK_S)


def _message(site: str, device: str, sent: dict[str, float]) -> tuple[str, bytes]:
    payload = {"device_id": device, "time": time.time_ns() // 1_000_000, "values": sent}
    return f"wangge/{site}/up/{device}", json.dumps(payload).encode()


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
