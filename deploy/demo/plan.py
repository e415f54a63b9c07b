"""What the demo is asked to be, and the ground that a runtime gives it: servers, settings, processes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from sqlalchemy import Connection, Engine

from deploy.settings import Settings


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the demo is asked to be. `run_s` is wall time, None for until Ctrl-C; ports of 0 are chosen."""

    site: Path
    data: Path
    scenario: str
    seed: int
    speed: float
    start_ms: int
    run_s: float | None
    web_port: int
    mqtt_port: int
    report: Path | None
    crew: str | None


class Part(NamedTuple):
    """A `wangge` command as a process; `--config` is added. `variables` are those of its environment alone."""

    name: str
    arguments: tuple[str, ...]
    variables: Mapping[str, str] = {}


IsDone = Callable[[Settings, Engine], bool]


class Stage(NamedTuple):
    """Processes that end together: when those before have ended and `is_done` says that nothing is left to be done."""

    parts: tuple[Part, ...]
    is_done: IsDone


class Row(NamedTuple):
    """A line of the table: what, on what it runs, and where or why not on something else."""

    what: str
    runs_on: str
    where: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a runtime stands on while it runs.

    `settings` are those beside site, data, web and clock; `prepare` is called once with all of them, before anything
    starts; `latency_ms` reads p50 and p99 of the way from sensor to alert; `rows` say what runs on what, if need be.
    """

    settings: Mapping[str, Any]
    stages: tuple[Stage, ...]
    prepare: Callable[[Settings], None]
    latency_ms: Callable[[Connection, Settings], dict[str, float | None]]
    rows: tuple[Row, ...] = ()


Runtime = Callable[[Plan, Console], AbstractContextManager[Ground]]
