"""What time alone does to a case: warning and breach of its deadline."""

from __future__ import annotations

from sqlalchemy import Connection

from alerts import flow
from alerts.context import CaseContext
from alerts.store import cases
from tests.alerts.conftest import Rows
from tests.alerts.desk import FIRED, MINUTE_MS, case_of, moves_of
from tests.alerts.sample import NINE_MS


def test_tick_warns_then_notes_the_breach(connection: Connection, context: CaseContext) -> None:
    """At four fifths of two hours the crew is reminded; at the deadline the supervisor is told; each once."""
    flow.apply(connection, [FIRED], NINE_MS, context)

    for minutes in (95, 96, 97, 119, 120, 121, 300):
        flow.tick(connection, NINE_MS + minutes * MINUTE_MS, context)

    told = [(entry.move, (entry.at_ms - NINE_MS) // MINUTE_MS, entry.reason) for entry in cases.log_of(connection, 1)]
    assert told[3:] == [
        ("warn", 96, "24 minutes are left of the limit"),
        ("breach", 120, "the deadline has passed: 市政排水维护所值班长 is told"),
    ]
    case = case_of(connection)
    assert (case.warned, case.breached, case.next_check_ms) == (True, True, None)


def test_tick_late_notes_the_breach_alone(connection: Connection, context: CaseContext) -> None:
    """After we were down over both, only what is true now is told."""
    flow.apply(connection, [FIRED], NINE_MS, context)

    flow.tick(connection, NINE_MS + 300 * MINUTE_MS, context)
    flow.tick(connection, NINE_MS + 301 * MINUTE_MS, context)

    assert moves_of(connection)[3:] == ["timer:breach"]


def test_tick_does_not_look_at_what_is_not_due(connection: Connection, context: CaseContext, rows: Rows) -> None:
    """Before its time a case is left alone."""
    flow.apply(connection, [FIRED], NINE_MS, context)
    before = rows("cases")

    flow.tick(connection, NINE_MS + 95 * MINUTE_MS, context)

    assert rows("cases") == before
