"""Runs the demo: starts its processes in order, shows a status line, ends them so that nothing is lost.

Order of the end: simulators first, then the pipeline when it has taken what they sent, then web, then the broker.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import json
import math
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
from deploy.app import case_database, checked_site
from deploy.clock import monotonic_s, wall_ms
from deploy.commands._base import UserError
from deploy.demo.processes import Child
from deploy.demo.report import progress, report
from deploy.settings import Settings, load
from deploy.site import Site
from deploy.web import ensure_administrator, ensure_crews

_START_S = 60.0
_CLOCK_FILE = "clock"  # written when all parts are up: then the clock starts for all of them
_DRAINED_S = 1.0
_DRAIN_LIMIT_S = 60.0


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


def run(plan: Plan, console: Console) -> None:
    """Run the demo to its end. Raises UserError for what the person at the keyboard can mend."""
    site = checked_site(plan.site)
    engine = case_database(plan.data)
    with _only_one(plan.data), broker.running(mqtt_port := broker.free_port(plan.mqtt_port)):
        config = _write_settings(plan, engine, mqtt_port)
        settings = load(config)
        started_ms, truth = wall_ms(), plan.data / "truth.json"
        for left_over in (truth, plan.data / _CLOCK_FILE):
            left_over.unlink(missing_ok=True)
        password, crew_password = _people(engine, site, plan)
        stop = _stop_on_signals()
        logs = plan.data / "logs"
        logs.mkdir(exist_ok=True)
        url = f"http://127.0.0.1:{settings.web.port}"
        children: list[Child] = []
        try:
            pipeline = _start(children, "run", ["run", "--config", str(config)], logs)
            _start(children, "web", ["web", "--config", str(config)], logs)
            _until(lambda: _connected(engine, started_ms), children, stop, "the pipeline")
            simulators = _start(children, "simulate", _simulate(plan, settings, url, crew_password), logs)
            _until(lambda: _answers(f"{url}/health/live"), children, stop, "the web application")
            _until(truth.exists, children, stop, "the simulated city")
            _greet(console, url, password, plan, crew_password)
            (plan.data / _CLOCK_FILE).write_text(str(wall_ms()), encoding="ascii")
            began_s = monotonic_s()
            _watch(engine, children, stop, console, site.zone, plan.run_s)
            simulators.stop()
            _drain(engine)
            wall_s = monotonic_s() - began_s
            pipeline.stop()
            if plan.report is not None:
                with reading(engine) as connection:
                    made = report(connection, truth, wall_s)
                plan.report.write_text(json.dumps(made, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
                console.print(f"report: {plan.report}")
        finally:
            for child in reversed(children):
                child.stop()
            engine.dispose()
    console.print("stopped; everything that was received is stored")


def _write_settings(plan: Plan, engine: Engine, mqtt_port: int) -> Path:
    with reading(engine) as connection:
        before = meta.get(connection, "pipeline") or {}
    start_ms = max(plan.start_ms, int(before.get("now_ms") or 0) + 1)
    lines = (
        f"site = {json.dumps(str(plan.site.resolve()))}",
        f"data = {json.dumps(str(plan.data.resolve()))}",
        "[mqtt]",
        f"port = {mqtt_port}",
        f"window = {broker.WINDOW}",
        "[web]",
        f"port = {broker.free_port(plan.web_port)}",
        "[clock]",
        f"start_ms = {start_ms}",
        f"wall_start = {json.dumps(str(plan.data.resolve() / _CLOCK_FILE))}",
        f"speed = {plan.speed}",
        *([] if plan.run_s is None else [f"end_ms = {start_ms + int(plan.run_s * plan.speed * 1000)}"]),
    )
    path = plan.data / "demo.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _simulate(plan: Plan, settings: Settings, url: str, crew_password: Path) -> list[str]:
    clock = settings.clock
    arguments = ["simulate", "--site", str(settings.site), "--broker", f"127.0.0.1:{settings.mqtt.port}"]
    arguments += ["--seed", str(plan.seed), "--scenario", plan.scenario]
    arguments += ["--clock", f"{clock.start_ms},{clock.wall_start},{clock.speed}"]
    arguments += ["--truth", str(plan.data / "truth.json")]
    arguments += ["--crew-url", url, "--crew-password-file", str(crew_password)]
    return arguments if plan.crew is None else [*arguments, "--by-hand", plan.crew]


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


def _start(children: list[Child], name: str, arguments: list[str], logs: Path) -> Child:
    child = Child(name, arguments, logs / f"{name}.log")
    children.append(child)
    return child


def _until(ready: Callable[[], bool], children: list[Child], stop: threading.Event, what: str) -> None:
    deadline = monotonic_s() + _START_S
    while not ready():
        for child in children:
            child.check()
        if stop.wait(0.1):
            raise UserError(f"stopped before {what} was ready")
        if monotonic_s() > deadline:
            raise UserError(f"{what} is not ready after {_START_S:.0f} s: see the logs beside the data")


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).is_success
    except httpx.HTTPError:
        return False


def _progress(engine: Engine) -> dict[str, Any]:
    with reading(engine) as connection:
        return progress(connection)


def _greet(console: Console, url: str, password: str | None, plan: Plan, crew_password: Path) -> None:
    console.print(f"[bold]console[/]  {url}")
    if password is None:
        console.print("login    as before (`wangge user passwd admin` sets a new password)")
    else:
        console.print(f"login    admin     password  [bold]{password}[/]     (shown once)", highlight=False)
    if plan.crew is not None:
        secret = crew_password.read_text(encoding="utf-8")
        console.print(f"crew app {url}/crew     name  {plan.crew}     password  [bold]{secret}[/]", highlight=False)
    console.print(f"data     {plan.data}     Ctrl-C ends it; started again, it goes on from there")


def _watch(
    engine: Engine,
    children: list[Child],
    stop: threading.Event,
    console: Console,
    zone: dt.tzinfo,
    run_s: float | None,
) -> None:
    ends_s = monotonic_s() + (math.inf if run_s is None else run_s)
    pause_s = 1.0 if console.is_terminal else 10.0
    with console.status("starting …") as status:
        while not stop.is_set() and (left_s := ends_s - monotonic_s()) > 0:
            for child in children:
                child.check()
            line = _line(_progress(engine), zone)
            status.update(line)
            if not console.is_terminal:
                console.print(line)
            stop.wait(min(pause_s, left_s))
        for child in children:
            child.check()


def _line(now: dict[str, Any], zone: dt.tzinfo) -> str:
    shown = dt.datetime.fromtimestamp((now["now_ms"] or 0) / 1000, zone)
    ledger = "balanced" if now["balanced"] else "[red]NOT balanced[/]"
    return (
        f"{shown:%F %H:%M:%S}  {now['frames_per_s']:.0f} frames/s  {now['stored']} observations  "
        f"{now['alerts']} alerts  {now['open_cases']} open cases  {now['closed_cases']} closed  ledger {ledger}"
    )


def _drain(engine: Engine) -> None:
    """Wait until the pipeline has taken what was sent: its count of frames has stood still for a while."""
    frames, since_s, limit_s = -1, monotonic_s(), monotonic_s() + _DRAIN_LIMIT_S
    while monotonic_s() - since_s < _DRAINED_S and monotonic_s() < limit_s:
        now = _progress(engine)["frames"]
        if now != frames:
            frames, since_s = now, monotonic_s()
        threading.Event().wait(0.1)


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
