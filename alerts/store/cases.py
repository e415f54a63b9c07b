"""Cases and their logs in the case store."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, func, insert, select

from alerts.cases.numbering import LAST
from alerts.cases.workflow import FINAL
from alerts.model import Case, LogEntry
from alerts.store import rows
from alerts.store.tables import CASE_LOG, CASES

_OPEN = CASES.c.state.not_in(sorted(FINAL))
_GET = select(CASES).where(CASES.c.id == bindparam("id"))
_BY_NUMBER = select(CASES).where(CASES.c.number == bindparam("number"))
_BY_INCIDENT = select(CASES).where(CASES.c.incident_key == bindparam("incident_key"))
_OPEN_OF_SUBJECT = (
    select(CASES)
    .where(
        CASES.c.category == bindparam("category"),
        CASES.c.subject_kind == bindparam("subject_kind"),
        CASES.c.subject_id == bindparam("subject_id"),
        _OPEN,
    )
    .order_by(CASES.c.id.desc())
    .limit(1)
)
_OPEN_SINCE = (
    select(CASES)
    .where(CASES.c.category == bindparam("category"), CASES.c.reported_at_ms >= bindparam("since_ms"), _OPEN)
    .order_by(CASES.c.id)
)
_DUE = (
    select(CASES)
    .where(CASES.c.next_check_ms <= bindparam("now_ms"))
    .order_by(CASES.c.next_check_ms)
    .limit(bindparam("most"))
)
_HIGHEST = select(func.max(CASES.c.number)).where(
    CASES.c.number >= bindparam("prefix"), CASES.c.number <= bindparam("last")
)
_ADD = insert(CASES).returning(*CASES.c)
_CHANGE = rows.versioned(CASES)
_LOG_OF = select(CASE_LOG).where(CASE_LOG.c.case_id == bindparam("case_id")).order_by(CASE_LOG.c.event)
_NEXT_EVENT = (
    select(func.coalesce(func.max(CASE_LOG.c.event), 0) + 1)
    .where(CASE_LOG.c.case_id == bindparam("of_case"))
    .scalar_subquery()
)
_APPEND = insert(CASE_LOG).values(event=_NEXT_EVENT).returning(CASE_LOG.c.event)


def get(connection: Connection, case_id: int) -> Case | None:
    """Return the case with this id, or None."""
    return rows.one_of(connection, _GET, Case, {"id": case_id})


def by_number(connection: Connection, number: str) -> Case | None:
    """Return the case with this number, or None."""
    return rows.one_of(connection, _BY_NUMBER, Case, {"number": number})


def by_incident(connection: Connection, incident_key: str) -> Case | None:
    """Return the case of an incident, open or not, or None."""
    return rows.one_of(connection, _BY_INCIDENT, Case, {"incident_key": incident_key})


def open_of_subject(connection: Connection, category: str, subject_kind: str, subject_id: str) -> Case | None:
    """Return the newest open case of a category for a subject, or None."""
    key = {"category": category, "subject_kind": subject_kind, "subject_id": subject_id}
    return rows.one_of(connection, _OPEN_OF_SUBJECT, Case, key)


def open_since(connection: Connection, category: str, since_ms: int) -> list[Case]:
    """Return the open cases of a category that were reported at or after `since_ms`, oldest first."""
    return rows.all_of(connection, _OPEN_SINCE, Case, {"category": category, "since_ms": since_ms})


def due(connection: Connection, now_ms: int, limit: int = 500) -> list[Case]:
    """Return the cases that a timer must look at now, the longest waiting first."""
    return rows.all_of(connection, _DUE, Case, {"now_ms": now_ms, "most": limit})


def highest_number(connection: Connection, prefix: str) -> str | None:
    """Return the highest case number that begins with `prefix` (of digits), or None."""
    highest: str | None = connection.execute(_HIGHEST, {"prefix": prefix, "last": f"{prefix}{LAST}"}).scalar_one()
    return highest


def add(connection: Connection, **values: Any) -> Case:
    """Insert a case and return it."""
    return rows.the_one(connection, _ADD, Case, values)


def change(connection: Connection, case: Case, now_ms: int, **changes: Any) -> Case:
    """Write changes of a case and return it as it is now; raises Conflict if it was changed since it was read."""
    return rows.change(connection, _CHANGE, case, now_ms, **changes)


def append_log(
    connection: Connection, case_id: int, now_ms: int, *, actor: str, move: str, detail: dict[str, Any], **texts: Any
) -> int:
    """Append a line (`from_state`, `to_state`, `reason` in texts) to a case's log; return its number in the case."""
    row = {"case_id": case_id, "at_ms": now_ms, "actor": actor, "move": move, **texts}
    row |= {"detail": msgspec.json.encode(detail).decode(), "of_case": case_id}
    event: int = connection.execute(_APPEND, row).scalar_one()
    return event


def log_of(connection: Connection, case_id: int) -> list[LogEntry]:
    """Return the log of a case, oldest first."""
    return rows.all_of(connection, _LOG_OF, LogEntry, {"case_id": case_id})
