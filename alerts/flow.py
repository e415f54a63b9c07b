"""From transitions to work, in order: known? → alert → case → dispatch → notices; and what time alone brings about.

`fold` decides and is pure; `apply` and `tick` run inside the caller's transaction, so a transition, its alert, its
case, the task and every notice become true together or not at all. A transition that was applied before has no effect.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from alerts import alerting, execute, grouping, suppression
from alerts.cases import timer
from alerts.cases.record import Desk
from alerts.cases.workflow import CaseState
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
from alerts.context import CaseContext, CaseSettings
from alerts.lifecycle import AlertEvent, AlertState
from alerts.model import Alert
from alerts.store import alerts, cases, transitions, turn
from rules.model import Rule, State, Transition

__all__ = ["CaseContext", "CaseSettings", "apply", "fold", "tick"]

_ON = frozenset({State.FIRING, State.FLAPPING})
_HIDDEN = frozenset({AlertState.SHLVD, AlertState.DSUPR, AlertState.OOSRV})


def fold(view: View, transition: Transition, now_ms: int, context: CaseContext) -> tuple[Command, ...]:
    """Return what a new transition means for the alerts and cases that the view shows.

    A rule that is gone raises nothing, but its live alerts still resolve.
    """
    if transition.state is State.RESOLVED:
        return _resolves(view)
    rule = context.rules.get(transition.rule_id)
    if rule is None or transition.state not in _ON:
        return ()
    return _fires(view, transition, now_ms, context, rule)


def _fires(view: View, transition: Transition, now_ms: int, context: CaseContext, rule: Rule) -> tuple[Command, ...]:
    again, raised = Reason.FIRES_AGAIN, _raised(view.alert, transition)
    if isinstance(raised, EaseAlert):
        return (raised, NoteCase(view.own_case, Reason.FALLS)) if view.own_case else (raised,)
    if isinstance(raised, MoveAlert):
        again = raised.reason
    if view.alert is not None and view.alert.state in _HIDDEN:
        return (raised,)
    if view.suppressed:
        return (raised, MoveAlert(AlertEvent.SUPPRESS, Reason.SUPPRESSED))
    return (raised, *case_for(view, transition.subject.id, now_ms, context, rule, again))


def _raised(alert: Alert | None, transition: Transition) -> RaiseAlert | MoveAlert | EaseAlert:
    if alert is None:
        return RaiseAlert(Reason.FIRST_FIRING)
    if not alert.firing or transition.severity == alert.severity:
        return MoveAlert(AlertEvent.ALARM, Reason.FIRES_AGAIN)
    if transition.severity.rank > alert.severity.rank:
        return EaseAlert(Reason.FALLS)
    return MoveAlert(AlertEvent.ALARM, Reason.RISES)


def case_for(
    view: View,
    subject_id: str,
    now_ms: int,
    context: CaseContext,
    rule: Rule,
    again: Reason = Reason.FIRES_AGAIN,
) -> tuple[Command, ...]:
    """Return what a firing alert means for cases: none, its own goes on, another is joined, or one is opened."""
    category = context.categories.get(rule.case.category) if rule.case else None
    if category is None:
        return ()
    if view.own_case is not None:
        if view.own_case.state is CaseState.CHECKING:
            return (CheckCase(view.own_case, again),)
        return (NoteCase(view.own_case, again),)
    if view.same_subject is not None:
        return (JoinCase(view.same_subject, Reason.SAME_SUBJECT),)
    if view.same_cause is not None:
        return (JoinCase(view.same_cause, Reason.SAME_CAUSE),)
    window_ms = now_ms - context.settings.duplicate_window_s * 1000
    recent = [case for case in view.recent if case.reported_at_ms >= window_ms]
    device = context.device(subject_id)
    place = (device.lat, device.lon) if device else None
    found = grouping.neighbour(category, device.cell if device else subject_id, place, recent, context.settings)
    return (JoinCase(*found),) if found is not None else (OpenCase(Reason.FIRST_FIRING),)


def _resolves(view: View) -> tuple[Command, ...]:
    if view.alert is None or not view.alert.firing:
        return ()
    cleared = MoveAlert(AlertEvent.CLEAR, Reason.BACK_TO_NORMAL)
    if view.own_case is None or view.others_firing:
        return (cleared,)
    if view.own_case.state is CaseState.CHECKING:
        return (cleared, CheckCase(view.own_case, Reason.BACK_TO_NORMAL))
    return (cleared, NoteCase(view.own_case, Reason.BACK_TO_NORMAL))


def apply(connection: Connection, found: Sequence[Transition], now_ms: int, context: CaseContext) -> None:
    """Take in the transitions of an epoch: write those that are new, fold each, carry out what that decides."""
    if not found:
        return
    turn.take(connection)
    desk = Desk(connection=connection, now_ms=now_ms, context=context)
    for transition in transitions.add_new(connection, tuple(found), now_ms):
        if transition.state is not State.RESOLVED and transition.state not in _ON:
            continue
        rule = context.rules.get(transition.rule_id)
        seen = execute.view(desk, transition, rule)
        execute.execute(desk, fold(seen, transition, now_ms, context), transition, rule, seen.alert)
        if transition.state is State.RESOLVED:
            for alert in suppression.returning(desk, transition.subject):
                _back(desk, alert, AlertEvent.UNSUPPRESS)
        elif rule is not None:
            suppression.hide(desk, rule, transition.subject)


def tick(connection: Connection, now_ms: int, context: CaseContext) -> None:
    """Do what time brings: deadlines, verifications, ends of suspensions and of shelving. Only due rows are read."""
    if not cases.due(connection, now_ms, 1) and not alerts.shelf_ended(connection, now_ms):
        return
    turn.take(connection)
    desk = Desk(connection=connection, now_ms=now_ms, context=context)
    for case in cases.due(connection, now_ms):
        timer.look_at(desk, case)
    for alert in alerts.shelf_ended(connection, now_ms):
        unshelve(desk, alert)


def unshelve(desk: Desk, alert: Alert) -> Alert:
    """Bring a shelved alert back: its state follows the live condition, and if that holds, a case is opened for it."""
    return _back(desk, alert, AlertEvent.UNSHELVE, shelved_until_ms=None, shelved_reason=None)


def _back(desk: Desk, alert: Alert, event: AlertEvent, **changes: None) -> Alert:
    back = alerting.happen(desk, alert, event, **changes)
    alerting.tell(desk, back)
    rule = desk.context.rules.get(back.rule_id)
    if rule is not None and back.firing:
        firing = execute.firing_of(back)
        seen = execute.view(desk, firing, rule)
        if seen.own_case is None:
            execute.execute(desk, case_for(seen, back.subject_id, desk.now_ms, desk.context, rule), firing, rule, back)
    return alerts.get(desk.connection, back.id) or back
