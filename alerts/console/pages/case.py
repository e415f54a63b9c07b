"""`/cases/{id}`: one case: its deadline, what happened, what may be done now, what the sensor measured."""

from __future__ import annotations

import asyncio
from typing import Any

from nicegui import ui

from alerts.api.cases import CaseDetailOut, detail
from alerts.api.reads import alerts as alert_reads
from alerts.cases.workflow import Guard, row_of
from alerts.console import present
from alerts.console.markup import Words, box, empty, facts, panel
from alerts.console.parts import AlertList, Deadline, Moves, Timeline
from alerts.console.shell import shell
from alerts.console.times import moment
from alerts.console.trace import Stretch, Trace
from alerts.console.visit import Visit
from alerts.errors import NotFound
from alerts.store.database import reading

_BEFORE_MS, _AFTER_MS = 20 * 60_000, 20 * 60_000


def build(visit: Visit, case_id: int) -> None:
    """Build the page."""
    try:
        with reading(visit.context.engine) as connection:
            case = detail(connection, case_id, visit.principal.actor, visit.context.now_ms())
    except NotFound:
        with shell(visit, "cases"), box("div", "w-page"):
            empty(visit.t("case.missing"))
        return
    with shell(visit, "cases", case.number or str(case.id)), box("div", "w-page"):
        CasePage(visit, case)


class CasePage:
    """The parts of the page."""

    def __init__(self, visit: Visit, case: CaseDetailOut) -> None:
        self._visit, self._id, self._version = visit, case.id, 0
        self._headline(case)
        site = visit.context.site
        crews = [[name, present.crew(name, site, visit.lang)] for name in site.crews]
        with box("div", "w-two"):
            with box("div", "w-left"):
                with panel(visit.t("case.trace")):
                    self._trace = Trace(visit)
                    with box("div") as self._no_trace:
                        empty(visit.t("case.no_trace"))
                with panel(visit.t("case.log")):
                    self._log = Timeline([])
                with panel(visit.t("case.alerts")):
                    self._alerts = AlertList(can_act=visit.may_act)
            with box("div", "w-left"):
                with panel(visit.t("case.moves")):
                    self._moves = Moves(case.id, crews)
                with panel(visit.t("case.facts")):
                    self._facts_box = ui.element("div")
        self._moves.when("changed", lambda _: self.refresh())
        self._alerts.when("changed", lambda _: visit.live.refresh())
        visit.follow(self.refresh)

    async def refresh(self) -> None:
        """Show what the database says now."""
        visit, site = self._visit, self._visit.context.site
        case, rows, total = await asyncio.to_thread(self._read)
        self._alerts.show(rows=[present.alert(row, site, visit.lang) for row in rows], total=total)
        if case.version != self._version:
            self._version = case.version
            self._state.set_text(visit.t(f"case_state.{case.state}"))
            self._deadline.show(row=case.model_dump(mode="json", exclude={"log", "moves"}))
            self._log.show(rows=[present.event(one, site, visit.lang) for one in case.log])
            self._facts_box.clear()
            with self._facts_box:
                facts(self._facts(case))
        self._moves.show(version=case.version, moves=[_move(one) for one in case.moves])
        drawn = await self._draw(case, rows)
        self._no_trace.set_visibility(not drawn)

    def _headline(self, case: CaseDetailOut) -> None:
        visit = self._visit
        with box("div", "w-headline"):
            with box("div"):
                Words(case.title_zh if visit.lang == "zh" else case.title_en, "h1")
                Words(case.number or visit.t("cases.no_number"), classes="number muted")
            Words(visit.t(f"severity.{case.severity}"), classes=f"w-sev sev-{case.severity}")
            self._state = Words(visit.t(f"case_state.{case.state}"), classes="w-badge due")
            Words("", classes="grow")
            self._deadline = Deadline(case.model_dump(mode="json", exclude={"log", "moves"}))

    def _read(self) -> tuple[CaseDetailOut, list[Any], int]:
        with reading(self._visit.context.engine) as connection:
            rows, total = alert_reads.find(connection, alert_reads.AlertFilter(case_id=self._id), limit=50)
            case = detail(connection, self._id, self._visit.principal.actor, self._visit.context.now_ms())
            return case, rows, total

    async def _draw(self, case: CaseDetailOut, rows: list[Any]) -> bool:
        device = self._visit.context.site.register.device(case.subject_id)
        measured = next((row.observed_property for row in rows if row.observed_property), None)
        if device is None or measured is None:
            return False
        end_ms = self._visit.context.now_ms()
        if case.closed_at_ms is not None:
            end_ms = min(end_ms, case.closed_at_ms + _AFTER_MS)
        stretch = Stretch(
            device=device, observed_property=measured, from_ms=case.reported_at_ms - _BEFORE_MS, to_ms=end_ms + 1
        )
        return await self._trace.show(stretch)

    def _facts(self, case: CaseDetailOut) -> list[tuple[str, str | tuple[str, str] | None]]:
        visit, site = self._visit, self._visit.context.site
        category = site.categories.get(case.category)
        kind = visit.t(f"case_kind.{case.kind}")
        limit = f"{case.limit_value:g} {visit.t(f'limit_type.{case.limit_type}')}" if case.limit_value else None
        minutes = f"{case.normal_for_s / 60:g}" if case.normal_for_s else None
        is_device = site.register.device(case.subject_id) is not None
        subject = (f"/devices/{case.subject_id}", case.subject_id) if is_device else case.subject_id
        times = (
            ("reported", case.reported_at_ms), ("filed", case.filed_at_ms), ("dispatched", case.dispatched_at_ms),
            ("done", case.done_at_ms), ("closed", case.closed_at_ms),
        )  # fmt: skip
        return [
            (
                visit.t("case.category"),
                f"{case.code} {kind}（{case.scheme}）" if visit.lang == "zh" else f"{case.code} {kind} ({case.scheme})",
            ),
            (visit.t("case.condition"), None if category is None else category.condition),
            (visit.t("case.limit"), limit),
            (visit.t("case.verify"), visit.t("case.verify_for", minutes=minutes) if minutes else None),
            (visit.t("case.place"), site.place(case.cell)),
            (visit.t("case.cell"), case.cell),
            (visit.t("case.subject"), subject),
            (visit.t("case.source"), visit.t(f"source.{case.source}")),
            (visit.t("case.unit"), present.unit(case.unit, site, visit.lang)),
            (visit.t("case.crew"), present.crew(case.crew, site, visit.lang)),
            *((visit.t(f"case.{name}"), moment(at, site.zone)) for name, at in times),
        ]


def _move(move: Any) -> dict[str, Any]:
    return {"move": str(move), "opinion": Guard.OPINION in row_of(move).guards}
