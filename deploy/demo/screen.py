"""What the demo shows in the terminal: what runs on what, where to log in, a status line."""

from __future__ import annotations

import datetime as dt
import math
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine

from alerts.store.database import reading
from deploy.clock import monotonic_s
from deploy.demo.plan import Plan, Row
from deploy.demo.report import progress


def table(rows: Iterable[Row]) -> Table:
    """Return the table of what runs on what."""
    shown = Table("part", "runs on")
    shown.add_column("where", overflow="fold")
    for row in rows:
        shown.add_row(*row)
    return shown


def greet(console: Console, url: str, password: str | None, plan: Plan, crew_password: Path) -> None:
    """Say where the console is and how to log in."""
    console.print(f"[bold]console[/]  {url}")
    if password is None:
        console.print("login    as before (`wangge user passwd admin` sets a new password)")
    else:
        console.print(f"login    admin     password  [bold]{password}[/]     (shown once)", highlight=False)
    if plan.crew is not None:
        secret = crew_password.read_text(encoding="utf-8")
        console.print(f"crew app {url}/crew     name  {plan.crew}     password  [bold]{secret}[/]", highlight=False)
    console.print(f"data     {plan.data}     Ctrl-C ends it; started again, it goes on from there")


def watch(
    engine: Engine,
    check: Callable[[], None],
    stop: threading.Event,
    console: Console,
    zone: dt.tzinfo,
    run_s: float | None,
) -> None:
    """Show the status line until `stop` is set or the time is over; `check` raises when a process has failed."""
    ends_s = monotonic_s() + (math.inf if run_s is None else run_s)
    pause_s = 1.0 if console.is_terminal else 10.0
    before_s, before = monotonic_s(), _progress(engine)["frames"]
    with console.status("starting …") as status:
        while not stop.wait(min(pause_s, max(0.0, ends_s - monotonic_s()))) and monotonic_s() < ends_s:
            check()
            now, now_s = _progress(engine), monotonic_s()
            line = _line(now, (now["frames"] - before) / (now_s - before_s), zone)
            before_s, before = now_s, now["frames"]
            status.update(line)
            if not console.is_terminal:
                console.print(line)
    check()


def _progress(engine: Engine) -> dict[str, Any]:
    with reading(engine) as connection:
        return progress(connection)


def _line(now: dict[str, Any], frames_per_s: float, zone: dt.tzinfo) -> str:
    shown = dt.datetime.fromtimestamp((now["now_ms"] or 0) / 1000, zone)
    ledger = "balanced" if now["balanced"] else "[red]NOT balanced[/]"
    return (
        f"{shown:%F %H:%M:%S}  {frames_per_s:.0f} frames/s  {now['stored']} observations  "
        f"{now['alerts']} alerts  {now['open_cases']} open cases  {now['closed_cases']} closed  ledger {ledger}"
    )
