"""Tasks of crews in the case store."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from alerts.model import Task
from alerts.store import rows
from alerts.store.tables import TASKS

OPEN = ("offered", "accepted", "started")
_IS_OPEN = TASKS.c.state.in_(OPEN)


def add(connection: Connection, case_id: int, now_ms: int, *, kind: str, **values: Any) -> Task:
    """Insert a task (crew, unit, state in values) in the next round of its case and kind, and return it."""
    last = select(func.coalesce(func.max(TASKS.c.round), 0)).where(TASKS.c.case_id == case_id, TASKS.c.kind == kind)
    number: int = connection.execute(last).scalar_one() + 1
    connection.execute(insert(TASKS).values(case_id=case_id, kind=kind, round=number, offered_at_ms=now_ms, **values))
    return of_case(connection, case_id, kind=kind)[-1]


def of_case(connection: Connection, case_id: int, *, kind: str | None = None, only_open: bool = False) -> list[Task]:
    """Return the tasks of a case by round, all or only the open ones, of one kind or of all."""
    query = select(TASKS).where(TASKS.c.case_id == case_id)
    if kind is not None:
        query = query.where(TASKS.c.kind == kind)
    if only_open:
        query = query.where(_IS_OPEN)
    return rows.all_of(connection, query.order_by(TASKS.c.kind, TASKS.c.round), Task)


def change(connection: Connection, task: Task, **changes: Any) -> Task:
    """Write changes of a task and return it as it is now. Its case carries the optimistic lock."""
    connection.execute(update(TASKS).where(TASKS.c.id == task.id).values(changes))
    query = select(TASKS).where(TASKS.c.id == task.id)
    return rows.all_of(connection, query, Task)[0]


def open_counts(connection: Connection, crews: Collection[str]) -> dict[str, int]:
    """Return how many open tasks each of the crews has (those without are left out)."""
    query = select(TASKS.c.crew, func.count()).where(TASKS.c.crew.in_(crews), _IS_OPEN).group_by(TASKS.c.crew)
    return {str(row[0]): int(row[1]) for row in connection.execute(query)}
