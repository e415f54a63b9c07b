"""Cases and their logs in the case store."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, func, insert, select

from alerts.cases.workflow import FINAL
from alerts.model import Case, LogEntry
from alerts.store import rows
from alerts.store.tables import CASE_LOG, CASES

_OPEN = CASES.c.state.not_in(sorted(FINAL))


def get(connection: Connection, case_id: int) -> Case | None:
    """Return the case with this id, or None."""
    return rows.one_of(connection, select(CASES).where(CASES.c.id == case_id), Case)


def by_number(connection: Connection, number: str) -> Case | None:
    """Return the case with this number, or None."""
    return rows.one_of(connection, select(CASES).where(CASES.c.number == number), Case)


def by_incident(connection: Connection, incident_key: str) -> Case | None:
    """Return the case of an incident, open or not, or None."""
    return rows.one_of(connection, select(CASES).where(CASES.c.incident_key == incident_key), Case)


def open_of_subject(connection: Connection, category: str, subject_kind: str, subject_id: str) -> Case | None:
    """Return the newest open case of a category for a subject, or None."""
    query = select(CASES).where(
        CASES.c.category == category, CASES.c.subject_kind == subject_kind, CASES.c.subject_id == subject_id, _OPEN
    )
    return rows.one_of(connection, query.order_by(CASES.c.id.desc()), Case)


def open_since(connection: Connection, category: str, since_ms: int) -> list[Case]:
    """Return the open cases of a category that were reported at or after `since_ms`, oldest first."""
    query = select(CASES).where(CASES.c.category == category, CASES.c.reported_at_ms >= since_ms, _OPEN)
    return rows.all_of(connection, query.order_by(CASES.c.id), Case)


def due(connection: Connection, now_ms: int, limit: int = 500) -> list[Case]:
    """Return the cases that a timer must look at now, the longest waiting first."""
    query = select(CASES).where(CASES.c.next_check_ms <= now_ms).order_by(CASES.c.next_check_ms)
    return rows.all_of(connection, query.limit(limit), Case)


def highest_number(connection: Connection, prefix: str) -> str | None:
    """Return the highest case number that begins with `prefix` (of digits), or None."""
    query = select(func.max(CASES.c.number)).where(CASES.c.number >= prefix, CASES.c.number < prefix + ":")
    highest: str | None = connection.execute(query).scalar_one()
    return highest


def add(connection: Connection, **values: Any) -> Case:
    """Insert a case and return it."""
    new_id = connection.execute(insert(CASES).values(values).returning(CASES.c.id)).scalar_one()
    found = get(connection, new_id)
    if found is None:
        raise LookupError(f"case {new_id} is not there after its insert")
    return found


def change(connection: Connection, case: Case, now_ms: int, **changes: Any) -> Case:
    """Write changes of a case and return it as it is now; raises Conflict if it was changed since it was read."""
    return rows.change(connection, CASES, case, now_ms, **changes)


def append_log(
    connection: Connection, case_id: int, now_ms: int, *, actor: str, move: str, detail: dict[str, Any], **texts: Any
) -> int:
    """Append a line (`from_state`, `to_state`, `reason` in texts) to a case's log; return its number in the case."""
    last = select(func.coalesce(func.max(CASE_LOG.c.event), 0)).where(CASE_LOG.c.case_id == case_id)
    event: int = connection.execute(last).scalar_one() + 1
    packed = msgspec.json.encode(detail).decode()
    connection.execute(
        insert(CASE_LOG).values(
            case_id=case_id, event=event, at_ms=now_ms, actor=actor, move=move, detail=packed, **texts
        )
    )
    return event


def log_of(connection: Connection, case_id: int) -> list[LogEntry]:
    """Return the log of a case, oldest first."""
    query = select(CASE_LOG).where(CASE_LOG.c.case_id == case_id).order_by(CASE_LOG.c.event)
    return rows.all_of(connection, query, LogEntry)
