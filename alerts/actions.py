"""What people do with alerts: acknowledge, shelve, bring back. Each is audited in the same transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from alerts import alerting, flow
from alerts.cases.record import Desk
from alerts.context import CaseContext
from alerts.errors import Conflict, MoveRefused, NotFound
from alerts.lifecycle import AlertEvent
from alerts.model import Actor, Alert
from alerts.store import alerts, audit, turn

LONGEST_SHELF_MS = 7 * 24 * 3_600_000


def acknowledge(
    connection: Connection, *, alert_id: int, actor: Actor, expected_version: int, now_ms: int, context: CaseContext
) -> Alert:
    """Note that a person has seen the alert. Raises NotFound, Conflict, MoveRefused."""
    desk, alert = _open(connection, alert_id, expected_version, now_ms, context)
    seen = {"acknowledged_by": actor.name, "acknowledged_at_ms": now_ms}
    after = alerting.happen(desk, alert, AlertEvent.ACK, **seen)
    alerting.tell(desk, after)
    return _audited(desk, actor, after, "acknowledge", {})


def shelve(  # noqa: PLR0913 - as acknowledge
    connection: Connection,
    *,
    alert_id: int,
    actor: Actor,
    expected_version: int,
    now_ms: int,
    until_ms: int,
    reason: str,
    context: CaseContext,
) -> Alert:
    """Put an alert aside until a time, at most seven days on, with a reason; while shelved it opens no case.

    Raises NotFound, Conflict, MoveRefused.
    """
    if not reason.strip():
        raise MoveRefused("an alert is shelved with a reason: give one")
    if not now_ms < until_ms <= now_ms + LONGEST_SHELF_MS:
        raise MoveRefused("an alert is shelved until a time in the future, at most seven days on")
    desk, alert = _open(connection, alert_id, expected_version, now_ms, context)
    after = alerting.happen(desk, alert, AlertEvent.SHELVE, shelved_until_ms=until_ms, shelved_reason=reason)
    alerting.tell(desk, after)
    return _audited(desk, actor, after, "shelve", {"until_ms": until_ms, "reason": reason})


def unshelve(
    connection: Connection, *, alert_id: int, actor: Actor, expected_version: int, now_ms: int, context: CaseContext
) -> Alert:
    """Bring a shelved alert back before its time. Raises NotFound, Conflict, MoveRefused."""
    desk, alert = _open(connection, alert_id, expected_version, now_ms, context)
    return _audited(desk, actor, flow.unshelve(desk, alert), "unshelve", {})


def _open(
    connection: Connection, alert_id: int, expected_version: int, now_ms: int, context: CaseContext
) -> tuple[Desk, Alert]:
    turn.take(connection)
    alert = alerts.get(connection, alert_id)
    if alert is None:
        raise NotFound(f"there is no alert {alert_id}")
    if alert.version != expected_version:
        raise Conflict(
            f"alert {alert_id} is at version {alert.version} ({alert.state}), you saw version {expected_version}: "
            "look again"
        )
    return Desk(connection=connection, now_ms=now_ms, context=context), alert


def _audited(desk: Desk, actor: Actor, alert: Alert, action: str, detail: dict[str, Any]) -> Alert:
    row = detail | {"state": alert.state, "version": alert.version}
    audit.append(
        desk.connection,
        now_ms=desk.now_ms,
        actor=actor.name,
        action=f"alert.{action}",
        object=f"alert {alert.id}",
        detail=row,
    )
    return alert
