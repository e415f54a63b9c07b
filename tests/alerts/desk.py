"""What the tests do at the desk: look at a case, act as its crew, bring it to the point of being checked."""

from __future__ import annotations

from sqlalchemy import Connection

from alerts import flow
from alerts.cases import actions
from alerts.cases.workflow import Move, Role
from alerts.context import CaseContext
from alerts.model import Actor, Case
from alerts.store import cases
from tests.alerts.sample import NINE_MS, fires

MINUTE_MS = 60_000
FIRED = fires("flood.road", "wl-1", NINE_MS)


def case_of(connection: Connection, case_id: int = 1) -> Case:
    """Return a case that must be there."""
    found = cases.get(connection, case_id)
    assert found is not None
    return found


def moves_of(connection: Connection, case_id: int = 1) -> list[str]:
    """Return the log of a case as `actor:move`."""
    return [f"{entry.actor}:{entry.move}" for entry in cases.log_of(connection, case_id)]


def crew_does(connection: Connection, context: CaseContext, at_ms: int, *moves: Move, case_id: int = 1) -> Case:
    """Let the crew of a case make moves at a time; return the case as it is then."""
    case = case_of(connection, case_id)
    for move in moves:
        case = actions.perform(
            connection,
            case_id=case_id,
            move=move,
            actor=Actor(name="li", role=Role.CREW, crew=case.crew),
            reason="pumped out",
            expected_version=case.version,
            now_ms=at_ms,
            context=context,
        )
    return case


def reported_done(connection: Connection, context: CaseContext, done_ms: int) -> Case:
    """Bring the flood of wl-1 to the point where its crew has reported done."""
    flow.apply(connection, [FIRED], NINE_MS, context)
    return crew_does(connection, context, done_ms, Move.ACCEPT, Move.START, Move.REPORT_DONE)
