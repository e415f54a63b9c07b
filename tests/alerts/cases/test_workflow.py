"""The table of moves: every pair of state and move, and the page that is made from it."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from alerts.cases import workflow
from alerts.cases.guards import GUARDS
from alerts.cases.workflow import FINAL, SYSTEM, TABLE, CaseState, Guard, Move, Role, Same, moves_from, row_of, target
from alerts.errors import MoveRefused

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    "state, move, role, expected",
    [
        # the sensor pipeline reports
        (None, Move.REPORT, Role.IOT, CaseState.REPORTED),
        # a rule sends somebody to look, or files by itself
        (CaseState.REPORTED, Move.VERIFY, Role.RULE, CaseState.VERIFYING),
        (CaseState.REPORTED, Move.FILE, Role.RULE, CaseState.FILED),
        # a person files what was looked at
        (CaseState.VERIFYING, Move.FILE, Role.OPERATOR, CaseState.FILED),
        # or finds that there is nothing
        (CaseState.VERIFYING, Move.REJECT, Role.OPERATOR, CaseState.REJECTED),
        # the matrix dispatches
        (CaseState.FILED, Move.DISPATCH, Role.MATRIX, CaseState.DISPATCHED),
        # the crew accepts, starts, reports
        (CaseState.DISPATCHED, Move.ACCEPT, Role.CREW, CaseState.ACCEPTED),
        (CaseState.ACCEPTED, Move.START, Role.CREW, CaseState.HANDLING),
        (CaseState.HANDLING, Move.REPORT_DONE, Role.CREW, CaseState.FEEDBACK),
        # or gives it back, and the dispatcher sends it on
        (CaseState.DISPATCHED, Move.RETURN, Role.CREW, CaseState.RETURNED),
        (CaseState.RETURNED, Move.DISPATCH, Role.DISPATCHER, CaseState.DISPATCHED),
        # the sensor checks, passes, fails
        (CaseState.FEEDBACK, Move.CHECK, Role.SENSOR, CaseState.CHECKING),
        (CaseState.CHECKING, Move.PASS, Role.SENSOR, CaseState.CLOSED),
        (CaseState.CHECKING, Move.FAIL, Role.SENSOR, CaseState.REWORK),
        (CaseState.REWORK, Move.HANDLE_AGAIN, Role.MATRIX, CaseState.HANDLING),
        # a suspension, and an extension that stays where it is
        (CaseState.HANDLING, Move.SUSPEND, Role.DISPATCHER, CaseState.SUSPENDED),
        (CaseState.ACCEPTED, Move.EXTEND, Role.DISPATCHER, CaseState.ACCEPTED),
        # the supervisor ends it
        (CaseState.SUSPENDED, Move.FORCE_CLOSE, Role.ADMINISTRATOR, CaseState.CLOSED),
        # a duplicate
        (CaseState.FILED, Move.CANCEL, Role.OPERATOR, CaseState.CANCELLED),
        # an appeal leaves the case closed
        (CaseState.CLOSED, Move.APPEAL, Role.CREW, CaseState.CLOSED),
    ],
)
def test_target(state: CaseState | None, move: Move, role: Role, expected: CaseState) -> None:
    """Each move leads where the table says."""
    assert target(state, move, role) == expected


def test_resume_goes_back_to_where_it_was() -> None:
    """A suspended case goes on in the state that it came from."""
    assert target(CaseState.SUSPENDED, Move.RESUME, Role.TIMER, before=CaseState.HANDLING) is CaseState.HANDLING


@pytest.mark.parametrize("state, move", list(itertools.product([None, *CaseState], Move)))
def test_every_pair_is_allowed_or_refused_by_name(state: CaseState | None, move: Move) -> None:
    """A pair that is not in the table is refused with the state, the move and what is allowed."""
    row = row_of(move)
    if (state in row.sources) if state is not None else not row.sources:
        assert target(state, move, row.roles[0], before=CaseState.HANDLING) in CaseState
        return
    allowed = ", ".join(moves_from(state)) or "no more moves"
    place = "no case yet" if state is None else f"a case in state {state}"

    with pytest.raises(MoveRefused) as caught:
        target(state, move, row.roles[0])

    assert str(caught.value) == f"{place} cannot {move}: it allows {allowed}"


def test_wrong_role_is_refused_by_name() -> None:
    """Who dispatches does not close."""
    with pytest.raises(MoveRefused) as caught:
        target(CaseState.CHECKING, Move.PASS, Role.DISPATCHER)

    assert str(caught.value) == (
        "a case in state CHECKING: pass is not for a dispatcher: it is for sensor, operator, administrator"
    )


def test_table_is_whole() -> None:
    """Every move has one row, every state is reached and, but for the final ones, left; every guard exists."""
    reached = {row.target for row in TABLE if not isinstance(row.target, Same)}

    assert [row.move for row in TABLE] == list(Move)
    assert reached == set(CaseState)
    assert all(len(moves_from(state)) > 1 for state in set(CaseState) - FINAL)
    assert all(target(state, move, row_of(move).roles[0]) is state for state in FINAL for move in moves_from(state))
    assert set(GUARDS) == set(Guard) == {guard for row in TABLE for guard in row.guards}


def test_nobody_looks_only_and_moves() -> None:
    """A viewer has no move, and no part of the system has one that needs an opinion of a person, but fail."""
    assert all(Role.VIEWER not in row.roles for row in TABLE)
    with_opinion = [row for row in TABLE if Guard.OPINION in row.guards]
    assert {row.move for row in with_opinion if SYSTEM & set(row.roles)} == {Move.FAIL}


def test_documentation_has_the_table() -> None:
    """The page shows the table that the program runs."""
    page = (ROOT / "docs" / "cases.md").read_text(encoding="utf-8")

    assert workflow.markdown() in page
