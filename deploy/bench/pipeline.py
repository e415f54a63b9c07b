"""The whole embedded line against a plain paho subscriber, draining the same backlog in turns."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from deploy.bench import backlog, mosquitto
from deploy.bench.load import messages
from deploy.site import Site


def measure(site: Site, folder: Path, count: int, rounds: int, tell: Callable[[str], None]) -> dict[str, Any]:
    """Return the medians of `rounds` drains of `count` messages each; `tell` gets a line of progress a step."""
    line: list[dict[str, float]] = []
    paho: list[dict[str, float]] = []
    with mosquitto.running(window=1_000) as port, tempfile.TemporaryDirectory(prefix="wangge-bench-") as data:
        for number in range(rounds):
            for name in ("line", "paho"):
                backlog.prepare_session(port, name, "wangge/+/up/#")
            tell(f"round {number + 1} of {rounds}: queueing {count} messages for both")
            backlog.publish(port, messages(site, count, number))
            fresh = Path(data) / str(number)
            tell("draining with the line")
            line.append(drain("line", port, count, str(folder), str(fresh)))
            tell("draining with plain paho")
            paho.append(drain("paho", port, count))
    line_rate = median(one["messages"] / one["wall_s"] for one in line)
    paho_rate = median(one["messages"] / one["wall_s"] for one in paho)
    return {
        "messages": count,
        "rounds": rounds,
        "line_msgs_per_s": round(line_rate),
        "line_observations_per_s": round(median(one["observations"] / one["wall_s"] for one in line)),
        "paho_msgs_per_s": round(paho_rate),
        "ratio": round(line_rate / paho_rate, 2),
        "cpu_us_per_observation": round(median(one["cpu_s"] / one["observations"] * 1e6 for one in line), 2),
        "peak_rss_mib": round(median(one["peak_rss_mib"] for one in line)),
    }


def drain(what: str, port: int, *arguments: object) -> dict[str, float]:
    """Drain a prepared session in a process of its own (`deploy.bench.drain`); return what it took."""
    command = [sys.executable, "-m", "deploy.bench.drain", what, str(port), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-2000:]}")
    values: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return values
