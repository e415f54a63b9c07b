"""The sensor has the last word: every way in which a reported fix can turn out."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import Connection

from alerts import flow
from alerts.cases.verification import Verdict, judge
from alerts.context import CaseContext
from alerts.model import Alert, Case
from alerts.store import alerts, cases
from tests.alerts.sample import NINE_MS, fires

DONE = NINE_MS + 1_000_000
MINUTE = 60_000
GRACE = 60_000  # one cadence


@pytest.fixture
def case(connection: Connection, context: CaseContext) -> Case:
    """Return a case that was reported done; normal for 5 minutes, given up after 15."""
    flow.apply(connection, [fires("flood.road", "wl-1", NINE_MS)], NINE_MS, context)
    found = cases.get(connection, 1)
    assert found is not None
    return msgspec.structs.replace(found, done_at_ms=DONE)


@pytest.fixture
def alert(connection: Connection, case: Case) -> Alert:
    """Return its firing alert."""
    return alerts.of_case(connection, 1)[0]


@pytest.mark.parametrize(
    "resolved, fired, now, silent, verdict, next_check",
    [
        # normal before the report: five minutes from the report
        (DONE - MINUTE, NINE_MS, DONE + 5 * MINUTE - 1, False, Verdict.WAIT, DONE + 5 * MINUTE),
        (DONE - MINUTE, NINE_MS, DONE + 5 * MINUTE, False, Verdict.PASS, None),
        # normal after it: five minutes from then
        (DONE + MINUTE, NINE_MS, DONE + 5 * MINUTE, False, Verdict.WAIT, DONE + 6 * MINUTE),
        (DONE + MINUTE, NINE_MS, DONE + 6 * MINUTE, False, Verdict.PASS, None),
        # still firing: wait, then fail
        (None, NINE_MS, DONE, False, Verdict.WAIT, DONE + 15 * MINUTE),
        (None, NINE_MS, DONE + 15 * MINUTE, False, Verdict.FAIL, None),
        # normal just before the time is up still gets its five minutes
        (DONE + 14 * MINUTE, NINE_MS, DONE + 15 * MINUTE, False, Verdict.WAIT, DONE + 19 * MINUTE),
        # fires again after the grace: fail at once, even if it is normal again
        (None, DONE + MINUTE + 1, DONE + 2 * MINUTE, False, Verdict.FAIL, None),
        (DONE + 3 * MINUTE, DONE + 2 * MINUTE, DONE + 4 * MINUTE, False, Verdict.FAIL, None),
        # fires within one cadence: not held against the crew
        (None, DONE + MINUTE, DONE + 2 * MINUTE, False, Verdict.WAIT, DONE + 15 * MINUTE),
        # silent: no proof; a person is asked when the time is up
        (DONE + MINUTE, NINE_MS, DONE + 10 * MINUTE, True, Verdict.WAIT, DONE + 15 * MINUTE),
        (DONE + MINUTE, NINE_MS, DONE + 15 * MINUTE, True, Verdict.ASK, DONE + 20 * MINUTE),
    ],
)
def test_judge(
    case: Case,
    alert: Alert,
    resolved: int | None,
    fired: int,
    now: int,
    silent: bool,  # noqa: FBT001 - a table
    verdict: Verdict,
    next_check: int | None,
) -> None:
    """An alert that fired and returned at these times, judged at this time, gives this verdict."""
    one = msgspec.structs.replace(alert, firing=resolved is None, resolved_at_ms=resolved, last_fired_at_ms=fired)

    found = judge(case, [one], now, grace_ms=GRACE, silent=silent)

    assert (found.verdict, found.next_check_ms) == (verdict, next_check)


def test_judge_all_alerts_must_be_normal(case: Case, alert: Alert) -> None:
    """One of two is normal: the other decides."""
    normal = msgspec.structs.replace(alert, firing=False, resolved_at_ms=DONE)

    found = judge(case, [normal, alert], DONE + 10 * MINUTE, grace_ms=GRACE, silent=False)

    assert found.verdict is Verdict.WAIT


def test_judge_without_alerts_asks_a_person(case: Case) -> None:
    """A citizen's report has no sensor: somebody must look."""
    assert judge(case, [], DONE + 15 * MINUTE, grace_ms=0, silent=False).verdict is Verdict.ASK
