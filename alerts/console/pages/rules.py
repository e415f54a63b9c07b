"""`/rules`: the rules that run: when they fire, severity, what to do, how many alerts each made, and their version."""

from __future__ import annotations

from alerts.api.reads.noise import Noise, noise
from alerts.api.rules import DAY_MS
from alerts.console.markup import box, panel
from alerts.console.parts import DataTable
from alerts.console.shell import shell
from alerts.console.times import duration
from alerts.console.visit import Visit
from alerts.store.database import reading
from rules.model import Rule, Text
from rules.wording import Wording

_DAYS = 30


def build(visit: Visit) -> None:
    """Build the page."""
    with shell(visit, "rules"), box("div", "w-page"), panel(visit.t("nav.rules")):
        columns = (
            ("severity", visit.t("alerts.filter.severity"), "severity"),
            ("rule", visit.t("rules.rule"), "link"),
            ("id", visit.t("device.id"), "code"),
            ("when", visit.t("rules.when"), "wide"),
            ("for", visit.t("rules.for"), "code"),
            ("noise", visit.t("rules.noise"), "code"),
            ("worked", visit.t("rules.led_to_work"), "text"),
            ("category", visit.t("case.category"), "name"),
            ("runbook", visit.t("rules.runbook"), "wide"),
            ("version", visit.t("rules.version"), "code"),
        )
        table = DataTable(columns, empty=(visit.t("rules.none"), visit.t("rules.none_means")))
        rules = sorted(visit.context.site.rules, key=lambda rule: (rule.domain, rule.id))
        with reading(visit.context.engine) as connection:
            made = {one.rule_id: one for one in noise(connection, visit.context.now_ms() - _DAYS * DAY_MS)}
        table.show(rows=[_row(visit, rule, made.get(rule.id)) for rule in rules])


def _row(visit: Visit, rule: Rule, made: Noise | None) -> dict[str, object]:
    category = visit.context.site.categories.get(rule.case.category) if rule.case else None
    return {
        "severity": rule.severity,
        "rule": [f"/rules/{rule.id}", _in(visit, rule.title)],
        "id": rule.id,
        "when": _in(visit, rule.condition.explain(Wording(visit.context.site.register.property))),
        "for": duration(rule.for_s),
        "noise": str(made.alerts) if made else "0",
        "worked": _worked(visit, made) if made else "",
        "category": f"{category.code} {_in(visit, category.title)}" if category else "",
        "runbook": _in(visit, rule.runbook),
        "version": f"{rule.version} · {rule.author}" if rule.author else rule.version,
    }


def _worked(visit: Visit, made: Noise) -> str:
    """Return the share that led to work, and why the rule is over its budget."""
    share = "" if made.led_to_work is None else f"{made.led_to_work:.0%}"
    return " · ".join([*([share] if share else []), *(visit.t(f"rules.over.{why}") for why in made.over_budget)])


def _in(visit: Visit, text: Text) -> str:
    return text.zh if visit.lang == "zh" else text.en
