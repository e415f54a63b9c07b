"""`/`: the whole district at a glance: map, figures by domain, live alerts, open cases with countdowns."""

from __future__ import annotations

import asyncio
import dataclasses

from alerts.api.reads import alerts as alert_reads
from alerts.api.reads import cases as case_reads
from alerts.console import present
from alerts.console.live import LIST_LENGTH
from alerts.console.markup import Words, box, link, panel
from alerts.console.parts import AlertList, CaseList, CellMap, Counters
from alerts.console.shell import shell
from alerts.console.visit import Visit
from alerts.store.database import reading


def build(visit: Visit) -> None:
    """Build the page."""
    with shell(visit, "overview"), box("div", "w-overview"):
        Overview(visit)


class Overview:
    """The parts of the page and what they are narrowed to: a cell, a domain, or nothing."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._cell: str | None = None
        self._domain: str | None = None
        with box("div", "w-left"):
            self._counters = Counters()
            self._map = CellMap()
        with box("div", "w-right"):
            with panel(visit.t("alerts.title"), visit.t("alerts.hint") if visit.may_act else ""):
                self._alerts = AlertList(can_act=visit.may_act, more_href="/alerts")
            with panel(visit.t("cases.title")) as head:
                self._cases = CaseList(more_href="/cases")
            with head:
                self._narrowed = Words("", classes="muted clip grow")
                self._everything = link(visit.t("form.clear"), "/", "w-button plain")
        self._counters.when("choose", self._choose_domain)
        self._map.when("choose", self._choose_cell)
        self._alerts.when("changed", lambda _: visit.live.refresh())
        visit.follow(self.refresh)

    async def refresh(self) -> None:
        """Show what the database says now."""
        visit, site = self._visit, self._visit.context.site
        snapshot = visit.live.snapshot
        alert_rows, alerts_total = list(snapshot.alerts), snapshot.alerts_total
        case_rows, cases_total = list(snapshot.cases), snapshot.cases_total
        narrowed = self._cell is not None or self._domain is not None
        if narrowed:
            (alert_rows, alerts_total), (case_rows, cases_total) = await asyncio.to_thread(self._narrow)
        self._counters.show(rows=[dataclasses.asdict(one) for one in snapshot.counters], chosen=self._domain)
        self._map.show(
            paint={code: list(worst) for code, worst in snapshot.cells.items()},
            dots=present.dots(snapshot.alerts, site),
            chosen=self._cell,
        )
        shown_alerts = [present.alert(row, site, visit.lang) for row in alert_rows]
        self._alerts.show(rows=shown_alerts, total=alerts_total, filtered=narrowed)
        shown_cases = [present.case(row, site, visit.lang) for row in case_rows]
        self._cases.show(rows=shown_cases, total=cases_total, filtered=narrowed)
        self._narrowed.set_text(self._told())
        self._everything.set_visibility(narrowed)

    async def _choose_cell(self, code: str | None) -> None:
        self._cell = code
        await self.refresh()

    async def _choose_domain(self, domain: str | None) -> None:
        self._domain = domain
        await self.refresh()

    def _narrow(self) -> tuple[present.Rows, present.Rows]:
        live = alert_reads.AlertFilter(states=alert_reads.LIVE_STATES, cell=self._cell, domain=self._domain)
        open_cases = case_reads.CaseFilter(only_open=True, cell=self._cell, domain=self._domain)
        with reading(self._visit.context.engine) as connection:
            return (
                alert_reads.find(connection, live, limit=LIST_LENGTH),
                case_reads.find(connection, open_cases, limit=LIST_LENGTH),
            )

    def _told(self) -> str:
        words = []
        if self._domain is not None:
            words.append(self._visit.t(f"domain.{self._domain}"))
        if self._cell is not None:
            words += [self._visit.context.site.place(self._cell), self._cell]
        return " · ".join(words)
