"""Cases as people look at them: open ones by deadline (those without one last), finished ones newest first."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, case, func, select

from alerts.store.tables import CASES

FINAL_STATES = ("CLOSED", "REJECTED", "CANCELLED")
_FINISHED = case((CASES.c.state.in_(FINAL_STATES), 1), else_=0)
_NO_DEADLINE = case((CASES.c.deadline_ms.is_(None), 1), else_=0)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """Which cases are asked for; what is None or empty does not limit.

    `cell` is a code or the beginning of one, `text` a part of the number or title; `overdue_at_ms` keeps the open
    cases whose deadline is before that time.
    """

    states: Sequence[str] = ()
    only_open: bool = False
    domain: str | None = None
    category: str | None = None
    cell: str | None = None
    crew: str | None = None
    text: str | None = None
    overdue_at_ms: int | None = None


def find(connection: Connection, wanted: CaseFilter, *, limit: int, offset: int = 0) -> tuple[list[Row[Any]], int]:
    """Return a page of cases, and how many there are in all."""
    clauses = _clauses(wanted)
    total = connection.execute(select(func.count()).select_from(CASES).where(*clauses)).scalar_one()
    open_deadline = case((_FINISHED == 0, CASES.c.deadline_ms))
    rows = connection.execute(
        select(CASES)
        .where(*clauses)
        .order_by(_FINISHED, case((_FINISHED == 0, _NO_DEADLINE)), open_deadline, CASES.c.id.desc())
        .limit(limit)
        .offset(offset)
    ).all()
    return list(rows), total


def open_by_domain(connection: Connection, now_ms: int) -> dict[str, tuple[int, int]]:
    """Return (open cases, of which overdue at `now_ms`) of every domain that has one."""
    overdue = func.sum(case((_overdue(now_ms), 1), else_=0))
    rows = connection.execute(
        select(CASES.c.domain, func.count(), overdue).where(_FINISHED == 0).group_by(CASES.c.domain)
    )
    return {domain: (count, late) for domain, count, late in rows}


def _overdue(now_ms: int) -> ColumnElement[bool]:
    return (CASES.c.done_at_ms.is_(None)) & (CASES.c.deadline_ms < now_ms)


def _clauses(wanted: CaseFilter) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = []
    if wanted.states:
        clauses.append(CASES.c.state.in_(wanted.states))
    if wanted.only_open or wanted.overdue_at_ms is not None:
        clauses.append(CASES.c.state.not_in(FINAL_STATES))
    if wanted.overdue_at_ms is not None:
        clauses.append(_overdue(wanted.overdue_at_ms))
    if wanted.cell:
        clauses.append(CASES.c.cell.startswith(wanted.cell, autoescape=True))
    if wanted.text:
        clauses.append(
            CASES.c.number.contains(wanted.text, autoescape=True)
            | CASES.c.title_zh.icontains(wanted.text, autoescape=True)
            | CASES.c.title_en.icontains(wanted.text, autoescape=True)
        )
    clauses += [
        CASES.c[column] == value
        for column, value in (("domain", wanted.domain), ("category", wanted.category), ("crew", wanted.crew))
        if value is not None
    ]
    return clauses
