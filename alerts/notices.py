"""What the outside is told, as notices over MQTT.

    wangge/{site}/alerts/{domain}/{rule}/{subject}     an alert: retained while it is live, then told once and cleared
    wangge/{site}/tasks/{crew}/{case number}           a task: retained while it is open, then told once and cleared

Payloads are JSON objects; their keys are the fields below, times are milliseconds since 1970 UTC. An empty payload is
only a topic being cleared. `version` of a task is its case's, to be sent back with what the crew does.

alert: id, site, rule_id, rule_version, title {zh, en}, severity, domain, state (ISA-18.2), firing, reason, subject
{kind, id}, device_id, cell, fired_at_ms, resolved_at_ms, activations, case_id, case_number, runbook {zh, en}
task: id, site, case_id, case_number, version, round, kind, state, crew, unit, category, code, title {zh, en}, domain,
severity, subject {kind, id}, cell, lat, lon, case_state, deadline_ms, warned, breached, offered_at_ms, done_at_ms,
rework_count, reason (why the task is as it is), runbook {zh, en}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from alerts.lifecycle import AlertState
from alerts.model import Alert, Case, Task
from alerts.notifiers._base import Notice
from rules.model import Text

CHANNEL = "mqtt"
_OPEN_TASK = frozenset({"offered", "accepted", "started"})
_NOT_IN_A_TOPIC = str.maketrans("/+#\0", "____")


def about_alert(alert: Alert, case_number: str | None, site_id: str, runbook: Text | None) -> Notice:
    """Return the notice of an alert as it is now."""
    keys = ("id", "rule_id", "rule_version", "severity", "domain", "state", "firing", "reason", "device_id", "cell")
    times = ("fired_at_ms", "resolved_at_ms", "activations", "case_id")
    payload = {
        "site": site_id,
        **_picked(alert, (*keys, *times)),
        "title": Text(zh=alert.title_zh, en=alert.title_en),
        "subject": {"kind": alert.subject_kind, "id": alert.subject_id},
        "case_number": case_number,
        "runbook": runbook,
    }
    return _notice(
        about="alert",
        about_id=alert.id,
        event=alert.version,
        address=topic(site_id, "alerts", alert.domain, alert.rule_id, alert.subject_id),
        payload=payload,
        retained=alert.state is not AlertState.NORM,
    )


def about_task(task: Task, case: Case, event: int, reason: str, site_id: str, runbook: Text | None) -> Notice:
    """Return the notice of a task as it is now; `event` is the line of the case's log that tells of it."""
    of_case = ("category", "code", "domain", "severity", "cell", "lat", "lon", "deadline_ms", "warned", "breached")
    payload = {
        "site": site_id,
        **_picked(task, ("id", "case_id", "round", "kind", "state", "crew", "unit", "offered_at_ms", "done_at_ms")),
        **_picked(case, (*of_case, "version", "rework_count")),
        "case_number": case.number,
        "case_state": case.state,
        "title": Text(zh=case.title_zh, en=case.title_en),
        "subject": {"kind": case.subject_kind, "id": case.subject_id},
        "reason": reason,
        "runbook": runbook,
    }
    return _notice(
        about="case",
        about_id=case.id,
        event=event,
        address=topic(site_id, "tasks", task.crew, case.number or f"case-{case.id}"),
        payload=payload,
        retained=task.state in _OPEN_TASK,
    )


def _notice(*, payload: Mapping[str, Any], **fields: Any) -> Notice:
    return Notice(channel=CHANNEL, payload=msgspec.json.encode(payload).decode(), **fields)


def _picked(row: Alert | Case | Task, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def topic(site_id: str, *levels: str) -> str:
    """Return the topic of a notice; signs that a topic cannot have become `_`."""
    return "/".join(("wangge", site_id, *(level.translate(_NOT_IN_A_TOPIC) for level in levels)))
