"""What a bounded run did, as one JSON object; every number is read from the stores that the run wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from alerts.store import ledger, meta
from alerts.store.tables import ALERTS, CASES, TASKS
from simulators.incidents import Incident
from simulators.scoring import Detection, score


def report(connection: Connection, truth: Path, wall_s: float, latency_ms: dict[str, float | None]) -> dict[str, Any]:
    """Return the report of the run whose case store this is.

    `truth`: the incidents that the simulators wrote down; `wall_s`: how long the run took; `latency_ms`: p50 and p99
    of the way from sensor to alert.
    """
    counts = ledger.total(connection)
    balanced = all(row.counts.balanced for row in ledger.read(connection, limit=1_000_000))
    incidents = msgspec.json.decode(truth.read_bytes(), type=list[Incident])
    return {
        "frames": {"received": counts.frames, "acknowledged": counts.acknowledged},
        "observations": {
            "stored": counts.stored,
            "duplicate": counts.duplicate,
            "refused": counts.refused,
            "dead_lettered": counts.dead_lettered,
        },
        "ledger": {"balanced": balanced},
        "alerts": {
            "fired": _count(connection, select(func.count()).select_from(ALERTS)),
            "resolved": _count(connection, select(func.count()).where(ALERTS.c.resolved_at_ms.is_not(None))),
        },
        "cases": {
            "opened": _count(connection, select(func.count()).select_from(CASES)),
            "verified": _count(connection, select(func.count()).where(CASES.c.closed_how == "verified")),
            "closed": _count(connection, select(func.count()).where(CASES.c.closed_at_ms.is_not(None))),
            "reworked": _count(connection, select(func.count()).where(CASES.c.rework_count > 0)),
            "by_category": {
                row.category: row.cases
                for row in connection.execute(
                    select(CASES.c.category, func.count().label("cases")).group_by(CASES.c.category)
                )
            },
        },
        "tasks": {"dispatched": _count(connection, select(func.count()).select_from(TASKS))},
        "incidents": msgspec.structs.asdict(score(incidents, _detections(connection))),
        "latency_ms": latency_ms,
        "rates": {
            "frames_per_s": round(counts.frames / wall_s, 1),
            "observations_per_s": round(counts.received / wall_s, 1),
        },
    }


def progress(connection: Connection) -> dict[str, Any]:
    """Return the few numbers of the live status line."""
    counts = ledger.total(connection)
    pulse = meta.get(connection, "pipeline") or {}
    return {
        "now_ms": pulse.get("now_ms"),
        "connected": pulse.get("connected", False),
        "frames": counts.frames,
        "stored": counts.stored,
        "balanced": counts.balanced,
        "alerts": _count(connection, select(func.count()).where(ALERTS.c.firing)),
        "open_cases": _count(connection, select(func.count()).where(CASES.c.closed_at_ms.is_(None))),
        "closed_cases": _count(connection, select(func.count()).where(CASES.c.closed_at_ms.is_not(None))),
    }


def _count(connection: Connection, query: Any) -> int:
    return int(connection.execute(query).scalar_one())


def _detections(connection: Connection) -> list[Detection]:
    query = select(ALERTS.c.subject_id, ALERTS.c.fired_at_ms, CASES.c.category).join_from(
        ALERTS, CASES, ALERTS.c.case_id == CASES.c.id, isouter=True
    )
    return [
        Detection(device_id=row.subject_id, category=row.category or "", at_ms=row.fired_at_ms)
        for row in connection.execute(query)
    ]
