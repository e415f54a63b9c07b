"""Keeps every open page up to date: one look at the database a second for the whole process, however many watch.

A page compares `revision` with the one it showed last (a whole number, no query), and takes what it needs from the
`snapshot`. The snapshot also has the sessions that are good, so that an open page ends when its
session does.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping
from typing import Any

import structlog
from sqlalchemy import Row

from alerts.api.context import WebContext
from alerts.api.reads import accounts, alerts, cases, reloads
from alerts.errors import StoreError
from alerts.store import sessions
from alerts.store.database import reading

PERIOD_S = 1.0
LIST_LENGTH = 200
DOMAINS = ("traffic", "weather", "lighting", "waste")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """The figures of one domain."""

    domain: str
    alerts: int
    unacknowledged: int
    cases: int
    overdue: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What all pages share: the first `LIST_LENGTH` live alerts and open cases, totals, colours of the map."""

    alerts: tuple[Row[Any], ...] = ()
    alerts_total: int = 0
    cases: tuple[Row[Any], ...] = ()
    cases_total: int = 0
    cells: Mapping[str, tuple[str, int]] = dataclasses.field(default_factory=dict)
    counters: tuple[Counter, ...] = tuple(
        Counter(domain=domain, alerts=0, unacknowledged=0, cases=0, overdue=0) for domain in DOMAINS
    )
    heartbeat: accounts.Heartbeat | None = None
    balanced: bool = True
    refused: tuple[reloads.Refused, ...] = ()
    sessions: frozenset[str] = frozenset()


class Live:
    """Owns the polling task; `revision` grows with every change of the snapshot."""

    def __init__(self, context: WebContext) -> None:
        self._context = context
        self._task: asyncio.Task[None] | None = None
        self.snapshot = Snapshot()
        self.revision = 0

    def start(self) -> None:
        """Begin to poll (call it on the event loop)."""
        self._task = asyncio.create_task(self._poll(), name="console poll")

    async def stop(self) -> None:
        """End polling."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def refresh(self) -> None:
        """Look once, now."""
        found = await asyncio.to_thread(look, self._context)
        if found != self.snapshot:
            self.snapshot = found
            self.revision += 1

    async def _poll(self) -> None:
        log = structlog.get_logger()
        while True:
            try:
                await self.refresh()
            except StoreError as exc:
                log.warning("console cannot read the database", error=str(exc))
            await asyncio.sleep(PERIOD_S)


def look(context: WebContext) -> Snapshot:
    """Return what the database says now, as one consistent picture."""
    live = alerts.AlertFilter(states=alerts.LIVE_STATES)
    with reading(context.engine) as connection:
        alert_rows, alerts_total = alerts.find(connection, live, limit=LIST_LENGTH)
        case_rows, cases_total = cases.find(connection, cases.CaseFilter(only_open=True), limit=LIST_LENGTH)
        by_domain = alerts.live_by_domain(connection)
        open_cases = cases.open_by_domain(connection, context.now_ms())
        return Snapshot(
            alerts=tuple(alert_rows),
            alerts_total=alerts_total,
            cases=tuple(case_rows),
            cases_total=cases_total,
            cells=alerts.worst_by_cell(connection),
            counters=tuple(
                Counter(
                    domain=domain,
                    alerts=by_domain.get(domain, (0, 0))[0],
                    unacknowledged=by_domain.get(domain, (0, 0))[1],
                    cases=open_cases.get(domain, (0, 0))[0],
                    overdue=open_cases.get(domain, (0, 0))[1],
                )
                for domain in DOMAINS
            ),
            heartbeat=accounts.heartbeat(connection),
            balanced=accounts.is_balanced(accounts.totals(connection)),
            refused=reloads.refused(connection),
            sessions=sessions.live(connection, now_ms=context.wall_ms()),
        )
