"""The accounts of the pipeline: ledger per source and hour, the pipeline's own heartbeat."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from sqlalchemy import Connection, Row, func, select

from alerts.store.tables import LEDGER, META


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """What the pipeline last said of itself (row `pipeline` of the table `meta`); `at_wall_ms` is wall-clock time."""

    at_wall_ms: int
    connected: bool
    problem: str | None
    epoch: int
    frames_per_s: float | None
    observations_per_s: float | None


def ledger(connection: Connection, *, source: str | None = None, limit: int = 200, offset: int = 0) -> list[Row[Any]]:
    """Return the rows of the ledger, newest hour first."""
    query = select(LEDGER).order_by(LEDGER.c.hour_ms.desc(), LEDGER.c.source).limit(limit).offset(offset)
    if source is not None:
        query = query.where(LEDGER.c.source == source)
    return list(connection.execute(query).all())


def totals(connection: Connection) -> dict[str, int]:
    """Return the sum of every column of the ledger; `received` must be the sum of the four outcomes."""
    names = ("frames", "acknowledged", "received", "stored", "duplicate", "refused", "dead_lettered")
    row = connection.execute(select(*(func.coalesce(func.sum(LEDGER.c[name]), 0) for name in names))).one()
    return {name: int(value) for name, value in zip(names, row, strict=True)}


def is_balanced(row: Any) -> bool:
    """Return whether what was received is all accounted for in a ledger row (or totals, as an object or mapping)."""
    values = row if isinstance(row, dict) else row._mapping  # noqa: SLF001 - the documented mapping view of a Row
    outcomes = values["stored"] + values["duplicate"] + values["refused"] + values["dead_lettered"]
    return bool(values["received"] == outcomes)


def heartbeat(connection: Connection) -> Heartbeat | None:
    """Return the pipeline's last word, or None where there is none that can be read."""
    text = connection.execute(select(META.c.value).where(META.c.key == "pipeline")).scalar_one_or_none()
    try:
        said = json.loads(text or "")
        return Heartbeat(
            at_wall_ms=int(said["at_wall_ms"]),
            connected=bool(said.get("connected", False)),
            problem=str(said["problem"]) if said.get("problem") else None,
            epoch=int(said.get("epoch", 0)),
            frames_per_s=_number(said.get("frames_per_s")),
            observations_per_s=_number(said.get("observations_per_s")),
        )
    except (ValueError, KeyError, TypeError):
        return None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
