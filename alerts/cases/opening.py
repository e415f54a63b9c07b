"""From an alert to a dispatched case: report 上报, verify or file 立案 with a number, dispatch 派遣.

What the sensor measures fully is filed by the rule itself. Where it measures the filing condition only in part and the
category asks for it, somebody is sent to look first and a person files.
"""

from __future__ import annotations

from typing import Any

from alerts.cases import record, workflow
from alerts.cases.categories import Category
from alerts.cases.numbering import day_prefix, following
from alerts.cases.record import Desk
from alerts.cases.workflow import Move, Role
from alerts.dispatch import dispatching
from alerts.dispatch.matrix import Unassigned
from alerts.errors import MoveRefused
from alerts.model import Actor, Alert, Case
from alerts.store import cases, tasks
from rules.model import CaseTemplate, Transition


def open_case(desk: Desk, alert: Alert, template: CaseTemplate, incident: str, seen: Transition) -> Case:
    """Open the case of an incident (its key) and take it as far as it goes by itself; `seen` is what opens it."""
    category = desk.context.categories[template.category]
    observed = [alert.device_id] if alert.device_id else [one.device_id for one in seen.evidence[-1:]]
    device = desk.context.device(observed[0]) if observed else None
    reported = workflow.target(None, Move.REPORT, Role.IOT)
    case = cases.add(
        desk.connection,
        incident_key=incident,
        scheme=category.scheme,
        kind=category.kind,
        code=category.code,
        category=category.key,
        title_zh=category.title.zh,
        title_en=category.title.en,
        domain=category.domain,
        severity=alert.severity.value,
        source="iot",
        subject_kind=alert.subject_kind,
        subject_id=alert.subject_id,
        cell=alert.cell,
        lat=device.lat if device else None,
        lon=device.lon if device else None,
        state=reported.value,
        reported_at_ms=desk.now_ms,
        normal_for_s=template.normal_for_s,
        give_up_after_s=template.give_up_after_s,
        updated_at_ms=desk.now_ms,
    )
    cases.append_log(
        desk.connection,
        case.id,
        desk.now_ms,
        actor=Role.IOT.value,
        move=Move.REPORT.value,
        detail={"rule": alert.rule_id, "alert": alert.id, "trace": [seen]},
        from_state=None,
        to_state=reported.value,
        reason=alert.reason,
    )
    if category.measured == "partial" and category.verify_first:
        return _send_to_verify(desk, case, category)
    try:
        return file_and_dispatch(desk, case, Actor.system(Role.RULE), f"立案条件：{category.condition}")
    except MoveRefused as refusal:
        return record.note(desk, case, Role.RULE, "unfiled", str(refusal))


def incident_key(category: str, alert: Alert, first_firing_ms: int) -> str:
    """Return the identity of an incident: category | subject | first firing."""
    return f"{category}|{alert.subject_kind}:{alert.subject_id}|{first_firing_ms}"


def file_and_dispatch(desk: Desk, case: Case, actor: Actor, reason: str, **detail: Any) -> Case:
    """File a case under the next number of the day, then dispatch it by the matrix.

    Raises MoveRefused: wrong state or role, or the day has no more numbers.
    """
    prefix = day_prefix(desk.context.division, desk.now_ms, desk.context.zone)
    number = following(prefix, cases.highest_number(desk.connection, prefix))
    if number is None:
        raise MoveRefused(f"no case number of {prefix} is left today: file it tomorrow")
    filed = record.move(
        desk, case, desk.ask(Move.FILE, actor, reason), detail=detail, number=number, filed_at_ms=desk.now_ms
    )
    return dispatching.dispatch_by_matrix(desk, filed)


def _send_to_verify(desk: Desk, case: Case, category: Category) -> Case:
    reason = f"only part of the condition is measured: {category.condition}"
    case = record.move(desk, case, desk.ask(Move.VERIFY, Role.RULE, reason))
    found = dispatching.assign(desk, case)
    if isinstance(found, Unassigned):
        return record.note(desk, case, Role.MATRIX, "unassigned", f"{found.reason}: {found.detail}")
    assignment, crew = found
    tasks.add(
        desk.connection,
        case.id,
        desk.now_ms,
        kind=record.VERIFY_PRE_FILE,
        crew=crew,
        unit=assignment.unit.id,
        state="offered",
    )
    return record.note(desk, case, Role.MATRIX, "send_to_look", f"{crew} looks whether it is so")
