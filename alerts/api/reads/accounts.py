"""The accounts of the pipeline: ledger per source and hour, dead letters by reason, the pipeline's own heartbeat."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from sqlalchemy import Connection, Row, func, select

from alerts.store.tables import DEAD_LETTERS, LEDGER, META


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """What the pipeline last said of itself (row `pipeline` of the table `meta`); `at_wall_ms` is wall-clock time."""

    at_wall_ms: int
    connected: bool
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


def dead_letters_by_reason(connection: Connection) -> list[Row[Any]]:
    """Return (stage, reason, letters, times, last_received_at_ms), the most frequent first."""
    times = func.sum(DEAD_LETTERS.c.times).label("times")
    return list(
        connection.execute(
            select(
                DEAD_LETTERS.c.stage,
                DEAD_LETTERS.c.reason,
                func.count().label("letters"),
                times,
                func.max(DEAD_LETTERS.c.last_received_at_ms).label("last_received_at_ms"),
            )
            .where(DEAD_LETTERS.c.redriven_at_ms.is_(None))
            .group_by(DEAD_LETTERS.c.stage, DEAD_LETTERS.c.reason)
            .order_by(times.desc())
        ).all()
    )


def dead_letters(
    connection: Connection, *, stage: str | None = None, reason: str | None = None, limit: int = 50, offset: int = 0
) -> list[Row[Any]]:
    """Return dead letters that were not re-driven, the last received first."""
    query = select(DEAD_LETTERS).where(DEAD_LETTERS.c.redriven_at_ms.is_(None))
    if stage is not None:
        query = query.where(DEAD_LETTERS.c.stage == stage)
    if reason is not None:
        query = query.where(DEAD_LETTERS.c.reason == reason)
    newest = query.order_by(DEAD_LETTERS.c.last_received_at_ms.desc(), DEAD_LETTERS.c.id).limit(limit).offset(offset)
    return list(connection.execute(newest).all())


def heartbeat(connection: Connection) -> Heartbeat | None:
    """Return the pipeline's last word, or None where there is none that can be read."""
    text = connection.execute(select(META.c.value).where(META.c.key == "pipeline")).scalar_one_or_none()
    try:
        said = json.loads(text or "")
        return Heartbeat(
            at_wall_ms=int(said["at_wall_ms"]),
            connected=bool(said.get("connected", False)),
            epoch=int(said.get("epoch", 0)),
            frames_per_s=_number(said.get("frames_per_s")),
            observations_per_s=_number(said.get("observations_per_s")),
        )
    except (ValueError, KeyError, TypeError):
        return None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
