"""Tasks of crews in the case store."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, func, insert, select, update

from alerts.model import Task
from alerts.store import rows
from alerts.store.tables import TASKS

OPEN = ("offered", "accepted", "started")
_IS_OPEN = TASKS.c.state.in_(OPEN)
_NEXT_ROUND = (
    select(func.coalesce(func.max(TASKS.c.round), 0) + 1)
    .where(TASKS.c.case_id == bindparam("of_case"), TASKS.c.kind == bindparam("of_kind"))
    .scalar_subquery()
)
_ADD = insert(TASKS).values(round=_NEXT_ROUND).returning(*TASKS.c)
_CHANGE = update(TASKS).where(TASKS.c.id == bindparam("row_id"))
_OF_CASE = select(TASKS).where(TASKS.c.case_id == bindparam("case_id")).order_by(TASKS.c.kind, TASKS.c.round)
_OPEN_OF_CASE = _OF_CASE.where(_IS_OPEN)
_OPEN_COUNTS = (
    select(TASKS.c.crew, func.count())
    .where(TASKS.c.crew.in_(bindparam("crews", expanding=True)), _IS_OPEN)
    .group_by(TASKS.c.crew)
)


def add(connection: Connection, case_id: int, now_ms: int, *, kind: str, **values: Any) -> Task:
    """Insert a task (crew, unit, state in values) in the next round of its case and kind, and return it."""
    row = {"case_id": case_id, "kind": kind, "offered_at_ms": now_ms, **values}
    return rows.the_one(connection, _ADD, Task, row | {"of_case": case_id, "of_kind": kind})


def of_case(connection: Connection, case_id: int, *, only_open: bool = False) -> list[Task]:
    """Return the tasks of a case by kind and round, all or only the open ones."""
    return rows.all_of(connection, _OPEN_OF_CASE if only_open else _OF_CASE, Task, {"case_id": case_id})


def change(connection: Connection, task: Task, **changes: Any) -> Task:
    """Write changes of a task and return it as it is now. Its case carries the optimistic lock."""
    connection.execute(_CHANGE, {**changes, "row_id": task.id})
    return msgspec.structs.replace(task, **changes)


def open_counts(connection: Connection, crews: Collection[str]) -> dict[str, int]:
    """Return how many open tasks each of the crews has (those without are left out)."""
    return {str(row[0]): int(row[1]) for row in connection.execute(_OPEN_COUNTS, {"crews": list(crews)})}
