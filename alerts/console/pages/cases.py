"""`/cases`: all cases, by state, domain, crew and number."""

from __future__ import annotations

import asyncio

from alerts.api.reads import cases as reads
from alerts.console import present
from alerts.console.live import DOMAINS, LIST_LENGTH
from alerts.console.markup import box, panel, search, select
from alerts.console.parts import CaseList
from alerts.console.shell import shell
from alerts.console.visit import Visit
from alerts.store.database import reading

_STATES = ("open", "overdue", "finished", "all")


def build(visit: Visit) -> None:
    """Build the page."""
    with shell(visit, "cases"), box("div", "w-page"):
        Cases(visit)


class Cases:
    """The list and what it is narrowed to."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._chosen = {"state": "open", "domain": "", "crew": "", "text": ""}
        every = {"": visit.t("form.all")}
        site = visit.context.site
        with panel(visit.t("nav.cases")) as head:
            self._list = CaseList()
        with head, box("div", "w-filters grow"):
            states = {word: visit.t(f"cases.filter.{word}") for word in _STATES}
            domains = every | {one: visit.t(f"domain.{one}") for one in DOMAINS}
            crews = every | {name: present.crew(name, site, visit.lang) for name in site.crews}
            select(visit.t("alerts.filter.state"), states, "open", lambda value: self._choose("state", value))
            select(visit.t("filter.domain"), domains, "", lambda value: self._choose("domain", value))
            select(visit.t("cases.filter.crew"), crews, "", lambda value: self._choose("crew", value))
            search(visit.t("form.search"), lambda value: self._choose("text", value))
        visit.follow(self.refresh)

    async def refresh(self) -> None:
        """Show what the database says now."""
        rows, total = await asyncio.to_thread(self._find)
        site, lang = self._visit.context.site, self._visit.lang
        filtered = (
            any(value for key, value in self._chosen.items() if key != "state") or self._chosen["state"] != "open"
        )
        self._list.show(rows=[present.case(row, site, lang) for row in rows], total=total, filtered=filtered)

    async def _choose(self, what: str, value: str) -> None:
        self._chosen[what] = value
        await self.refresh()

    def _find(self) -> present.Rows:
        state = self._chosen["state"]
        wanted = reads.CaseFilter(
            states=reads.FINAL_STATES if state == "finished" else (),
            only_open=state == "open",
            overdue_at_ms=self._visit.context.now_ms() if state == "overdue" else None,
            domain=self._chosen["domain"] or None,
            crew=self._chosen["crew"] or None,
            text=self._chosen["text"].strip() or None,
        )
        with reading(self._visit.context.engine) as connection:
            return reads.find(connection, wanted, limit=LIST_LENGTH)
