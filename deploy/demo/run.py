"""Runs the demo on the ground that a runtime gives it: starts its processes, ends them so that nothing is lost.

Order of the end: simulators first, then stage by stage what has worked off what the one before had sent, then web, then
the servers.
"""

from __future__ import annotations

import contextlib
import functools
import json
import secrets
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from sqlalchemy import Engine

from alerts.store import meta
from alerts.store.database import reading
from deploy import broker
from deploy.app import case_database, checked_site, data_folder
from deploy.clock import monotonic_s, wall_ms
from deploy.commands._base import UserError
from deploy.demo import drain
from deploy.demo.plan import Ground, Part, Plan, Runtime
from deploy.demo.processes import Child
from deploy.demo.report import report
from deploy.demo.screen import greet, table, watch
from deploy.settings import Settings, load
from deploy.site import Site
from deploy.web import ensure_administrator, ensure_crews

_START_S = 120.0
_CLOCK_FILE = "clock"  # written when all parts are up: then the clock starts for all of them


def run(plan: Plan, runtime: Runtime, console: Console) -> None:
    """Run the demo to its end. Raises UserError for what the person at the keyboard can mend."""
    site = checked_site(plan.site)
    with _only_one(data_folder(plan.data)), runtime(plan, console) as ground:
        engine = case_database(plan.data, ground.settings.get("database"))
        try:
            _Demo(plan, ground, site, engine, console).run()
        finally:
            engine.dispose()
    console.print("stopped; everything that was received is stored")


class _Demo:
    """One run: what it was asked for, what it stands on, its processes."""

    def __init__(self, plan: Plan, ground: Ground, site: Site, engine: Engine, console: Console) -> None:
        self._plan, self._ground, self._site, self._engine, self._console = plan, ground, site, engine, console
        self._config = _write_settings(plan, ground, engine)
        self._settings = load(self._config)
        self._truth = plan.data / "truth.json"
        self._children: list[Child] = []

    def run(self) -> None:
        """Start everything, watch it, end it in order."""
        plan, started_ms = self._plan, wall_ms()
        for left_over in (self._truth, plan.data / _CLOCK_FILE):
            left_over.unlink(missing_ok=True)
        password, crew_password = _people(self._engine, self._site, plan)
        stop = _stop_on_signals()
        self._ground.prepare(self._settings)
        if self._ground.rows:
            self._console.print(table(self._ground.rows))
        url = f"http://127.0.0.1:{self._settings.web.port}"
        try:
            stages = [[self._start(part) for part in stage.parts] for stage in self._ground.stages]
            self._start(Part("web", ("web",)))
            self._until(lambda: _connected(self._engine, started_ms), stop, "the pipeline")
            simulators = self._start(_simulators(plan, self._settings, url, crew_password))
            self._until(lambda: _answers(f"{url}/health/live"), stop, "the web application")
            self._until(self._truth.exists, stop, "the simulated city")
            greet(self._console, url, password, plan, crew_password)
            (plan.data / _CLOCK_FILE).write_text(str(wall_ms()), encoding="ascii")
            began_s = monotonic_s()
            watch(self._engine, self._check, stop, self._console, self._site.zone, plan.run_s)
            simulators.stop()
            wall_s = self._end(stages, began_s)
            if plan.report is not None:
                self._write_report(plan.report, wall_s)
        finally:
            for child in reversed(self._children):
                child.ask()
            for child in reversed(self._children):
                child.stop()

    def _start(self, part: Part) -> Child:
        logs = self._plan.data / "logs"
        logs.mkdir(exist_ok=True)
        configured = () if part.name == "simulate" else ("--config", str(self._config))
        child = Child(part.name, [*part.arguments, *configured], logs / f"{part.name}.log", part.variables)
        self._children.append(child)
        return child

    def _check(self) -> None:
        for child in self._children:
            child.check()

    def _until(self, ready: Callable[[], bool], stop: threading.Event, what: str) -> None:
        deadline = monotonic_s() + _START_S
        while not ready():
            self._check()
            if stop.wait(0.1):
                raise UserError(f"stopped before {what} was ready")
            if monotonic_s() > deadline:
                raise UserError(f"{what} is not ready after {_START_S:.0f} s: see the logs beside the data")

    def _end(self, stages: list[list[Child]], began_s: float) -> float:
        """End the stages in the order of the flow; return how long the run took until the last one was done."""
        for stage, children in zip(self._ground.stages, stages, strict=True):
            drain.wait(functools.partial(stage.is_done, self._settings, self._engine))
            wall_s = monotonic_s() - began_s
            for child in children:
                child.ask()
            for child in children:
                child.stop()
        return wall_s

    def _write_report(self, path: Path, wall_s: float) -> None:
        with reading(self._engine) as connection:
            latency_ms = self._ground.latency_ms(connection, self._settings)
            made = report(connection, self._truth, wall_s, latency_ms)
        path.write_text(json.dumps(made, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        self._console.print(f"report: {path}")


def _write_settings(plan: Plan, ground: Ground, engine: Engine) -> Path:
    with reading(engine) as connection:
        before = meta.get(connection, "pipeline") or {}
    start_ms = max(plan.start_ms, int(before.get("now_ms") or 0) + 1)
    clock = {"start_ms": start_ms, "wall_start": str(plan.data.resolve() / _CLOCK_FILE), "speed": plan.speed}
    if plan.run_s is not None:
        clock["end_ms"] = start_ms + int(plan.run_s * plan.speed * 1000)
    settings = {
        "site": str(plan.site.resolve()),
        "data": str(plan.data.resolve()),
        "web": {"port": broker.free_port(plan.web_port)},
        "clock": clock,
        **ground.settings,
    }
    path = plan.data / "demo.toml"
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)  # it may hold passwords of servers
    path.write_text("\n".join(_toml(settings)) + "\n", encoding="utf-8")
    return path


def _toml(settings: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of a settings file: single values first, then the tables."""
    for key, value in settings.items():
        if not isinstance(value, dict):
            yield f"{key} = {json.dumps(value, ensure_ascii=False)}"
    for name, section in settings.items():
        if isinstance(section, dict):
            yield f"[{name}]"
            yield from _toml(section)


def _simulators(plan: Plan, settings: Settings, url: str, crew_password: Path) -> Part:
    clock = settings.clock
    arguments = ["simulate", "--site", str(settings.site), "--broker", f"127.0.0.1:{settings.mqtt.port}"]
    arguments += ["--seed", str(plan.seed), "--scenario", plan.scenario]
    arguments += ["--clock", f"{clock.start_ms},{clock.wall_start},{clock.speed}"]
    arguments += ["--truth", str(plan.data / "truth.json")]
    arguments += ["--crew-url", url, "--crew-password-file", str(crew_password)]
    return Part("simulate", tuple(arguments if plan.crew is None else [*arguments, "--by-hand", plan.crew]))


def _connected(engine: Engine, started_ms: int) -> bool:
    """Tell whether the pipeline of this run (not of an earlier one) hears the broker."""
    with reading(engine) as connection:
        pulse = meta.get(connection, "pipeline") or {}
    return bool(pulse.get("connected")) and pulse["at_wall_ms"] > started_ms


def _people(engine: Engine, site: Site, plan: Plan) -> tuple[str | None, Path]:
    path = plan.data / "crew-password"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(16), encoding="utf-8")
    with engine.begin() as connection:
        password = ensure_administrator(connection, plan.start_ms)
        ensure_crews(connection, site, path.read_text(encoding="utf-8"), plan.start_ms)
    return password, path


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).is_success
    except httpx.HTTPError:
        return False


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


@contextlib.contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Hold the data folder for this process alone."""
    if sys.platform == "win32":
        yield
        return
    import fcntl  # noqa: PLC0415 - not on Windows

    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            raise UserError(f"{folder} is in use by another demo: end that one, or name another with --data") from exc
        yield
