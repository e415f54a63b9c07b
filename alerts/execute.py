"""Carries out what `alerts.flow.fold` decided, through the store; the view that folding needs is read here too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alerts import alerting, suppression
from alerts.cases import checking, opening, record
from alerts.cases.categories import Fold
from alerts.cases.record import Desk
from alerts.cases.workflow import OPEN, Role
from alerts.commands import (
    CheckCase,
    Command,
    EaseAlert,
    JoinCase,
    MoveAlert,
    NoteCase,
    OpenCase,
    RaiseAlert,
    Reason,
    View,
)
from alerts.lifecycle import AlertEvent
from alerts.model import Alert, Case
from alerts.store import alerts, cases
from rules.model import Rule, Severity, State, Subject, Transition

_LOG_WORD = {
    Reason.BACK_TO_NORMAL: "normal",
    Reason.FIRES_AGAIN: "fires_again",
    Reason.RISES: "rises",
    Reason.FALLS: "falls",
}


def view(desk: Desk, transition: Transition, rule: Rule | None) -> View:
    """Read what folding the transition needs to know."""
    subject = transition.subject
    alert = alerts.live(desk.connection, transition.rule_id, subject.kind, subject.id)
    own = cases.get(desk.connection, alert.case_id) if alert is not None and alert.case_id is not None else None
    if own is not None and own.state not in OPEN:
        own = None
    if transition.state is State.RESOLVED:
        others = own is not None and any(
            one.firing and one.id != (alert.id if alert else None) for one in alerts.of_case(desk.connection, own.id)
        )
        return View(alert=alert, own_case=own, others_firing=others)
    suppressed = suppression.is_suppressed(desk, transition.rule_id, subject)
    category = desk.context.categories.get(rule.case.category) if rule and rule.case else None
    if rule is None or category is None or own is not None:
        return View(alert=alert, own_case=own, suppressed=suppressed)
    same = cases.open_of_subject(desk.connection, category.key, subject.kind, subject.id)
    recent: Sequence[Case] = ()
    if same is None and category.fold is not Fold.SUBJECT:
        since_ms = desk.now_ms - desk.context.settings.duplicate_window_s * 1000
        recent = cases.open_since(desk.connection, category.key, since_ms)
    cause = suppression.case_of_cause(desk, rule, subject)
    return View(alert=alert, same_subject=same, same_cause=cause, suppressed=suppressed, recent=tuple(recent))


def execute(
    desk: Desk, commands: Sequence[Command], transition: Transition, rule: Rule | None, alert: Alert | None
) -> None:
    """Carry out the commands in order; `alert` is the live alert that they were decided on."""
    for command in commands:
        match command:
            case RaiseAlert() if rule is not None:
                alert = alerting.begin(desk, transition, rule, *place_of(desk, transition))
            case MoveAlert(event=event) if alert is not None:
                alert = alerting.happen(desk, alert, event, **_alert_changes(alert, event, transition))
            case EaseAlert() if alert is not None:
                milder = {"severity": transition.severity, "reason": transition.reason}
                alert = alerts.change(desk.connection, alert, desk.now_ms, **milder)
            case OpenCase() if alert is not None and rule is not None and rule.case is not None:
                key = opening.incident_key(rule.case.category, alert, transition.since_ms)
                opened = cases.by_incident(desk.connection, key) or opening.open_case(
                    desk, alert, rule.case, key, transition
                )
                alert = alerts.change(desk.connection, alert, desk.now_ms, case_id=opened.id)
            case JoinCase(case=joined, reason=reason) if alert is not None:
                alert = join(desk, alert, joined, reason)
            case NoteCase(case=noted, reason=reason):
                _note(desk, noted, reason, transition)
            case CheckCase(case=checked):
                checking.check(desk, checked)
                alert = alerts.get(desk.connection, alert.id) if alert is not None else None
            case _:
                raise AssertionError(f"{command} without its alert or rule")
    if alert is not None and commands:
        alerting.tell(desk, alert)


def join(desk: Desk, alert: Alert, case: Case, reason: Reason) -> Alert:
    """Let an alert belong to an open case; a worse severity becomes the case's."""
    changes = _worse(alert.severity, case)
    detail = {"alert": alert.id, "rule": alert.rule_id, "subject": alert.subject_id}
    record.note(desk, case, Role.IOT, "join", f"{reason}: {alert.reason}", detail=detail, **changes)
    return alerts.change(desk.connection, alert, desk.now_ms, case_id=case.id)


def _worse(severity: Severity, case: Case) -> dict[str, Any]:
    """Return the change of a case whose severity becomes worse: it never falls while people work on it."""
    return {"severity": severity} if severity.rank < Severity(case.severity).rank else {}


def place_of(desk: Desk, transition: Transition) -> tuple[str, str | None]:
    """Return the cell of a transition's subject, and its device.

    A sub-district has the cell of the device that was observed last: work is done in a cell.
    """
    if transition.subject.kind != "device":
        last = desk.context.device(transition.evidence[-1].device_id) if transition.evidence else None
        return transition.subject.id if last is None or transition.subject.kind == "cell" else last.cell, None
    device = desk.context.device(transition.subject.id)
    return device.cell if device else "", transition.subject.id


def firing_of(alert: Alert) -> Transition:
    """Return the firing that an alert rests on."""
    return Transition(
        rule_id=alert.rule_id,
        rule_version=alert.rule_version,
        subject=Subject(kind=alert.subject_kind, id=alert.subject_id),
        state=State.FIRING,
        since_ms=alert.last_fired_at_ms,
        severity=alert.severity,
        reason=alert.reason,
    )


def _alert_changes(alert: Alert, event: AlertEvent, transition: Transition) -> dict[str, Any]:
    if event is AlertEvent.SUPPRESS:
        return {}
    if event is AlertEvent.CLEAR:
        return {"firing": False, "resolved_at_ms": transition.since_ms}
    return {
        "firing": True,
        "resolved_at_ms": None,
        "last_fired_at_ms": transition.since_ms,
        "activations": alert.activations + 1,
        "reason": transition.reason,
        "rule_version": transition.rule_version,
        "severity": transition.severity,
        "acknowledged_by": None,
        "acknowledged_at_ms": None,
    }


def _note(desk: Desk, case: Case, reason: Reason, transition: Transition) -> None:
    detail = {"rule": transition.rule_id, "since_ms": transition.since_ms, "evidence": transition.evidence}
    changes = _worse(transition.severity, case) if reason is Reason.RISES else {}
    record.note(desk, case, Role.SENSOR, _LOG_WORD[reason], f"{reason}: {transition.reason}", detail=detail, **changes)
