"""Moves about the deadline: extension, suspension, appeal."""

from __future__ import annotations

import pytest

from alerts import flow
from alerts.cases.workflow import CaseState, Move
from alerts.context import CaseContext
from alerts.errors import MoveRefused
from alerts.store import cases
from tests.alerts.cases.conftest import CHIEF, CREW, DAY_MS, DISPATCHER, HOUR_MS, MINUTE_MS, OPERATOR, Desk
from tests.alerts.sample import NINE_MS


def test_extend_twice_and_no_more(desk: Desk) -> None:
    """Each extension adds the original limit; the third is refused."""
    desk.move(Move.ACCEPT, CREW)
    first = desk.case.deadline_ms
    assert first is not None

    extended = [desk.move(Move.EXTEND, DISPATCHER, "parts are late").deadline_ms for _ in range(2)]

    assert extended == [first + 2 * HOUR_MS, first + 4 * HOUR_MS]
    with pytest.raises(MoveRefused, match="cannot extend now: extend was granted twice already"):
        desk.move(Move.EXTEND, DISPATCHER, "again")


def test_extend_after_the_deadline(desk: Desk) -> None:
    """What is overdue is not extended."""
    desk.move(Move.ACCEPT, CREW)

    with pytest.raises(MoveRefused, match="cannot extend now: the deadline has passed"):
        desk.at(NINE_MS + 3 * HOUR_MS, Move.EXTEND, DISPATCHER, "late")


def test_suspend_pauses_the_clock_and_resumes_by_date(desk: Desk, context: CaseContext) -> None:
    """A suspended case rests over its old deadline, goes on by itself, and has the time left that it had."""
    desk.move(Move.ACCEPT, CREW)
    until_ms = NINE_MS + 3 * DAY_MS
    suspended = desk.at(NINE_MS + HOUR_MS, Move.SUSPEND, DISPATCHER, "road works", until_ms=until_ms)

    flow.tick(desk.connection, NINE_MS + 2 * DAY_MS, context)
    rests = desk.case.state
    flow.tick(desk.connection, until_ms, context)

    assert (suspended.state, suspended.next_check_ms, rests) == (CaseState.SUSPENDED, until_ms, CaseState.SUSPENDED)
    case = desk.case
    assert (case.state, case.deadline_ms, case.breached) == (CaseState.ACCEPTED, until_ms + HOUR_MS, False)
    with pytest.raises(MoveRefused, match="cannot suspend now: suspend is possible once a case, and was done"):
        desk.at(until_ms + MINUTE_MS, Move.SUSPEND, DISPATCHER, "again", until_ms=until_ms + DAY_MS)


@pytest.mark.parametrize("until_ms", [None, NINE_MS, NINE_MS + 366 * DAY_MS])
def test_suspend_needs_a_date_within_a_year(desk: Desk, until_ms: int | None) -> None:
    """Without a date, with one in the past or beyond a year a case does not rest."""
    desk.move(Move.ACCEPT, CREW)

    with pytest.raises(MoveRefused, match="cannot suspend now: a date within 365 days must be given"):
        desk.move(Move.SUSPEND, DISPATCHER, "road works", until_ms=until_ms)


def test_resume_before_the_date(desk: Desk) -> None:
    """The dispatcher may let a case go on earlier, where it was."""
    for move in (Move.ACCEPT, Move.START):
        desk.move(move, CREW)
    desk.move(Move.SUSPEND, DISPATCHER, "road works", until_ms=NINE_MS + DAY_MS)

    assert desk.move(Move.RESUME, DISPATCHER).state is CaseState.HANDLING


def test_appeal_needs_two_reviewers(desk: Desk, context: CaseContext) -> None:
    """A crew appeals a broken deadline once; one person reviews, another decides."""
    flow.tick(desk.connection, NINE_MS + 3 * HOUR_MS, context)
    desk.now_ms = NINE_MS + 4 * HOUR_MS
    desk.move(Move.FORCE_CLOSE, CHIEF, "pumped out by the fire brigade")
    desk.move(Move.APPEAL, CREW, "the road was closed by the police")
    with pytest.raises(MoveRefused, match="cannot grant_appeal now: somebody else must have reviewed"):
        desk.move(Move.GRANT_APPEAL, OPERATOR, "right")
    desk.move(Move.REVIEW_APPEAL, OPERATOR, "seems right")
    with pytest.raises(MoveRefused, match="somebody else must have reviewed"):
        desk.move(Move.GRANT_APPEAL, OPERATOR, "right")

    granted = desk.move(Move.GRANT_APPEAL, CHIEF, "right")

    assert granted.state is CaseState.CLOSED
    assert cases.log_of(desk.connection, 1)[-1].move == "grant_appeal"
    with pytest.raises(MoveRefused, match="cannot appeal now: appeal is possible once a case"):
        desk.move(Move.APPEAL, CREW, "once more")
    with pytest.raises(MoveRefused, match="no appeal is open"):
        desk.move(Move.REFUSE_APPEAL, CHIEF, "no")


def test_no_appeal_without_a_broken_deadline(desk: Desk) -> None:
    """What was in time cannot be appealed."""
    desk.move(Move.FORCE_CLOSE, CHIEF, "duplicate of 12")

    with pytest.raises(MoveRefused, match="cannot appeal now: the case was not overdue"):
        desk.move(Move.APPEAL, CREW, "why not")
