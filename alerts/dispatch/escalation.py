"""What happens as a deadline comes near and when it breaks: the crew is reminded, the unit's supervisor is told.

A broken deadline is counted once and stays with the case; a later rework does not undo it.
"""

from __future__ import annotations

from alerts.cases import record, timing
from alerts.cases.record import Desk
from alerts.cases.workflow import Role
from alerts.model import Case


def escalate(desk: Desk, case: Case) -> Case:
    """Warn of or note the breach of a running case's deadline, whichever is due; return it with its next check."""
    if case.deadline_ms is None or case.state not in timing.RUNNING:
        return case
    if desk.now_ms >= case.deadline_ms and not case.breached:
        changes = {"warned": True, "breached": True, "next_check_ms": None}
        unit = desk.context.matrix.units.get(case.unit or "")
        told = unit.supervisor.zh if unit else "值班长"
        late = f"the deadline has passed: {told} is told"
        return record.note(desk, case, Role.TIMER, "breach", late, detail={"supervisor": told}, **changes)
    warn_ms = timing.warn_at_ms(case, desk.now_ms, desk.context)
    if warn_ms is not None and desk.now_ms >= warn_ms and not case.warned:
        left_min = timing.left_ms(case, desk.now_ms, desk.context) // 60_000
        near = f"{left_min} minutes are left of the limit"
        return record.note(desk, case, Role.TIMER, "warn", near, warned=True, next_check_ms=case.deadline_ms)
    return case
