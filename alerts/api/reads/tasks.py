"""Tasks with what a crew must know of their case; `version` is the case's, because a task moves with its case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, case, select

from alerts.store.tables import CASES, TASKS

_TASK: Select[Any] = select(
    TASKS.c.id,
    TASKS.c.case_id,
    CASES.c.number.label("case_number"),
    TASKS.c.crew,
    TASKS.c.kind,
    TASKS.c.state,
    TASKS.c.round,
    CASES.c.version,
    CASES.c.state.label("case_state"),
    CASES.c.subject_kind,
    CASES.c.subject_id,
    CASES.c.category,
    CASES.c.severity,
    CASES.c.title_zh,
    CASES.c.title_en,
    CASES.c.cell,
    CASES.c.lat,
    CASES.c.lon,
    CASES.c.deadline_ms,
    TASKS.c.offered_at_ms,
    TASKS.c.done_at_ms,
    TASKS.c.note,
).select_from(TASKS.join(CASES, TASKS.c.case_id == CASES.c.id))


def find(
    connection: Connection,
    *,
    crew: str | None = None,
    states: Sequence[str] = (),
    case_id: int | None = None,
    limit: int = 200,
    offset: int = 0,
) -> list[Row[Any]]:
    """Return tasks by deadline (those without one last), then in the order in which they were offered."""
    clauses: list[ColumnElement[bool]] = []
    if crew is not None:
        clauses.append(TASKS.c.crew == crew)
    if states:
        clauses.append(TASKS.c.state.in_(states))
    if case_id is not None:
        clauses.append(TASKS.c.case_id == case_id)
    no_deadline = case((CASES.c.deadline_ms.is_(None), 1), else_=0)
    return list(
        connection.execute(
            _TASK.where(*clauses).order_by(no_deadline, CASES.c.deadline_ms, TASKS.c.id).limit(limit).offset(offset)
        ).all()
    )


def get(connection: Connection, task_id: int) -> Row[Any] | None:
    """Return one task, or None."""
    return connection.execute(_TASK.where(TASKS.c.id == task_id)).one_or_none()
