"""Dispatch 派遣: finds the responsible unit by the matrix, the crew by its load, and the deadline at the first time."""

from __future__ import annotations

from typing import Any

from alerts.cases import record
from alerts.cases.record import Desk
from alerts.cases.timing import first_deadline
from alerts.cases.workflow import CaseState, Move, Role
from alerts.dispatch import crew_choice
from alerts.dispatch.matrix import Assignment, Unassigned
from alerts.errors import MoveRefused
from alerts.model import Actor, Case
from alerts.store import tasks


def assign(desk: Desk, case: Case) -> tuple[Assignment, str] | Unassigned:
    """Return who is responsible now and the crew with the fewest open tasks, or why nobody is."""
    category = desk.context.categories.get(case.category)
    if category is None:
        return Unassigned(reason="no_category", detail=f"the site has no category {case.category} any more")
    local = desk.context.local(desk.now_ms)
    worked, _ = desk.context.calendar.judge(local.date())
    found = desk.context.matrix.assign(category, case.cell, local.hour * 60 + local.minute, worked=worked)
    if isinstance(found, Unassigned):
        return found
    gave_back: set[str] = set()
    if case.state is CaseState.RETURNED:
        gave_back = {task.crew for task in tasks.of_case(desk.connection, case.id) if task.state == "returned"}
    crew = crew_choice.choose(found.crews, tasks.open_counts(desk.connection, found.crews), gave_back)
    if crew is None:
        return Unassigned(reason="no_crew", detail=f"unit {found.unit.id} has no crew for {case.cell}")
    return found, crew


def dispatch_by_matrix(desk: Desk, case: Case) -> Case:
    """Dispatch a filed case; where nobody is responsible it stays FILED for a dispatcher, with the reason noted."""
    found = assign(desk, case)
    if isinstance(found, Unassigned):
        return record.note(desk, case, Role.MATRIX, "unassigned", f"{found.reason}: {found.detail}")
    assignment, crew = found
    detail = {"unit": assignment.unit.id, "crew": crew, "post": assignment.post, "duty": assignment.duty}
    reason = f"{assignment.post.zh}：{assignment.duty.zh}"
    return dispatch(desk, case, Actor.system(Role.MATRIX), reason, crew, detail)


def dispatch_by_person(desk: Desk, case: Case, actor: Actor, reason: str, crew: str | None) -> Case:
    """Dispatch to the crew that the dispatcher names, or to the matrix's choice where none is named."""
    if crew is not None and crew not in desk.context.matrix.crews:
        known = ", ".join(desk.context.matrix.crews)
        raise MoveRefused(f"there is no crew {crew!r}: name one of {known}")
    if crew is None:
        found = assign(desk, case)
        crew = None if isinstance(found, Unassigned) else found[1]
    return dispatch(desk, case, actor, reason, crew, {"crew": crew})


def dispatch(desk: Desk, case: Case, actor: Actor, reason: str, crew: str | None, detail: dict[str, Any]) -> Case:
    """Make the move; the clock starts at the first dispatch only. Raises MoveRefused where no crew was found."""
    changes: dict[str, Any] = {}
    if crew is not None:
        changes = {"crew": crew, "unit": desk.context.matrix.crews[crew].unit}
    category = desk.context.categories.get(case.category)
    if case.dispatched_at_ms is None and category is not None:
        due = first_deadline(category.limit, desk.now_ms, desk.context)
        changes |= {
            "dispatched_at_ms": desk.now_ms,
            "limit_value": category.limit.value,
            "limit_type": category.limit.type.value,
            "deadline_ms": due.at_ms,
        }
        detail = detail | {"limit": category.limit_text, "limit_source": category.limit_source}
        if due.assumed:
            detail["assumed"] = "the deadline counts weekdays of a year that the working calendar does not know yet"
    return record.move(desk, case, desk.ask(Move.DISPATCH, actor, reason, crew=crew), detail=detail, **changes)
