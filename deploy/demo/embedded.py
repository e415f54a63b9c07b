"""The ground of the embedded runtime: one pipeline on files, and the broker that comes with us (iotcore)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from sqlalchemy import Connection

from alerts.store import meta
from deploy import broker
from deploy.demo.drain import Standstill
from deploy.demo.plan import Ground, Part, Plan, Stage
from deploy.settings import Settings

_STILL_S = 1.0


@contextlib.contextmanager
def ground(plan: Plan, console: Console) -> Iterator[Ground]:
    """Run the broker and yield what the pipeline stands on."""
    del console
    with broker.running(port := broker.free_port(plan.mqtt_port)):
        yield Ground(
            settings={"mqtt": {"port": port, "window": broker.WINDOW}},
            stages=(Stage((Part("run", ("run",)),), Standstill(_STILL_S)),),
            prepare=lambda _settings: None,
            latency_ms=_latency_ms,
        )


def _latency_ms(connection: Connection, _settings: Settings) -> dict[str, Any]:
    """Return what the one pipeline has measured, up to its commits."""
    pulse = meta.get(connection, "pipeline") or {}
    told: dict[str, Any] = pulse.get("latency_ms", {"p50": None, "p99": None})
    return told
