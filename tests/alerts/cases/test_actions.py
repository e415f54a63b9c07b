"""People's moves: versions, roles, guards, what follows by itself, and that everything is audited."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import Connection

from alerts import flow
from alerts.cases import actions
from alerts.cases.workflow import CaseState, Move, Role
from alerts.context import CaseContext
from alerts.errors import Conflict, MoveRefused, NotFound
from alerts.lifecycle import AlertState
from alerts.model import Actor
from alerts.store import alerts, audit, outbox, tasks
from tests.alerts.cases.conftest import CHIEF, CREW, DISPATCHER, OPERATOR, Desk
from tests.alerts.conftest import Rows
from tests.alerts.sample import NINE_MS, resolves


def test_crew_moves_case_and_task_together(desk: Desk) -> None:
    """Accept, start, done: the task follows, and the sensor begins to check at once."""
    states = []
    for move in (Move.ACCEPT, Move.START, Move.REPORT_DONE):
        case = desk.move(move, CREW, "grate cleared")
        states.append((case.state, tasks.of_case(desk.connection, 1)[0].state))

    assert states == [
        (CaseState.ACCEPTED, "accepted"),
        (CaseState.HANDLING, "started"),
        (CaseState.CHECKING, "done"),
    ]
    assert tasks.of_case(desk.connection, 1)[0].note == "grate cleared"


def test_done_task_is_told_and_taken_back(desk: Desk) -> None:
    """The last notice of a task is not retained, so the topic is cleared."""
    for move in (Move.ACCEPT, Move.START, Move.REPORT_DONE):
        desk.move(move, CREW)

    about_task = [notice for notice in outbox.due(desk.connection, desk.now_ms) if "/tasks/" in notice.address]
    told = [(json.loads(notice.payload)["state"], notice.retained) for notice in about_task]
    assert told == [("offered", True), ("accepted", True), ("started", True), ("done", False)]


def test_stale_version_conflicts(desk: Desk, context: CaseContext) -> None:
    """Two people act on what they saw: the second is told what the case is now, and nothing is written."""
    seen = desk.case.version
    desk.move(Move.ACCEPT, CREW)

    with pytest.raises(Conflict) as caught:
        actions.perform(
            desk.connection,
            case_id=1,
            move=Move.CANCEL,
            actor=OPERATOR,
            reason="duplicate",
            expected_version=seen,
            now_ms=desk.now_ms,
            context=context,
        )

    assert str(caught.value) == ("case 4501072026112400001 is at version 4 (ACCEPTED), you saw version 3: look again")
    assert desk.case.state is CaseState.ACCEPTED


def test_missing_case(connection: Connection, context: CaseContext) -> None:
    """A case that is not there is named."""
    with pytest.raises(NotFound, match="there is no case 7"):
        actions.perform(
            connection,
            case_id=7,
            move=Move.CANCEL,
            actor=OPERATOR,
            reason="x",
            expected_version=1,
            now_ms=NINE_MS,
            context=context,
        )


@pytest.mark.parametrize(
    "move, actor, reason, expected",
    [
        # a crew of another quarter
        (
            Move.ACCEPT,
            Actor(name="chen", role=Role.CREW, crew="drainage-1"),
            "",
            "a case in state DISPATCHED cannot accept now: it is the task of crew drainage-2, not of drainage-1",
        ),
        # giving back without a word
        (Move.RETURN, CREW, " ", "a case in state DISPATCHED cannot return now: an opinion must be given"),
        # skipping a step
        (
            Move.REPORT_DONE,
            CREW,
            "",
            "a case in state DISPATCHED cannot report_done: it allows accept, return, force_close, cancel",
        ),
        # the crew closes its own case
        (
            Move.FORCE_CLOSE,
            CREW,
            "done",
            "a case in state DISPATCHED: force_close is not for a crew: it is for administrator",
        ),
        # somebody says they are the sensor
        (Move.PASS, Actor.system(Role.SENSOR), "", "sensor is a part of the system, not a person"),
        # a case that is there is not reported
        (Move.REPORT, OPERATOR, "", "a case in state DISPATCHED cannot report: it exists already"),
    ],
)
def test_refusals(desk: Desk, move: Move, actor: Actor, reason: str, expected: str, rows: Rows) -> None:
    """What is not allowed is refused by name and leaves no trace."""
    before = {table: rows(table) for table in ("cases", "case_log", "tasks", "outbox", "audit")}

    with pytest.raises(MoveRefused) as caught:
        desk.move(move, actor, reason)

    assert str(caught.value) == expected
    assert {table: rows(table) for table in before} == before


def test_return_goes_to_the_dispatcher_and_on_to_another(desk: Desk) -> None:
    """A crew that gave a case back is asked again only when nobody else is there; the clock keeps running."""
    first = desk.case
    returned = desk.move(Move.RETURN, CREW, "not our street")
    named = desk.move(Move.DISPATCH, DISPATCHER, "near enough", crew="drainage-1")

    assert (returned.state, returned.deadline_ms) == (CaseState.RETURNED, first.deadline_ms)
    assert (named.crew, named.unit, named.deadline_ms) == ("drainage-1", "drainage", first.deadline_ms)
    assert [(task.round, task.crew, task.state) for task in tasks.of_case(desk.connection, 1)] == [
        (1, "drainage-2", "returned"),
        (2, "drainage-1", "offered"),
    ]


def test_dispatch_by_matrix_when_no_crew_is_named(desk: Desk) -> None:
    """The dispatcher may leave the choice to the matrix; with one crew in the quarter it is the same again."""
    desk.move(Move.RETURN, CREW, "pump broken")

    assert desk.move(Move.DISPATCH, DISPATCHER).crew == "drainage-2"


def test_dispatch_to_an_unknown_crew(desk: Desk) -> None:
    """A crew that does not exist is refused with those that do."""
    desk.move(Move.RETURN, CREW, "pump broken")

    with pytest.raises(MoveRefused, match="there is no crew 'nobody': name one of drainage-1, drainage-2"):
        desk.move(Move.DISPATCH, DISPATCHER, crew="nobody")


def test_person_passes_or_fails_a_check(desk: Desk, context: CaseContext) -> None:
    """A person may overrule the wait: fail with an opinion, later pass; the alerts are settled then."""
    for move in (Move.ACCEPT, Move.START, Move.REPORT_DONE):
        desk.move(move, CREW)
    failed = desk.move(Move.FAIL, OPERATOR, "still wet")
    desk.move(Move.REPORT_DONE, CREW)
    flow.apply(desk.connection, [resolves("flood.road", "wl-1", desk.now_ms)], desk.now_ms, context)
    passed = desk.move(Move.PASS, OPERATOR, "seen dry")

    assert (failed.state, failed.rework_count) == (CaseState.HANDLING, 1)
    assert (passed.state, passed.closed_how) == (CaseState.CLOSED, "checked")
    alert = alerts.get(desk.connection, 1)
    assert alert is not None
    assert (alert.state, alert.acknowledged_by) == (AlertState.NORM, "wang")


@pytest.mark.parametrize(
    "move, actor, how, state",
    [
        # the supervisor ends it
        (Move.FORCE_CLOSE, CHIEF, "forced", CaseState.CLOSED),
        # a duplicate
        (Move.CANCEL, OPERATOR, "cancelled", CaseState.CANCELLED),
    ],
)
def test_ending_withdraws_the_task(desk: Desk, move: Move, actor: Actor, how: str, state: CaseState) -> None:
    """When a case ends by a decision its crew is called off, and no timer looks at it again."""
    case = desk.move(move, actor, "handled elsewhere")

    assert (case.state, case.closed_how, case.next_check_ms) == (state, how, None)
    assert [task.state for task in tasks.of_case(desk.connection, 1)] == ["withdrawn"]


def test_every_move_is_audited(desk: Desk, rows: Rows) -> None:
    """The audit log has who did what to which case, in an unbroken chain."""
    desk.move(Move.ACCEPT, CREW)
    desk.move(Move.CANCEL, OPERATOR, "duplicate")

    found = [(row["actor"], row["action"], row["object"]) for row in rows("audit")]
    assert found == [("li", "case.accept", "case 1"), ("wang", "case.cancel", "case 1")]
    assert audit.verify(desk.connection) is None
