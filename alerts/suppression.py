"""Suppression by design (ISA-18.2): a rule names others that say nothing more while it fires (`suppresses`).

Their alerts of the same subject are put out of sight, open no case, and come back when it ends. One cause has one case:
a rule joins the open case of one that it suppresses, or that suppresses it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from alerts import alerting
from alerts.cases.record import Desk
from alerts.lifecycle import AlertEvent, AlertState
from alerts.model import Alert, Case
from alerts.store import alerts, cases
from rules.model import Rule, Subject

_SEEN = frozenset({AlertState.UNACK, AlertState.ACKED})


def suppressors(rules: Mapping[str, Rule], rule_id: str) -> list[str]:
    """Return the rules that suppress one, by id."""
    return [one.id for one in rules.values() if rule_id in one.suppresses]


def is_suppressed(desk: Desk, rule_id: str, subject: Subject) -> bool:
    """Tell whether a rule fires for the subject that suppresses this one."""
    return any(alert.firing for alert in _live(desk, suppressors(desk.context.rules, rule_id), subject))


def case_of_cause(desk: Desk, rule: Rule, subject: Subject) -> Case | None:
    """Return the open case of the subject that a rule has opened which this one suppresses, or which suppresses it."""
    related = [*suppressors(desk.context.rules, rule.id), *rule.suppresses]
    known = (desk.context.rules.get(rule_id) for rule_id in related)
    for category in dict.fromkeys(one.case.category for one in known if one is not None and one.case is not None):
        found = cases.open_of_subject(desk.connection, category, subject.kind, subject.id)
        if found is not None:
            return found
    return None


def hide(desk: Desk, rule: Rule, subject: Subject) -> None:
    """Put out of sight what a rule suppresses that has begun to fire."""
    for alert in _live(desk, rule.suppresses, subject):
        if alert.state in _SEEN:
            alerting.tell(desk, alerting.happen(desk, alert, AlertEvent.SUPPRESS))


def returning(desk: Desk, subject: Subject) -> list[Alert]:
    """Return the alerts of a subject that are out of sight, although nothing suppresses them any more."""
    hidden = alerts.suppressed(desk.connection, subject.kind, subject.id)
    return [one for one in hidden if not is_suppressed(desk, one.rule_id, subject)]


def _live(desk: Desk, rule_ids: Iterable[str], subject: Subject) -> list[Alert]:
    found = (alerts.live(desk.connection, rule_id, subject.kind, subject.id) for rule_id in rule_ids)
    return [alert for alert in found if alert is not None]
