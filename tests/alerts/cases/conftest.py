"""A desk with one case on it: the dispatched case of a flooded road."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from alerts import flow
from alerts.cases import actions
from alerts.cases.actions import Options
from alerts.cases.workflow import Move, Role
from alerts.context import CaseContext
from alerts.model import Actor, Case
from alerts.store import cases
from tests.alerts.sample import NINE_MS, fires

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
CREW = Actor(name="li", role=Role.CREW, crew="drainage-2")
DISPATCHER = Actor(name="zhao", role=Role.DISPATCHER)
OPERATOR = Actor(name="wang", role=Role.OPERATOR)
CHIEF = Actor(name="root", role=Role.ADMINISTRATOR)


@pytest.fixture
def flood(connection: Connection, context: CaseContext) -> Case:
    """Return the dispatched case of a flooded road."""
    flow.apply(connection, [fires("flood.road", "wl-1", NINE_MS)], NINE_MS, context)
    case = cases.get(connection, 1)
    assert case is not None
    return case


class Desk:
    """Makes moves with the one case, a minute apart, always with the version that it has."""

    def __init__(self, connection: Connection, context: CaseContext) -> None:
        self.connection, self.context, self.now_ms = connection, context, NINE_MS

    def move(self, move: Move, actor: Actor, reason: str = "", **options: object) -> Case:
        """Make a move one minute later."""
        self.now_ms += MINUTE_MS
        return self.at(self.now_ms, move, actor, reason, **options)

    def at(self, now_ms: int, move: Move, actor: Actor, reason: str = "", **options: object) -> Case:
        """Make a move at a time."""
        return actions.perform(
            self.connection,
            case_id=1,
            move=move,
            actor=actor,
            reason=reason,
            expected_version=self.case.version,
            now_ms=now_ms,
            context=self.context,
            options=Options(**options),  # type: ignore[arg-type]  # one table of options for all moves
        )

    @property
    def case(self) -> Case:
        """The case as it is."""
        found = cases.get(self.connection, 1)
        assert found is not None
        return found


@pytest.fixture
def desk(connection: Connection, context: CaseContext, flood: Case) -> Desk:
    """Return a desk with the flooded road on it."""
    return Desk(connection, context)
