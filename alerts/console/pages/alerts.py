"""`/alerts`: all alerts, by state, severity and domain."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from alerts.api.reads import alerts as reads
from alerts.console import present
from alerts.console.live import DOMAINS, LIST_LENGTH
from alerts.console.markup import Words, box, panel, select
from alerts.console.parts import AlertList
from alerts.console.shell import shell
from alerts.console.visit import Visit
from alerts.store.database import reading
from rules.model import Severity

_STATES: Mapping[str, tuple[str, ...]] = {
    "live": reads.LIVE_STATES,
    "shelved": ("SHLVD",),
    "suppressed": ("DSUPR",),
    "all": (),
}


def build(visit: Visit) -> None:
    """Build the page."""
    with shell(visit, "alerts"), box("div", "w-page"):
        Alerts(visit)


class Alerts:
    """The list and what it is narrowed to."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._state, self._severity, self._domain = "live", "", ""
        every = {"": visit.t("form.all")}
        with panel(visit.t("nav.alerts")) as head:
            self._list = AlertList(can_act=visit.may_act, shelving=True)
        with head, box("div", "w-filters grow"):
            states = {word: visit.t(f"alerts.filter.{word}") for word in _STATES}
            severities = every | {one.value: visit.t(f"severity.{one}") for one in Severity}
            domains = every | {one: visit.t(f"domain.{one}") for one in DOMAINS}
            select(visit.t("alerts.filter.state"), states, "live", lambda value: self._choose(state=value))
            select(visit.t("alerts.filter.severity"), severities, "", lambda value: self._choose(severity=value))
            select(visit.t("filter.domain"), domains, "", lambda value: self._choose(domain=value))
        with head:
            Words(visit.t("alerts.hint") if visit.may_act else "", classes="muted")
        self._list.when("changed", lambda _: visit.live.refresh())
        visit.follow(self.refresh)

    async def refresh(self) -> None:
        """Show what the database says now."""
        rows, total = await asyncio.to_thread(self._find)
        site, lang = self._visit.context.site, self._visit.lang
        filtered = (self._state, self._severity, self._domain) != ("live", "", "")
        self._list.show(rows=[present.alert(row, site, lang) for row in rows], total=total, filtered=filtered)

    async def _choose(self, state: str | None = None, severity: str | None = None, domain: str | None = None) -> None:
        self._state = self._state if state is None else state
        self._severity = self._severity if severity is None else severity
        self._domain = self._domain if domain is None else domain
        await self.refresh()

    def _find(self) -> present.Rows:
        wanted = reads.AlertFilter(
            states=_STATES.get(self._state, ()),
            severities=(self._severity,) if self._severity else (),
            domain=self._domain or None,
        )
        with reading(self._visit.context.engine) as connection:
            return reads.find(connection, wanted, limit=LIST_LENGTH)
