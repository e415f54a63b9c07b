"""Alerts as people look at them: those that fire before those that are over, worst first, then newest."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, case, func, select

from alerts.store.tables import ALERTS, CASES
from rules.model import Severity

LIVE_STATES = ("UNACK", "ACKED", "RTNUN")  # ISA-18.2 states that ask for somebody's attention
SEVERITY_RANK: Mapping[str, int] = {severity.value: rank for rank, severity in enumerate(Severity)}
_RANK = case(SEVERITY_RANK, value=ALERTS.c.severity, else_=len(SEVERITY_RANK))
_UNACKNOWLEDGED_FIRST = case({"UNACK": 0, "RTNUN": 1}, value=ALERTS.c.state, else_=2)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AlertFilter:
    """Which alerts are asked for; what is None or empty does not limit. `cell` is a code or the beginning of one."""

    states: Sequence[str] = ()
    severities: Sequence[str] = ()
    domain: str | None = None
    cell: str | None = None
    device_id: str | None = None
    rule_id: str | None = None
    case_id: int | None = None


def find(connection: Connection, wanted: AlertFilter, *, limit: int, offset: int = 0) -> tuple[list[Row[Any]], int]:
    """Return a page of alerts, each with the number of its case, and how many there are in all."""
    clauses = _clauses(wanted)
    total = connection.execute(select(func.count()).select_from(ALERTS).where(*clauses)).scalar_one()
    rows = connection.execute(
        _WITH_CASE.where(*clauses)
        .order_by(ALERTS.c.firing.desc(), _RANK, _UNACKNOWLEDGED_FIRST, ALERTS.c.fired_at_ms.desc(), ALERTS.c.id.desc())
        .limit(limit)
        .offset(offset)
    ).all()
    return list(rows), total


def get(connection: Connection, alert_id: int) -> Row[Any] | None:
    """Return one alert with the number of its case, or None."""
    return connection.execute(_WITH_CASE.where(ALERTS.c.id == alert_id)).one_or_none()


def worst_by_cell(connection: Connection) -> dict[str, tuple[str, int]]:
    """Return (worst severity, number) of the alerts that fire now, for every cell that has one."""
    rows = connection.execute(
        select(ALERTS.c.cell, func.min(_RANK), func.count())
        .where(ALERTS.c.firing, ALERTS.c.state.in_(LIVE_STATES))
        .group_by(ALERTS.c.cell)
    )
    words = list(SEVERITY_RANK)
    return {cell: (words[min(rank, len(words) - 1)], count) for cell, rank, count in rows}


def live_by_domain(connection: Connection) -> dict[str, tuple[int, int]]:
    """Return (alerts that fire, live alerts that nobody acknowledged) of every domain that has one."""
    firing = func.sum(case((ALERTS.c.firing, 1), else_=0))
    unacknowledged = func.sum(case((ALERTS.c.state != "ACKED", 1), else_=0))
    rows = connection.execute(
        select(ALERTS.c.domain, firing, unacknowledged).where(ALERTS.c.state.in_(LIVE_STATES)).group_by(ALERTS.c.domain)
    )
    return {domain: (count, open_) for domain, count, open_ in rows}


_WITH_CASE = select(ALERTS, CASES.c.number.label("case_number")).select_from(
    ALERTS.outerjoin(CASES, ALERTS.c.case_id == CASES.c.id)
)


def _clauses(wanted: AlertFilter) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = []
    if wanted.states:
        clauses.append(ALERTS.c.state.in_(wanted.states))
    if wanted.severities:
        clauses.append(ALERTS.c.severity.in_(wanted.severities))
    if wanted.cell:
        clauses.append(ALERTS.c.cell.startswith(wanted.cell, autoescape=True))
    clauses += [
        ALERTS.c[column] == value
        for column, value in (
            ("domain", wanted.domain),
            ("device_id", wanted.device_id),
            ("rule_id", wanted.rule_id),
            ("case_id", wanted.case_id),
        )
        if value is not None
    ]
    return clauses
