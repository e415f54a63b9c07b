"""`/rules`: the rules that run: limit, duration, severity, what to do, and how many alerts each has now."""

from __future__ import annotations

from alerts.api.reads.noise import Noise, noise
from alerts.api.rules import DAY_MS, limits_of
from alerts.console.markup import box, panel
from alerts.console.parts import DataTable
from alerts.console.reasons import unit
from alerts.console.shell import shell
from alerts.console.times import duration
from alerts.console.trace import property_title
from alerts.console.visit import Visit
from alerts.store.database import reading
from rules.model import Rule, Text

_DAYS = 30


def build(visit: Visit) -> None:
    """Build the page."""
    with shell(visit, "rules"), box("div", "w-page"), panel(visit.t("nav.rules")):
        columns = (
            ("severity", visit.t("alerts.filter.severity"), "severity"),
            ("rule", visit.t("rules.rule"), "text"),
            ("id", visit.t("device.id"), "code"),
            ("domain", visit.t("filter.domain"), "text"),
            ("limit", visit.t("rules.limit"), "text"),
            ("for", visit.t("rules.for"), "code"),
            ("noise", visit.t("rules.noise"), "code"),
            ("worked", visit.t("rules.led_to_work"), "text"),
            ("category", visit.t("case.category"), "text"),
            ("runbook", visit.t("rules.runbook"), "wide"),
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
        "rule": _in(visit, rule.title),
        "id": rule.id,
        "domain": visit.t(f"domain.{rule.domain}"),
        "limit": _limit(visit, rule),
        "for": duration(rule.for_s),
        "noise": str(made.alerts) if made else "0",
        "worked": _worked(visit, made) if made else "",
        "category": f"{category.code} {_in(visit, category.title)}" if category else "",
        "runbook": _in(visit, rule.runbook),
    }


def _worked(visit: Visit, made: Noise) -> str:
    """Return the share that led to work, and why the rule is over its budget."""
    share = "" if made.led_to_work is None else f"{made.led_to_work:.0%}"
    return " · ".join([*([share] if share else []), *(visit.t(f"rules.over.{why}") for why in made.over_budget)])


def _in(visit: Visit, text: Text) -> str:
    return text.zh if visit.lang == "zh" else text.en


def _limit(visit: Visit, rule: Rule) -> str:
    lines = limits_of(rule)
    if not lines:
        return visit.t("rules.no_data")
    words = []
    for line in lines:
        known = visit.context.site.register.property(line.observed_property)
        measured = "" if known is None or known.unit == "1" else f" {unit(known.unit)}"
        if line.role == "fires":
            title = property_title(visit, known, line.observed_property)
            words.append(f"{title} {visit.t('side.' + line.side)} {line.value:g}{measured}")
        else:
            words.append(f"{visit.t('device.clears')} {line.value:g}{measured}")
    return " · ".join(words)
