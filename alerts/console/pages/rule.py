"""`/rules/{id}`: one rule: what it says in plain words, how much noise it makes, its versions, its alerts."""

from __future__ import annotations

import asyncio

from alerts.api.reads import alerts as reads
from alerts.api.reads.noise import noise
from alerts.api.rules import DAY_MS, named
from alerts.console import present
from alerts.console.live import LIST_LENGTH
from alerts.console.markup import Words, box, empty, facts, panel
from alerts.console.parts import AlertList, DataTable
from alerts.console.shell import shell
from alerts.console.visit import Visit
from alerts.store import rule_versions
from alerts.store.database import reading
from rules.explaining import explain
from rules.model import Rule
from rules.wording import Wording

NOISE_DAYS = 30


def build(visit: Visit, rule_id: str) -> None:
    """Build the page."""
    rule = next((rule for rule in visit.context.site.rules if rule.id == rule_id), None)
    with shell(visit, "rules", rule_id), box("div", "w-page"):
        if rule is None:
            empty(visit.t("rule.missing"), rule_id)
        else:
            RulePage(visit, rule)


class RulePage:
    """The parts of the page."""

    def __init__(self, visit: Visit, rule: Rule) -> None:
        self._visit, self._rule = visit, rule
        chinese = visit.lang == "zh"
        with box("div", "w-headline"):
            with box("div"):
                Words(rule.title.zh if chinese else rule.title.en, "h1")
                Words(rule.id, classes="number muted")
            Words(visit.t(f"severity.{rule.severity}"), classes=f"w-sev sev-{rule.severity}")
        site = visit.context.site
        said = explain(rule, Wording(site.register.property), lambda key: named(site, key))
        with box("div", "w-two"):
            with box("div", "w-left"):
                with panel(visit.t("rule.says")):
                    Words(said.zh if chinese else said.en, "div", "pad w-runbook")
                with panel(visit.t("rule.alerts")):
                    self._alerts = AlertList(can_act=visit.may_act)
                with panel(visit.t("rule.text")):
                    Words(rule.text, "pre", "pad w-source", tabindex="0")
            with box("div", "w-left"):
                with panel(visit.t("rules.noise")):
                    self._noise()
                with panel(visit.t("rule.versions"), visit.t("rule.versions_mean")):
                    self._versions()
        self._alerts.when("changed", lambda _: visit.live.refresh())
        visit.follow(self.refresh)

    async def refresh(self) -> None:
        """Show what the database says now."""
        visit, site = self._visit, self._visit.context.site
        rows, total = await asyncio.to_thread(self._read)
        self._alerts.show(rows=[present.alert(row, site, visit.lang) for row in rows], total=total, filtered=True)

    def _read(self) -> present.Rows:
        with reading(self._visit.context.engine) as connection:
            return reads.find(connection, reads.AlertFilter(rule_id=self._rule.id), limit=LIST_LENGTH)

    def _noise(self) -> None:
        visit = self._visit
        with reading(visit.context.engine) as connection:
            every = noise(connection, visit.context.now_ms() - NOISE_DAYS * DAY_MS)
        made = next((one for one in every if one.rule_id == self._rule.id), None)
        if made is None:
            empty(visit.t("rule.quiet"))
            return
        over = ", ".join(visit.t(f"rules.over.{why}") for why in made.over_budget)
        facts(
            [
                (visit.t("rules.live"), str(made.alerts)),
                (visit.t("rule.firings"), str(made.firings)),
                (visit.t("rule.share"), f"{made.share:.0%}"),
                (visit.t("rules.led_to_work"), "–" if made.led_to_work is None else f"{made.led_to_work:.0%}"),
                (visit.t("rule.budget"), over or visit.t("rule.within_budget")),
            ]
        )

    def _versions(self) -> None:
        visit = self._visit
        columns = (
            ("version", visit.t("rules.version"), "code"),
            ("author", visit.t("rule.author"), "text"),
            ("first", visit.t("rule.first_run"), "moment"),
            ("runs", "", "text"),
        )
        table = DataTable(columns, empty=(visit.t("rule.no_versions"), ""))
        with reading(visit.context.engine) as connection:
            found = rule_versions.of_rule(connection, self._rule.id)
        table.show(
            rows=[
                {
                    "version": one.version,
                    "author": one.author,
                    "first": one.first_run_ms,
                    "runs": visit.t("rule.runs") if one.version == self._rule.version else visit.t("rule.ran"),
                }
                for one in found
            ]
        )
