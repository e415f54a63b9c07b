"""What devices cost a process that knows them all: time and memory to read the site and to make the lines of a worker.

python -m deploy.bench.register SITE PARTITIONS      as a process of its own; prints a JSON object
"""

from __future__ import annotations

import csv
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from alerts.store.database import migrate, open_database, reading
from deploy.app import case_context, checked_site
from deploy.bench.counted import PARTITIONS
from deploy.clock import Clock
from deploy.runtimes.line import Line, LineParts
from deploy.runtimes.shard import Shard
from ingest.stores.memory import MemoryStore


def measure(folder: Path, devices: int) -> dict[str, Any]:
    """Return how long a process takes to read a site of so many devices and to be ready, and its memory."""
    with tempfile.TemporaryDirectory(prefix="wangge-bench-") as work:
        few = _of(folder, 0)
        site = shutil.copytree(folder, Path(work) / "site")
        told = [few, _of(_grown(site, devices), devices)]
    small, large = told
    more = devices - small["devices"]
    return {
        **large,
        "bytes_per_device": round((large["peak_rss_mib"] - small["peak_rss_mib"]) * 2**20 / more),
        "us_per_device": round((large["ready_s"] - small["ready_s"]) * 1e6 / more, 1),
    }


def _grown(site: Path, devices: int) -> Path:
    """Repeat the devices of a site under other names until there are so many; parents stay with their children."""
    path = site / "devices.csv"
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        names = list(reader.fieldnames or ())
        rows = list(reader)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        for number in range(devices):
            turn, index = divmod(number, len(rows))
            writer.writerow(_renamed(rows[index], turn))
    return site


def _renamed(row: dict[str, str], turn: int) -> dict[str, str]:
    if not turn:
        return row
    parent = f"{row['parent']}-{turn}" if row["parent"] else ""
    return {**row, "id": f"{row['id']}-{turn}", "parent": parent, "eui": ""}


def _of(site: Path, devices: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "deploy.bench.register", str(site), str(PARTITIONS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    if done.returncode:
        raise RuntimeError(f"a site of {devices} devices cannot be read: {done.stderr[-2000:]}")
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def main(folder: Path, partitions: int) -> None:
    """Read the site, make all lines on an empty case store, print what it took."""
    start_s = time.perf_counter()
    site = checked_site(folder)
    read_s = time.perf_counter() - start_s
    engine = open_database("sqlite://")
    migrate(engine)
    parts = LineParts(site=site, series=MemoryStore(), database=engine, context=case_context(site), clock=Clock())
    lines = []
    for number in range(partitions):
        with reading(engine) as connection:
            lines.append(Line(parts, connection, Shard(number, partitions)))
    told = {
        "devices": len(site.register.devices),
        "read_s": round(read_s, 2),
        "ready_s": round(time.perf_counter() - start_s, 2),
        "peak_rss_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    print(json.dumps(told))  # noqa: T201 - the parent reads it


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
