"""What people do with alerts: acknowledge, shelve, bring back."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from alerts import actions, flow
from alerts.cases import actions as case_actions
from alerts.cases.workflow import Move, Role
from alerts.context import CaseContext
from alerts.errors import Conflict, MoveRefused, NotFound
from alerts.lifecycle import AlertState
from alerts.model import Actor, Alert
from alerts.store import alerts, outbox
from tests.alerts.conftest import Rows
from tests.alerts.sample import NINE_MS, fires, resolves

MINUTE_MS = 60_000
OPERATOR = Actor(name="wang", role=Role.OPERATOR)


def _alert(connection: Connection) -> Alert:
    found = alerts.get(connection, 1)
    assert found is not None
    return found


def _shelve(
    connection: Connection, context: CaseContext, now_ms: int, until_ms: int, reason: str = "road works"
) -> Alert:
    return actions.shelve(
        connection,
        alert_id=1,
        actor=OPERATOR,
        expected_version=_alert(connection).version,
        now_ms=now_ms,
        until_ms=until_ms,
        reason=reason,
        context=context,
    )


def _cancel(connection: Connection, context: CaseContext) -> None:
    case_actions.perform(
        connection,
        case_id=1,
        move=Move.CANCEL,
        actor=OPERATOR,
        reason="known",
        expected_version=3,
        now_ms=NINE_MS,
        context=context,
    )


@pytest.fixture
def gust(connection: Connection, context: CaseContext) -> Alert:
    """Return the firing alert of a rule that opens no case."""
    flow.apply(connection, [fires("weather.gust", "ws-1", NINE_MS)], NINE_MS, context)
    return _alert(connection)


def test_acknowledge(connection: Connection, context: CaseContext, gust: Alert, rows: Rows) -> None:
    """Who has seen it stands with the alert and in the audit log, and is told."""
    after = actions.acknowledge(
        connection, alert_id=1, actor=OPERATOR, expected_version=gust.version, now_ms=NINE_MS + 1, context=context
    )

    assert (after.state, after.acknowledged_by, after.acknowledged_at_ms) == (AlertState.ACKED, "wang", NINE_MS + 1)
    assert [row["action"] for row in rows("audit")] == ["alert.acknowledge"]
    assert len(outbox.due(connection, NINE_MS + 1)) == 2


def test_acknowledge_twice_is_refused(connection: Connection, context: CaseContext, gust: Alert) -> None:
    """What is seen is seen."""
    after = actions.acknowledge(
        connection, alert_id=1, actor=OPERATOR, expected_version=gust.version, now_ms=NINE_MS, context=context
    )

    with pytest.raises(MoveRefused, match="an alert in state ACKED cannot ack: it can alarm, clear, shelve"):
        actions.acknowledge(
            connection, alert_id=1, actor=OPERATOR, expected_version=after.version, now_ms=NINE_MS, context=context
        )


def test_acknowledge_a_stale_version(connection: Connection, context: CaseContext, gust: Alert) -> None:
    """Somebody else was quicker."""
    flow.apply(connection, [resolves("weather.gust", "ws-1", NINE_MS + 1)], NINE_MS + 1, context)

    with pytest.raises(Conflict, match=r"alert 1 is at version 2 \(RTNUN\), you saw version 1: look again"):
        actions.acknowledge(
            connection, alert_id=1, actor=OPERATOR, expected_version=gust.version, now_ms=NINE_MS, context=context
        )


def test_acknowledge_nothing(connection: Connection, context: CaseContext) -> None:
    """An alert that is not there is named."""
    with pytest.raises(NotFound, match="there is no alert 9"):
        actions.acknowledge(connection, alert_id=9, actor=OPERATOR, expected_version=1, now_ms=NINE_MS, context=context)


def test_acknowledged_alert_that_returns_is_over_and_told_last(
    connection: Connection, context: CaseContext, gust: Alert
) -> None:
    """Its life ends, its topic is cleared, and the next firing is a new alert."""
    actions.acknowledge(
        connection, alert_id=1, actor=OPERATOR, expected_version=gust.version, now_ms=NINE_MS, context=context
    )
    found = [resolves("weather.gust", "ws-1", NINE_MS + 1), fires("weather.gust", "ws-1", NINE_MS + 2)]

    flow.apply(connection, found, NINE_MS + 2, context)

    assert (_alert(connection).state, _alert(connection).firing) == (AlertState.NORM, False)
    assert [notice.retained for notice in outbox.due(connection, NINE_MS + 2)] == [True, True, False, True]
    second = alerts.get(connection, 2)
    assert second is not None
    assert (second.state, second.fired_at_ms) == (AlertState.UNACK, NINE_MS + 2)


def test_unacknowledged_alert_that_fires_again_is_the_same(
    connection: Connection, context: CaseContext, gust: Alert
) -> None:
    """One live alert a rule and subject: nobody has seen the first firing yet, so the second belongs to it."""
    found = [resolves("weather.gust", "ws-1", NINE_MS + 1), fires("weather.gust", "ws-1", NINE_MS + 2)]

    flow.apply(connection, found, NINE_MS + 2, context)

    alert = _alert(connection)
    assert alerts.get(connection, 2) is None
    assert (alert.state, alert.activations, alert.fired_at_ms) == (AlertState.UNACK, 2, gust.fired_at_ms)
    assert (alert.last_fired_at_ms, alert.resolved_at_ms) == (NINE_MS + 2, None)


def test_shelved_alert_comes_back_by_time(connection: Connection, context: CaseContext, gust: Alert) -> None:
    """It stays away until its time is over, and then follows the live condition."""
    until_ms = NINE_MS + 60 * MINUTE_MS
    _shelve(connection, context, NINE_MS, until_ms)

    flow.tick(connection, until_ms - 1, context)
    assert _alert(connection).state is AlertState.SHLVD
    flow.tick(connection, until_ms, context)

    assert (_alert(connection).state, _alert(connection).shelved_until_ms) == (AlertState.UNACK, None)


def test_shelved_alert_that_returns_ends_with_its_shelving(
    connection: Connection, context: CaseContext, gust: Alert
) -> None:
    """The condition went while it was away: nothing is left to see."""
    _shelve(connection, context, NINE_MS, NINE_MS + 60 * MINUTE_MS)
    flow.apply(connection, [resolves("weather.gust", "ws-1", NINE_MS + 1)], NINE_MS + 1, context)

    after = actions.unshelve(
        connection,
        alert_id=1,
        actor=OPERATOR,
        expected_version=_alert(connection).version,
        now_ms=NINE_MS + 2,
        context=context,
    )

    assert after.state is AlertState.NORM


def test_shelved_alert_opens_its_case_when_it_comes_back(
    connection: Connection, context: CaseContext, rows: Rows
) -> None:
    """A flood that fires again while shelved sends nobody; when the shelving ends and water stands, a crew goes."""
    flow.apply(connection, [fires("flood.road", "wl-1", NINE_MS)], NINE_MS, context)
    _cancel(connection, context)
    _shelve(connection, context, NINE_MS, NINE_MS + MINUTE_MS)
    again_ms = NINE_MS + 1000
    found = [resolves("flood.road", "wl-1", NINE_MS + 500), fires("flood.road", "wl-1", again_ms)]
    flow.apply(connection, found, again_ms, context)
    assert len(rows("cases")) == 1

    flow.tick(connection, NINE_MS + MINUTE_MS, context)

    assert [row["incident_key"] for row in rows("cases")][1:] == [f"road_flooding|device:wl-1|{again_ms}"]
    assert _alert(connection).case_id == 2


def test_shelving_does_not_open_a_decided_case_again(connection: Connection, context: CaseContext, rows: Rows) -> None:
    """The case of this very firing was cancelled by a person: the end of the shelving does not undo that."""
    flow.apply(connection, [fires("flood.road", "wl-1", NINE_MS)], NINE_MS, context)
    _cancel(connection, context)
    _shelve(connection, context, NINE_MS, NINE_MS + MINUTE_MS)

    flow.tick(connection, NINE_MS + MINUTE_MS, context)

    assert [row["state"] for row in rows("cases")] == ["CANCELLED"]
    assert _alert(connection).state is AlertState.UNACK


@pytest.mark.parametrize(
    "until_ms, reason, expected",
    [
        # no reason
        (NINE_MS + 1, " ", "an alert is shelved with a reason: give one"),
        # no time
        (NINE_MS, "noise", "an alert is shelved until a time in the future, at most seven days on"),
        # out of sight for ever
        (NINE_MS + 8 * 24 * 60 * MINUTE_MS, "noise", "an alert is shelved until a time in the future, at most seven"),
    ],
)
def test_shelve_refusals(
    connection: Connection, context: CaseContext, gust: Alert, until_ms: int, reason: str, expected: str
) -> None:
    """Shelving has a reason and an end."""
    with pytest.raises(MoveRefused, match=expected):
        _shelve(connection, context, NINE_MS, until_ms, reason)
