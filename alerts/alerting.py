"""The one way in which an alert changes: an event of its life cycle, written and told."""

from __future__ import annotations

from typing import Any

from alerts import lifecycle, notices
from alerts.cases.record import Desk
from alerts.lifecycle import AlertEvent, AlertState
from alerts.model import Alert, Case
from alerts.store import alerts, cases, outbox
from rules.model import Rule, Transition


def begin(desk: Desk, transition: Transition, rule: Rule, cell: str, device_id: str | None) -> Alert:
    """Insert the alert of a firing transition."""
    observed = transition.evidence[-1].observed_property if transition.evidence else None
    return alerts.add(
        desk.connection,
        rule_id=rule.id,
        rule_version=transition.rule_version,
        subject_kind=transition.subject.kind,
        subject_id=transition.subject.id,
        domain=rule.domain,
        severity=transition.severity.value,
        title_zh=rule.title.zh,
        title_en=rule.title.en,
        reason=transition.reason,
        cell=cell,
        device_id=device_id,
        observed_property=observed,
        state=lifecycle.after(AlertState.NORM, AlertEvent.ALARM, firing=True).value,
        firing=True,
        fired_at_ms=transition.since_ms,
        last_fired_at_ms=transition.since_ms,
        updated_at_ms=desk.now_ms,
    )


def happen(desk: Desk, alert: Alert, event: AlertEvent, **changes: Any) -> Alert:
    """Let an event happen to an alert and write it with `changes`; raises MoveRefused or Conflict."""
    firing: bool = changes.get("firing", alert.firing)
    state = lifecycle.after(alert.state, event, firing=firing)
    return alerts.change(desk.connection, alert, desk.now_ms, state=state, **changes)


def tell(desk: Desk, alert: Alert) -> None:
    """Put the notice of an alert as it is now into the outbox."""
    case = cases.get(desk.connection, alert.case_id) if alert.case_id is not None else None
    rule = desk.context.rules.get(alert.rule_id)
    number = case.number if case else None
    notice = notices.about_alert(alert, number, desk.context.site_id, rule.runbook if rule else None)
    outbox.put(desk.connection, notice, desk.now_ms)


def settle(desk: Desk, case: Case, actor: str) -> None:
    """Acknowledge the alerts of a case that has ended: whoever ended it has seen to them."""
    for alert in alerts.of_case(desk.connection, case.id):
        if AlertEvent.ACK in lifecycle.TABLE[alert.state]:
            seen = {"acknowledged_by": actor, "acknowledged_at_ms": desk.now_ms}
            tell(desk, happen(desk, alert, AlertEvent.ACK, **seen))
