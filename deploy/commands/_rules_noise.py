"""`wangge rules noise`: which rules make how many alerts, and how many of those led to work."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands._store import case_store

if TYPE_CHECKING:
    from alerts.api.reads.noise import Noise

_DAY_MS = 86_400_000


def noise(
    config: Annotated[Path | None, typer.Option("--config", help="Settings file (TOML).")] = None,
    data: Annotated[Path | None, typer.Option("--data", help="Data folder, instead of a settings file.")] = None,
    days: Annotated[int, typer.Option(min=1, help="How far to look back from the last alert.")] = 30,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")] = False,
) -> None:
    """Show each rule's share of all alerts, the share of them that led to work, and which rules are over budget."""
    from sqlalchemy import func, select

    from alerts.api.reads.noise import noise as noise_of
    from alerts.store.database import reading
    from alerts.store.tables import ALERTS

    with case_store(config, data) as engine, reading(engine) as connection:
        last_ms = connection.execute(select(func.max(ALERTS.c.last_fired_at_ms))).scalar_one() or 0
        found = noise_of(connection, last_ms - days * _DAY_MS)
    typer.echo(_as_json(found) if as_json else _as_text(found, days))


def _as_json(found: Sequence[Noise]) -> str:
    rows = [one._asdict() | {"led_to_work": one.led_to_work, "over_budget": one.over_budget} for one in found]
    return json.dumps({"rules": rows}, ensure_ascii=False)


def _as_text(found: Sequence[Noise], days: int) -> str:
    lines = []
    for one in found:
        worked = "–" if one.led_to_work is None else f"{one.led_to_work:.0%}"
        over = f"  over budget: {', '.join(one.over_budget)}" if one.over_budget else ""
        lines.append(f"{one.rule_id:32} {one.alerts:>6} alerts {one.share:>5.0%}  led to work {worked:>4}{over}")
    return "\n".join([*lines, f"{sum(one.alerts for one in found)} alerts of {len(found)} rules in {days} days"])
