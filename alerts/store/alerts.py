"""Alerts in the case store. At most one alert of a (rule, subject) is live, that is, in another state than NORM."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select

from alerts.lifecycle import AlertState
from alerts.model import Alert
from alerts.store import rows
from alerts.store.tables import ALERTS

_GET = select(ALERTS).where(ALERTS.c.id == bindparam("id"))
_LIVE = (
    select(ALERTS)
    .where(
        ALERTS.c.rule_id == bindparam("rule_id"),
        ALERTS.c.subject_kind == bindparam("subject_kind"),
        ALERTS.c.subject_id == bindparam("subject_id"),
        ALERTS.c.state != AlertState.NORM.value,
    )
    .order_by(ALERTS.c.fired_at_ms.desc())
    .limit(1)
)
_OF_CASE = select(ALERTS).where(ALERTS.c.case_id == bindparam("case_id")).order_by(ALERTS.c.id)
_SUPPRESSED = (
    select(ALERTS)
    .where(
        ALERTS.c.firing.in_((True, False)),  # the index begins with it
        ALERTS.c.state == AlertState.DSUPR.value,
        ALERTS.c.subject_kind == bindparam("subject_kind"),
        ALERTS.c.subject_id == bindparam("subject_id"),
    )
    .order_by(ALERTS.c.id)
)
_SHELF_ENDED = select(ALERTS).where(ALERTS.c.shelved_until_ms <= bindparam("now_ms"))
_ADD = insert(ALERTS).returning(*ALERTS.c)
_CHANGE = rows.versioned(ALERTS)


def get(connection: Connection, alert_id: int) -> Alert | None:
    """Return the alert with this id, or None."""
    return rows.one_of(connection, _GET, Alert, {"id": alert_id})


def live(connection: Connection, rule_id: str, subject_kind: str, subject_id: str) -> Alert | None:
    """Return the live alert of a rule and subject, or None."""
    key = {"rule_id": rule_id, "subject_kind": subject_kind, "subject_id": subject_id}
    return rows.one_of(connection, _LIVE, Alert, key)


def of_case(connection: Connection, case_id: int) -> list[Alert]:
    """Return the alerts that belong to a case, oldest first."""
    return rows.all_of(connection, _OF_CASE, Alert, {"case_id": case_id})


def add(connection: Connection, **values: Any) -> Alert:
    """Insert an alert and return it."""
    return rows.the_one(connection, _ADD, Alert, values)


def change(connection: Connection, alert: Alert, now_ms: int, **changes: Any) -> Alert:
    """Write changes of an alert and return it as it is now; raises Conflict if it was changed since it was read."""
    return rows.change(connection, _CHANGE, alert, now_ms, **changes)


def shelf_ended(connection: Connection, now_ms: int) -> list[Alert]:
    """Return the shelved alerts whose time is over."""
    return rows.all_of(connection, _SHELF_ENDED, Alert, {"now_ms": now_ms})


def suppressed(connection: Connection, subject_kind: str, subject_id: str) -> list[Alert]:
    """Return the alerts of a subject that are suppressed, oldest first."""
    key = {"subject_kind": subject_kind, "subject_id": subject_id}
    return rows.all_of(connection, _SUPPRESSED, Alert, key)


def any_firing(connection: Connection, rule_ids: Collection[str], device_ids: Collection[str]) -> bool:
    """Whether an alert of one of the rules is firing for one of the devices."""
    if not rule_ids or not device_ids:
        return False
    query = select(ALERTS.c.id).where(
        ALERTS.c.firing.is_(True), ALERTS.c.rule_id.in_(rule_ids), ALERTS.c.device_id.in_(device_ids)
    )
    return connection.execute(query.limit(1)).first() is not None
