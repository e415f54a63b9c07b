"""`wangge ledger`: per source and hour, what was received and where it went, with the reasons of what is missing."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands._base import Command, UserError
from deploy.commands._store import case_store

if TYPE_CHECKING:
    from alerts.store.explained import Explained

_HOUR_MS = 3_600_000


def ledger(
    config: Annotated[Path | None, typer.Option("--config", help="Settings file (TOML).")] = None,
    data: Annotated[Path | None, typer.Option("--data", help="Data folder, instead of a settings file.")] = None,
    source: Annotated[str | None, typer.Option(help="Only of this source, as mqtt.")] = None,
    hour: Annotated[str | None, typer.Option(help="Only this hour, as 2026-11-24T18 (UTC).")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many rows at most, the newest first.")] = 48,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")] = False,
) -> None:
    """Say where every frame went: stored, duplicate, refused, dead-lettered, in flight; and what was refused for."""
    from alerts.store import explained
    from alerts.store.database import reading

    from_ms = None if hour is None else _hour_ms(hour)
    with case_store(config, data) as engine, reading(engine) as connection:
        rows = explained.read(connection, source=source, hour_ms=from_ms, limit=limit)
    if as_json:
        typer.echo(json.dumps({"items": [explained.told(one) for one in rows]}, ensure_ascii=False))
        return
    for one in rows:
        _print(one)
    if not rows:
        typer.echo("nothing was received")


def _print(one: Explained) -> None:
    counts = one.counts
    at = dt.datetime.fromtimestamp(one.hour_ms / 1000, dt.UTC).strftime("%Y-%m-%d %H:00Z")
    verdict = "balanced" if one.missing == 0 else f"NOT BALANCED: {one.missing} missing"
    flight = f", {one.in_flight} frames not acknowledged yet" if one.in_flight else ""
    typer.echo(
        f"{at}  {one.source:<10} {counts.frames} frames, {counts.received} received = {counts.stored} stored"
        f" + {counts.duplicate} duplicate + {counts.refused} refused + {counts.dead_lettered} dead-lettered"
        f"  {verdict}{flight}"
    )
    for group in one.groups:
        sender = " ".join(part for part in (group.dialect, group.model) if part)
        again = f", {group.redriven} published again" if group.redriven else ""
        typer.echo(f"    {group.letters:>7} {group.stage}/{group.reason}  {sender or '–'}{again}")


def _hour_ms(text: str) -> int:
    try:
        moment = dt.datetime.strptime(text.removesuffix("Z")[:13], "%Y-%m-%dT%H").replace(tzinfo=dt.UTC)
    except ValueError as exc:
        raise UserError(f"--hour is {text!r}: write it as 2026-11-24T18 (UTC)") from exc
    return int(moment.timestamp() * 1000) // _HOUR_MS * _HOUR_MS


COMMAND = Command("ledger", ledger)
