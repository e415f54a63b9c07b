"""`fold` alone: what a transition means for what the view shows. No store is touched."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import Connection

from alerts import flow
from alerts.cases.workflow import CaseState
from alerts.commands import CheckCase, EaseAlert, JoinCase, MoveAlert, NoteCase, OpenCase, RaiseAlert, Reason, View
from alerts.context import CaseContext
from alerts.lifecycle import AlertEvent, AlertState
from alerts.model import Alert, Case
from alerts.store import alerts, cases
from rules.model import Severity, State
from tests.alerts.sample import NINE_MS, fires, resolves, transition

FIRES = fires("flood.road", "wl-1", NINE_MS)
RESOLVES = resolves("flood.road", "wl-1", NINE_MS + 1)


@pytest.fixture
def case(connection: Connection, context: CaseContext) -> Case:
    """Return the dispatched case of wl-1."""
    flow.apply(connection, [FIRES], NINE_MS, context)
    found = cases.get(connection, 1)
    assert found is not None
    return found


@pytest.fixture
def alert(connection: Connection, case: Case) -> Alert:
    """Return its firing alert."""
    return alerts.of_case(connection, 1)[0]


def test_first_firing_raises_and_opens(context: CaseContext) -> None:
    """Nothing is known: an alert begins and a case is opened."""
    found = flow.fold(View(), FIRES, NINE_MS, context)

    assert found == (RaiseAlert(Reason.FIRST_FIRING), OpenCase(Reason.FIRST_FIRING))


def test_first_firing_joins_the_subjects_case(context: CaseContext, case: Case) -> None:
    """The subject has an open case of the category."""
    found = flow.fold(View(same_subject=case), FIRES, NINE_MS, context)

    assert found == (RaiseAlert(Reason.FIRST_FIRING), JoinCase(case, Reason.SAME_SUBJECT))


def test_firing_again_is_noted(context: CaseContext, case: Case, alert: Alert) -> None:
    """The alert's own case goes on."""
    found = flow.fold(View(alert=alert, own_case=case), FIRES, NINE_MS, context)

    assert found == (MoveAlert(AlertEvent.ALARM, Reason.FIRES_AGAIN), NoteCase(case, Reason.FIRES_AGAIN))


def test_firing_again_while_checked_is_judged(context: CaseContext, case: Case, alert: Alert) -> None:
    """The crew has reported done: the fix is judged anew."""
    checking = msgspec.structs.replace(case, state=CaseState.CHECKING)

    found = flow.fold(View(alert=alert, own_case=checking), FIRES, NINE_MS, context)

    assert found[1:] == (CheckCase(checking, Reason.FIRES_AGAIN),)


@pytest.mark.parametrize("state", [AlertState.SHLVD, AlertState.DSUPR, AlertState.OOSRV])
def test_hidden_alert_opens_nothing(context: CaseContext, alert: Alert, state: AlertState) -> None:
    """A person or the design has put it away: the condition is followed, nobody is sent."""
    hidden = msgspec.structs.replace(alert, state=state)

    found = flow.fold(View(alert=hidden), FIRES, NINE_MS, context)

    assert found == (MoveAlert(AlertEvent.ALARM, Reason.FIRES_AGAIN),)


def test_resolved_clears_and_notes(context: CaseContext, case: Case, alert: Alert) -> None:
    """The last firing alert of a case returns to normal."""
    found = flow.fold(View(alert=alert, own_case=case), RESOLVES, NINE_MS, context)

    assert found == (MoveAlert(AlertEvent.CLEAR, Reason.BACK_TO_NORMAL), NoteCase(case, Reason.BACK_TO_NORMAL))


def test_resolved_while_others_fire(context: CaseContext, case: Case, alert: Alert) -> None:
    """Another alert of the case still fires: the case is not back to normal."""
    found = flow.fold(View(alert=alert, own_case=case, others_firing=True), RESOLVES, NINE_MS, context)

    assert found == (MoveAlert(AlertEvent.CLEAR, Reason.BACK_TO_NORMAL),)


@pytest.mark.parametrize("state", [State.PENDING, State.INACTIVE])
def test_other_states_mean_nothing(context: CaseContext, state: State) -> None:
    """Only firing and resolved reach people."""
    assert flow.fold(View(), transition("flood.road", "wl-1", state, NINE_MS), NINE_MS, context) == ()


def test_resolved_without_an_alert_means_nothing(context: CaseContext, alert: Alert) -> None:
    """Nothing fires: nothing returns. An alert that returned before does not return twice."""
    returned = msgspec.structs.replace(alert, firing=False, state=AlertState.RTNUN)

    assert flow.fold(View(), RESOLVES, NINE_MS, context) == ()
    assert flow.fold(View(alert=returned), RESOLVES, NINE_MS, context) == ()


def test_unknown_rule_means_nothing(context: CaseContext) -> None:
    """A rule that was removed opens no cases."""
    assert flow.fold(View(), fires("gone.rule", "wl-1", NINE_MS), NINE_MS, context) == ()


def test_a_worse_level_alarms_and_raises_the_case(context: CaseContext, case: Case, alert: Alert) -> None:
    """People see it again, and the case's history says why."""
    milder = msgspec.structs.replace(alert, severity=Severity.WARNING)

    found = flow.fold(View(alert=milder, own_case=case), FIRES, NINE_MS, context)

    assert found == (MoveAlert(AlertEvent.ALARM, Reason.RISES), NoteCase(case, Reason.RISES))


def test_a_milder_level_alarms_nobody(context: CaseContext, case: Case, alert: Alert) -> None:
    """It is noted; what was acknowledged stays so."""
    milder = msgspec.structs.replace(FIRES, severity=Severity.INFO)

    assert flow.fold(View(alert=alert, own_case=case), milder, NINE_MS, context) == (
        EaseAlert(Reason.FALLS),
        NoteCase(case, Reason.FALLS),
    )
    assert flow.fold(View(alert=alert), milder, NINE_MS, context) == (EaseAlert(Reason.FALLS),)


def test_flapping_is_a_firing_for_people(context: CaseContext) -> None:
    """It raises the alert; what it says is in the reason."""
    flapping = msgspec.structs.replace(FIRES, state=State.FLAPPING)

    assert flow.fold(View(), flapping, NINE_MS, context)[0] == RaiseAlert(Reason.FIRST_FIRING)
