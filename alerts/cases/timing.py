"""When the timer must look at a case: warning, deadline, end of a suspension. Pure.

The handling clock starts at the first dispatch and stops when the crew reports done; a rework does not restart it.
"""

from __future__ import annotations

from alerts.cases.deadlines import Due, Limit, LimitType, advance, due, remaining
from alerts.cases.workflow import CaseState
from alerts.context import CaseContext
from alerts.model import Case

RUNNING = frozenset(
    {CaseState.DISPATCHED, CaseState.ACCEPTED, CaseState.RETURNED, CaseState.HANDLING, CaseState.REWORK}
)


def limit_of(case: Case) -> Limit | None:
    """Return the limit of a dispatched case."""
    if case.limit_value is None or case.limit_type is None:
        return None
    return Limit(value=case.limit_value, type=LimitType(case.limit_type))


def first_deadline(limit: Limit, now_ms: int, context: CaseContext) -> Due:
    """Return when a case that is dispatched now is due."""
    return due(now_ms, limit, context.calendar, context.zone)


def left_ms(case: Case, now_ms: int, context: CaseContext) -> int:
    """Return the counted milliseconds until the deadline (negative once it has passed, 0 without one)."""
    limit = limit_of(case)
    if limit is None or case.deadline_ms is None:
        return 0
    return remaining(now_ms, case.deadline_ms, limit.type, context.calendar, context.zone)


def resumed_deadline(case: Case, now_ms: int, context: CaseContext) -> int | None:
    """Return the deadline of a suspended case that goes on now: what was left when it stopped is left still."""
    limit = limit_of(case)
    if limit is None or case.deadline_ms is None or case.suspended_at_ms is None:
        return case.deadline_ms
    left = left_ms(case, case.suspended_at_ms, context)
    return advance(now_ms, left, limit.type, context.calendar, context.zone).at_ms


def extended_deadline(case: Case, context: CaseContext) -> int | None:
    """Return the deadline after one extension: the original limit once more, from the current deadline on."""
    limit = limit_of(case)
    if limit is None or case.deadline_ms is None:
        return case.deadline_ms
    return due(case.deadline_ms, limit, context.calendar, context.zone).at_ms


def warn_at_ms(case: Case, now_ms: int, context: CaseContext) -> int | None:
    """Return when to warn: once the settings' share of the limit is used, now if that was earlier."""
    limit = limit_of(case)
    if limit is None or case.deadline_ms is None:
        return None
    kept_ms = round((1 - context.settings.warn_share) * limit.duration_ms(context.calendar))
    used_ms = max(0, left_ms(case, now_ms, context) - kept_ms)
    return advance(now_ms, used_ms, limit.type, context.calendar, context.zone).at_ms


def next_check_ms(case: Case, now_ms: int, context: CaseContext) -> int | None:
    """Return when the timer must look at the case again; None: never by itself. CHECKING is the verification's."""
    if case.state is CaseState.SUSPENDED:
        return case.resume_at_ms
    if case.state not in RUNNING or case.breached or case.deadline_ms is None:
        return None
    warn_ms = None if case.warned else warn_at_ms(case, now_ms, context)
    return case.deadline_ms if warn_ms is None else min(warn_ms, case.deadline_ms)
