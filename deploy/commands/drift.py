"""`wangge drift`: alarms of fields that vanished, units that jumped and refusals that rose."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Annotated

import typer

from deploy.commands._base import Command
from deploy.commands._store import case_store


def drift(
    config: Annotated[Path | None, typer.Option("--config", help="Settings file (TOML).")] = None,
    data: Annotated[Path | None, typer.Option("--data", help="Data folder, instead of a settings file.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    *,
    cleared: Annotated[bool, typer.Option("--cleared", help="Also those that have cleared.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")] = False,
) -> None:
    """List alarms of drift: what frames of a device model look like now, against the hours before."""
    from alerts import drift as words
    from alerts.store import drift as alarms
    from alerts.store.database import reading

    with case_store(config, data) as engine, reading(engine) as connection:
        rows = alarms.listed(connection, open_only=not cleared, limit=limit)
    if as_json:
        typer.echo(json.dumps({"items": [words.told(row) for row in rows]}, ensure_ascii=False))
        return
    for row in rows:
        since = dt.datetime.fromtimestamp(row.opened_at_ms / 1000, dt.UTC).strftime("%Y-%m-%d %H:%MZ")
        state = "open" if row.cleared_at_ms is None else str(row.cleared_how)
        alarm = row.alarm
        typer.echo(f"{since}  {state:<9} {alarm.dialect or '–'}  {alarm.model or '–'}  {words.words(alarm).en}")
    typer.echo(f"{sum(row.cleared_at_ms is None for row in rows)} open alarms")


COMMAND = Command("drift", drift)
