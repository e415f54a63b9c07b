"""What time alone does to a case: end of a suspension, verification, deadlines."""

from __future__ import annotations

from alerts.cases import checking, record, timing
from alerts.cases.record import Desk
from alerts.cases.workflow import CaseState, Move, Role
from alerts.dispatch.escalation import escalate
from alerts.model import Actor, Case
from alerts.store import cases


def look_at(desk: Desk, case: Case) -> Case:
    """Do what is due for a case; afterwards its next check lies in the future, or it has none."""
    if case.state is CaseState.CHECKING:
        case = checking.check(desk, case)
    elif case.state is CaseState.SUSPENDED and case.resume_at_ms is not None and case.resume_at_ms <= desk.now_ms:
        case = resume(desk, case, Actor.system(Role.TIMER), "the date has come")
    else:
        case = escalate(desk, case)
    if case.next_check_ms is None or case.next_check_ms > desk.now_ms:
        return case
    following = timing.next_check_ms(case, desk.now_ms, desk.context)
    if following is not None and following <= desk.now_ms:
        return escalate(desk, case)
    return cases.change(desk.connection, case, desk.now_ms, next_check_ms=following)


def resume(desk: Desk, case: Case, actor: Actor, reason: str) -> Case:
    """Let a suspended case go on where it stopped; what was left of its limit is left still."""
    deadline_ms = timing.resumed_deadline(case, desk.now_ms, desk.context)
    ask = desk.ask(Move.RESUME, actor, reason)
    return record.move(desk, case, ask, deadline_ms=deadline_ms, resume_at_ms=None)
