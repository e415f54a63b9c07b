"""`/alerts/{id}`: one alert: what was observed against which limit, the steps of its life, the rule that raised it."""

from __future__ import annotations

import asyncio
from typing import Any

from alerts.api.alerts import AlertOut
from alerts.api.reads import alerts as reads
from alerts.console import present
from alerts.console.markup import Words, box, empty, facts, panel
from alerts.console.parts import AlertList, DataTable
from alerts.console.reasons import in_words
from alerts.console.shell import shell
from alerts.console.times import moment
from alerts.console.trace import Stretch, Trace
from alerts.console.visit import Visit
from alerts.store import transitions
from alerts.store.database import reading
from alerts.store.transitions import Trace as Step
from rules.model import Evidence, State

_BEFORE_MS, _AFTER_MS = 30 * 60_000, 20 * 60_000
_MOST_CHARTS = 3


def build(visit: Visit, alert_id: int) -> None:
    """Build the page."""
    with reading(visit.context.engine) as connection:
        row = reads.get(connection, alert_id)
    if row is None:
        with shell(visit, "alerts"), box("div", "w-page"):
            empty(visit.t("alert.missing"))
        return
    one = AlertOut.model_validate(row)
    with shell(visit, "alerts", one.title_zh if visit.lang == "zh" else one.title_en), box("div", "w-page"):
        AlertPage(visit, one)


class AlertPage:
    """The parts of the page."""

    def __init__(self, visit: Visit, one: AlertOut) -> None:
        self._visit, self._id = visit, one.id
        self._charts: dict[tuple[str, str], Trace] = {}
        with box("div", "w-headline"):
            Words(one.title_zh if visit.lang == "zh" else one.title_en, "h1")
            Words(visit.context.site.place(one.cell), classes="muted")
        with panel(visit.t("nav.alerts")):
            self._row = AlertList(can_act=visit.may_act, shelving=True)
        with box("div", "w-two"):
            with box("div", "w-left"):
                with panel(visit.t("alert.observed"), visit.t("alert.observed_means")):
                    self._drawings = _empty_box()
                with panel(visit.t("alert.history")):
                    self._steps = DataTable(
                        (
                            ("at", visit.t("alert.since"), "moment"),
                            ("state", visit.t("alerts.filter.state"), "text"),
                            ("severity", visit.t("alerts.filter.severity"), "severity"),
                            ("reason", visit.t("letters.reason"), "wide"),
                            ("version", visit.t("rules.version"), "code"),
                        ),
                        empty=(visit.t("alert.no_history"), ""),
                    )
            with box("div", "w-left"):
                with panel(visit.t("alert.facts")):
                    self._facts = _empty_box()
                self._runbook(one)
        self._row.when("changed", lambda _: visit.live.refresh())
        visit.follow(self.refresh)

    async def refresh(self) -> None:
        """Show what the database says now."""
        visit, site = self._visit, self._visit.context.site
        found = await asyncio.to_thread(self._read)
        if found is None:
            return
        row, steps = found
        self._row.show(rows=[present.alert(row, site, visit.lang)], total=1)
        self._steps.show(rows=[self._step(one) for one in steps])
        one = AlertOut.model_validate(row)
        self._facts.clear()
        with self._facts:
            facts(self._told(one))
        await self._draw(one, steps)

    def _runbook(self, one: AlertOut) -> None:
        rule = next((rule for rule in self._visit.context.site.rules if rule.id == one.rule_id), None)
        if rule is not None:
            with panel(self._visit.t("rules.runbook")):
                Words(rule.runbook.zh if self._visit.lang == "zh" else rule.runbook.en, "div", "pad w-runbook")

    def _read(self) -> tuple[Any, list[Step]] | None:
        with reading(self._visit.context.engine) as connection:
            row: Any = reads.get(connection, self._id)
            if row is None:
                return None
            subject = row.subject_kind, row.subject_id
            return row, transitions.of_life(connection, row.rule_id, subject, row.fired_at_ms, row.resolved_at_ms)

    def _step(self, one: Step) -> present.Shown:
        visit = self._visit
        return {
            "at": one.since_ms,
            "state": visit.t(f"transition.{one.state}"),
            "severity": one.severity,
            "reason": in_words(one.reason, visit.context.site, visit.lang),
            "version": one.rule_version,
        }

    async def _draw(self, one: AlertOut, steps: list[Step]) -> None:
        """Draw each series that was judged, with the limits of this rule and the observations that moved it."""
        causes: dict[tuple[str, str], dict[int, float]] = {}
        for seen in (seen for step in steps for seen in step.evidence):
            causes.setdefault(_series(seen), {})[seen.phenomenon_time_ms] = seen.value
        end_ms = min(self._visit.context.now_ms(), (one.resolved_at_ms or 2**53) + _AFTER_MS)
        begin_ms = min(one.fired_at_ms, *(at_ms for points in causes.values() for at_ms in points), end_ms) - _BEFORE_MS
        for (device_id, name), points in list(causes.items())[:_MOST_CHARTS]:
            device = self._visit.context.site.register.device(device_id)
            if device is None:
                continue
            if (device_id, name) not in self._charts:
                with self._drawings:
                    self._charts[device_id, name] = Trace(self._visit)
            stretch = Stretch(
                device=device,
                observed_property=name,
                from_ms=begin_ms,
                to_ms=end_ms + 1,
                rule_id=one.rule_id,
                causes=tuple(sorted(points.items())),
                spans=_spans(steps, end_ms),
            )
            await self._charts[device_id, name].show(stretch)

    def _told(self, one: AlertOut) -> list[tuple[str, str | tuple[str, str] | None]]:
        visit, site = self._visit, self._visit.context.site
        rule = next((rule for rule in site.rules if rule.id == one.rule_id), None)
        runs = rule is not None and rule.version == one.rule_version
        version = f"{one.rule_version} ({visit.t('rule.runs' if runs else 'rule.ran')})"
        subject = (f"/devices/{one.device_id}", one.device_id) if one.device_id else one.subject_id
        case = (f"/cases/{one.case_id}", one.case_number or visit.t("cases.no_number")) if one.case_id else None
        who = one.acknowledged_by and visit.t(f"actor.{one.acknowledged_by}").removeprefix("actor.")
        return [
            (visit.t("rules.rule"), (f"/rules/{one.rule_id}", one.rule_id)),
            (visit.t("alert.raised_by"), version),
            (visit.t("rule.author"), rule.author if runs and rule else None),
            (visit.t("case.subject"), subject),
            (visit.t("case.cell"), one.cell),
            (visit.t("alert.fired"), moment(one.fired_at_ms, site.zone)),
            (visit.t("alert.resolved"), moment(one.resolved_at_ms, site.zone)),
            (visit.t("alert_state.ACKED"), f"{who} {moment(one.acknowledged_at_ms, site.zone)}" if who else None),
            (visit.t("alert.shelved_until"), moment(one.shelved_until_ms, site.zone)),
            (visit.t("alert.shelved_reason"), one.shelved_reason),
            (visit.t("alerts.case").capitalize(), case),
        ]


def _empty_box() -> Any:
    with box("div") as made:
        pass
    return made


def _spans(steps: list[Step], end_ms: int) -> tuple[tuple[int, int], ...]:
    """Return from when to when it fired."""
    spans: list[tuple[int, int]] = []
    began_ms: int | None = None
    for one in steps:
        if one.state in {State.FIRING, State.FLAPPING}:
            began_ms = one.since_ms if began_ms is None else began_ms
        elif began_ms is not None:
            spans.append((began_ms, one.since_ms))
            began_ms = None
    return (*spans, *(() if began_ms is None else ((began_ms, end_ms),)))


def _series(seen: Evidence) -> tuple[str, str]:
    return seen.device_id, seen.observed_property
