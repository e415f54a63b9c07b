"""Suppression by design: one cause has one case, in whatever order its alerts come and go."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import msgspec
import pytest
from sqlalchemy import Connection

from alerts import actions, flow
from alerts.cases.workflow import Role
from alerts.context import CaseContext
from alerts.lifecycle import AlertState
from alerts.model import Actor
from alerts.store import alerts, cases
from rules.model import Rule, Severity
from tests.alerts.desk import MINUTE_MS
from tests.alerts.sample import NINE_MS, RULES, fires, resolves, rule

DEEP, ROAD, SUBJECT = "flood.under", "flood.road", "wl-1"


@pytest.fixture
def site(context: CaseContext) -> CaseContext:
    """Return the sample site with a rule that suppresses another, of another category."""
    deep = msgspec.structs.replace(rule(DEEP, "underpass_flooding", Severity.CRITICAL), suppresses=(ROAD,))
    return dataclasses.replace(context, rules=RULES | {DEEP: deep})


def play(connection: Connection, site: CaseContext, moves: Sequence[str]) -> list[tuple[str, int | None]]:
    """Let `+rule` fire and `-rule` resolve, a minute apart; return state and case of both alerts, the cause first."""
    for minute, move in enumerate(moves):
        at_ms = NINE_MS + minute * MINUTE_MS
        change = (fires if move[0] == "+" else resolves)(move[1:], SUBJECT, at_ms)
        flow.apply(connection, [change], at_ms, site)
    found = (alerts.live(connection, rule_id, "device", SUBJECT) for rule_id in (DEEP, ROAD))
    return [(one.state.value, one.case_id) if one else ("NORM", None) for one in found]


@pytest.mark.parametrize(
    "moves, expected",
    [
        # the cause comes first: the other is out of sight, without a case
        ([f"+{DEEP}", f"+{ROAD}"], [("UNACK", 1), ("DSUPR", None)]),
        # the cause comes later: it joins the case that is there, and what it suppresses goes out of sight
        ([f"+{ROAD}", f"+{DEEP}"], [("UNACK", 1), ("DSUPR", 1)]),
        # it comes back when the cause ends, to the same case
        ([f"+{DEEP}", f"+{ROAD}", f"-{DEEP}"], [("RTNUN", 1), ("UNACK", 1)]),
        ([f"+{ROAD}", f"+{DEEP}", f"-{DEEP}"], [("RTNUN", 1), ("UNACK", 1)]),
        # it ends while it is out of sight: that is the end of it
        ([f"+{DEEP}", f"+{ROAD}", f"-{ROAD}"], [("UNACK", 1), ("DSUPR", None)]),
        ([f"+{DEEP}", f"+{ROAD}", f"-{ROAD}", f"-{DEEP}"], [("RTNUN", 1), ("NORM", None)]),
        # it fires, ends, and fires again under the cause
        ([f"+{ROAD}", f"-{ROAD}", f"+{DEEP}", f"+{ROAD}"], [("UNACK", 1), ("DSUPR", 1)]),
        # each alone is as ever
        ([f"+{ROAD}", f"-{ROAD}"], [("NORM", None), ("RTNUN", 1)]),
    ],
)
def test_one_cause_one_case(
    connection: Connection, site: CaseContext, moves: list[str], expected: list[tuple[str, int | None]]
) -> None:
    """Whatever comes first, and whatever ends first."""
    assert play(connection, site, moves) == expected
    assert cases.get(connection, 2) is None


def test_a_rule_that_is_gone_suppresses_nothing(connection: Connection, site: CaseContext) -> None:
    """When the cause's rule is taken out while it fires, what it suppressed comes back, with a case."""
    play(connection, site, [f"+{DEEP}", f"+{ROAD}"])
    without: dict[str, Rule] = {name: one for name, one in site.rules.items() if name != DEEP}
    at_ms = NINE_MS + 9 * MINUTE_MS
    gone = dataclasses.replace(site, rules=without)

    flow.apply(connection, [resolves(DEEP, SUBJECT, at_ms)], at_ms, gone)

    back = alerts.live(connection, ROAD, "device", SUBJECT)
    assert back is not None
    assert (back.state, back.case_id) == (AlertState.UNACK, 2)


def test_other_subjects_are_not_concerned(connection: Connection, site: CaseContext) -> None:
    """What fires elsewhere is seen, and has its case."""
    play(connection, site, [f"+{DEEP}"])
    flow.apply(connection, [fires(ROAD, "wl-3", NINE_MS)], NINE_MS, site)

    other = alerts.live(connection, ROAD, "device", "wl-3")
    assert other is not None
    assert (other.state, other.case_id) == (AlertState.UNACK, 2)


def test_shelved_stays_shelved(connection: Connection, site: CaseContext) -> None:
    """What a person has put aside is not touched by a cause that comes and goes."""
    play(connection, site, [f"+{ROAD}"])
    alert = alerts.live(connection, ROAD, "device", SUBJECT)
    assert alert is not None
    actions.shelve(
        connection,
        alert_id=alert.id,
        actor=Actor(name="wang", role=Role.OPERATOR),
        expected_version=alert.version,
        now_ms=NINE_MS,
        until_ms=NINE_MS + 60 * MINUTE_MS,
        reason="roadworks",
        context=site,
    )
    play(connection, site, [f"+{DEEP}", f"-{DEEP}"])

    after = alerts.live(connection, ROAD, "device", SUBJECT)
    assert after is not None
    assert after.state is AlertState.SHLVD
