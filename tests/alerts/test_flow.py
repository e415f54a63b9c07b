"""From transitions to work: what one incident becomes, and that nothing becomes true twice."""

from __future__ import annotations

import dataclasses
import json

import msgspec
import pytest
from sqlalchemy import Connection, Engine

from alerts import flow
from alerts.cases import actions
from alerts.cases.workflow import CaseState, Move, Role
from alerts.context import CaseContext
from alerts.lifecycle import AlertState
from alerts.model import Actor
from alerts.store import alerts, cases, outbox, tasks
from alerts.store.database import reading
from rules.model import Severity, State, Subject
from tests.alerts.conftest import Rows
from tests.alerts.desk import FIRED, MINUTE_MS, case_of, moves_of, reported_done
from tests.alerts.sample import CELL, NINE_MS, fires, resolves, transition


def test_apply_opens_files_and_dispatches(connection: Connection, context: CaseContext) -> None:
    """One firing becomes an alert, a numbered case at its crew with a deadline, and a task."""
    flow.apply(connection, [FIRED], NINE_MS + 500, context)

    case = case_of(connection)
    assert case.state is CaseState.DISPATCHED
    assert case.number == "4501072026112400001"
    assert case.incident_key == f"road_flooding|device:wl-1|{NINE_MS}"
    assert (case.scheme, case.kind, case.code, case.cell) == ("gb30428.2-2013", "event", "0506", CELL)
    assert (case.unit, case.crew) == ("drainage", "drainage-2")
    assert case.deadline_ms == NINE_MS + 500 + 2 * 60 * MINUTE_MS
    assert moves_of(connection) == ["iot:report", "rule:file", "matrix:dispatch"]
    assert [(task.round, task.kind, task.crew, task.state) for task in tasks.of_case(connection, 1)] == [
        (1, "handle", "drainage-2", "offered")
    ]


def test_apply_tells_alert_and_task(connection: Connection, context: CaseContext) -> None:
    """Both notices are in the outbox, retained, with all that a subscriber needs."""
    flow.apply(connection, [FIRED], NINE_MS, context)

    notices = {notice.address: notice for notice in outbox.due(connection, NINE_MS)}
    task = notices["wangge/xixiangtang/tasks/drainage-2/4501072026112400001"]
    alert = notices["wangge/xixiangtang/alerts/weather/flood.road/wl-1"]
    assert {notice.retained for notice in notices.values()} == {True}
    payload = json.loads(task.payload)
    assert (payload["case_state"], payload["state"], payload["version"]) == ("DISPATCHED", "offered", 3)
    assert payload["runbook"] == {"zh": "抽排", "en": "Pump it out"}
    assert json.loads(alert.payload)["case_number"] == "4501072026112400001"
    assert json.loads(alert.payload)["state"] == "UNACK"


def test_apply_resolves_the_alert_of_a_rule_that_is_gone(connection: Connection, context: CaseContext) -> None:
    """A rule that was taken out while it fired leaves no alert behind that burns for ever."""
    flow.apply(connection, [FIRED], NINE_MS, context)
    without = dataclasses.replace(context, rules={})

    flow.apply(
        connection, [resolves(FIRED.rule_id, FIRED.subject.id, NINE_MS + MINUTE_MS)], NINE_MS + MINUTE_MS, without
    )

    alert = alerts.live(connection, FIRED.rule_id, FIRED.subject.kind, FIRED.subject.id)
    assert alert is not None
    assert (alert.firing, alert.state) == (False, AlertState.RTNUN)


def test_apply_logs_the_evidence(connection: Connection, context: CaseContext) -> None:
    """The first line of the log has what the sensor saw."""
    flow.apply(connection, [FIRED], NINE_MS, context)

    detail = json.loads(cases.log_of(connection, 1)[0].detail)
    assert detail["trace"][0]["evidence"][0]["value"] == 20.0


def test_apply_again_changes_nothing(connection: Connection, context: CaseContext, rows: Rows) -> None:
    """A transition that comes again (redelivery after a crash) has no effect at all."""
    flow.apply(connection, [FIRED], NINE_MS, context)
    tables = ("transitions", "alerts", "cases", "case_log", "tasks", "outbox", "audit")
    before = {table: rows(table) for table in tables}

    flow.apply(connection, [FIRED, FIRED], NINE_MS + MINUTE_MS, context)

    assert {table: rows(table) for table in tables} == before


def test_apply_nothing_asks_the_store_nothing(engine: Engine, context: CaseContext) -> None:
    """An epoch without transitions costs no statement."""
    with engine.connect() as connection:
        flow.apply(connection, [], NINE_MS, context)

        assert not connection.in_transaction()


def test_apply_pending_is_kept_and_nothing_more(connection: Connection, context: CaseContext, rows: Rows) -> None:
    """A pending rule is history, not an alert."""
    pending = transition("flood.road", "wl-1", state=State.PENDING, since_ms=NINE_MS)

    flow.apply(connection, [pending], NINE_MS, context)

    assert (len(rows("transitions")), rows("alerts")) == (1, [])


def test_apply_rule_without_case_is_an_alert_only(connection: Connection, context: CaseContext, rows: Rows) -> None:
    """A gust warning is told, and no crew is sent."""
    flow.apply(connection, [fires("weather.gust", "ws-1", NINE_MS)], NINE_MS, context)

    assert [row["state"] for row in rows("alerts")] == ["UNACK"]
    assert rows("cases") == []


def test_apply_unknown_rule_is_kept_as_history(connection: Connection, context: CaseContext, rows: Rows) -> None:
    """A transition of a rule that the site has no more is no mistake of anybody's."""
    flow.apply(connection, [fires("gone.rule", "wl-1", NINE_MS)], NINE_MS, context)

    assert (len(rows("transitions")), rows("alerts")) == (1, [])


def test_apply_same_category_and_subject_joins(connection: Connection, context: CaseContext) -> None:
    """A second, worse rule on the same gauge joins the open case and raises its severity."""
    flow.apply(connection, [FIRED, fires("flood.deep", "wl-1", NINE_MS + MINUTE_MS)], NINE_MS + MINUTE_MS, context)

    assert [alert.rule_id for alert in alerts.of_case(connection, 1)] == ["flood.road", "flood.deep"]
    assert case_of(connection).severity is Severity.CRITICAL
    assert cases.get(connection, 2) is None


@pytest.mark.parametrize(
    "rule_id, first, second, later_ms, opened",
    [
        # 22 m away within the hour: the same water
        ("flood.road", "wl-1", "wl-2", MINUTE_MS, 1),
        # a kilometre away: another street
        ("flood.road", "wl-1", "wl-3", MINUTE_MS, 2),
        # 22 m away, but the case is older than a day
        ("flood.road", "wl-1", "wl-2", 25 * 60 * MINUTE_MS, 2),
        # two bins side by side: this site empties and checks each by itself
        ("waste.full", "bin-1", "bin-2", MINUTE_MS, 2),
    ],
)
def test_apply_folds_what_is_near(
    connection: Connection, context: CaseContext, rule_id: str, first: str, second: str, later_ms: int, opened: int
) -> None:
    """What happens near by and soon after belongs to the open case, where the category says so."""
    flow.apply(connection, [fires(rule_id, first, NINE_MS)], NINE_MS, context)

    flow.apply(connection, [fires(rule_id, second, NINE_MS + later_ms)], NINE_MS + later_ms, context)

    assert [cases.get(connection, number) is not None for number in (1, 2)] == [True, opened > 1]


def test_apply_after_closing_is_a_new_case(connection: Connection, context: CaseContext) -> None:
    """When the case is closed, the next flood is the next case, with the next number."""
    reported_done(connection, context, NINE_MS + MINUTE_MS)
    flow.apply(connection, [resolves("flood.road", "wl-1", NINE_MS + 2 * MINUTE_MS)], NINE_MS + 2 * MINUTE_MS, context)
    flow.tick(connection, NINE_MS + 10 * MINUTE_MS, context)
    again_ms = NINE_MS + 60 * MINUTE_MS

    flow.apply(connection, [fires("flood.road", "wl-1", again_ms)], again_ms, context)

    assert [case_of(connection, number).number for number in (1, 2)] == ["4501072026112400001", "4501072026112400002"]
    assert [alert.case_id for alert in (alerts.get(connection, 1), alerts.get(connection, 2)) if alert] == [1, 2]


def test_apply_after_a_cancelled_case_is_a_new_case(connection: Connection, context: CaseContext) -> None:
    """The case was cancelled and the alert is not seen yet: firing again, it opens a case as bad as it is."""
    flow.apply(connection, [FIRED], NINE_MS, context)
    actions.perform(
        connection,
        case_id=1,
        move=Move.CANCEL,
        actor=Actor(name="wang", role=Role.OPERATOR),
        reason="a test of the sensor",
        expected_version=3,
        now_ms=NINE_MS,
        context=context,
    )

    flow.apply(connection, [fires("flood.road", "wl-1", NINE_MS + MINUTE_MS)], NINE_MS + MINUTE_MS, context)

    assert case_of(connection, 2).severity is Severity.MAJOR
    alert = alerts.get(connection, 1)
    assert alert is not None
    assert (alert.case_id, alert.activations, alert.state) == (2, 2, AlertState.UNACK)


def test_apply_partly_measured_is_verified_first(connection: Connection, context: CaseContext) -> None:
    """A category that asks for it sends somebody to look; a person files, and dispatch follows."""
    flow.apply(connection, [fires("waste.exposed", "bin-1", NINE_MS)], NINE_MS, context)

    case = case_of(connection)
    assert (case.state, case.number) == (CaseState.VERIFYING, None)
    assert [(task.kind, task.state) for task in tasks.of_case(connection, 1)] == [("verify_pre_file", "offered")]
    filed = actions.perform(
        connection,
        case_id=1,
        move=Move.FILE,
        actor=Actor(name="wang", role=Role.OPERATOR),
        reason="seen",
        expected_version=case.version,
        now_ms=NINE_MS + MINUTE_MS,
        context=context,
    )
    assert filed.state is CaseState.DISPATCHED
    assert [(task.kind, task.state) for task in tasks.of_case(connection, 1)] == [
        ("handle", "offered"),
        ("verify_pre_file", "done"),
    ]


def test_numbers_go_on_after_a_restart(engine: Engine, context: CaseContext) -> None:
    """Numbers follow each other within the local day, whoever files, and begin anew at local midnight."""
    for minutes, subject in ((0, "bin-1"), (1, "bin-2"), (15 * 60, "wl-1")):
        at_ms = NINE_MS + minutes * MINUTE_MS
        rule_id = "waste.full" if subject.startswith("bin") else "flood.road"
        with engine.begin() as connection:
            flow.apply(connection, [fires(rule_id, subject, at_ms)], at_ms, context)

    with reading(engine) as connection:
        numbers = [case_of(connection, number).number for number in (1, 2, 3)]
    assert numbers == ["4501072026112400001", "4501072026112400002", "4501072026112500001"]


def test_a_rolled_back_filing_leaves_no_gap(engine: Engine, context: CaseContext) -> None:
    """A transaction that fails gives its number back."""
    with engine.connect() as connection, connection.begin() as transaction:
        flow.apply(connection, [FIRED], NINE_MS, context)
        transaction.rollback()
    with engine.begin() as connection:
        flow.apply(connection, [FIRED], NINE_MS, context)

        assert cases.by_number(connection, "4501072026112400001") is not None


def test_crews_share_the_work(connection: Connection, context: CaseContext) -> None:
    """Where two crews of a unit serve a cell, the one with fewer open tasks gets the next case."""
    flow.apply(connection, [fires("waste.full", "bin-1", NINE_MS)], NINE_MS, context)

    assert tasks.open_counts(connection, ["sanitation-2", "sanitation-1"]) == {"sanitation-2": 1}


@pytest.mark.parametrize("kind, subject", [("cell", CELL), ("subdistrict", CELL[:9])])
def test_apply_takes_areas(connection: Connection, context: CaseContext, kind: str, subject: str) -> None:
    """A cell or a sub-district has alerts and cases too, at the place of what was observed last."""
    area = msgspec.structs.replace(FIRED, subject=Subject(kind=kind, id=subject))
    flow.apply(connection, [area], NINE_MS, context)
    flow.apply(connection, [msgspec.structs.replace(area, since_ms=NINE_MS + 1)], NINE_MS, context)
    case, device = case_of(connection), context.device("wl-1")
    (alert,) = alerts.of_case(connection, 1)

    assert device is not None
    assert (case.state, case.subject_kind, case.subject_id) == (CaseState.DISPATCHED, kind, subject)
    assert (case.cell, case.lat, case.lon) == (CELL, device.lat, device.lon)
    assert (alert.activations, alert.device_id, alert.cell) == (2, None, CELL)


def test_apply_levels_follow_the_alert(connection: Connection, context: CaseContext) -> None:
    """A milder level changes the alert, not its case; a worse one raises both and wants to be seen again."""
    flow.apply(connection, [msgspec.structs.replace(FIRED, severity=Severity.MINOR)], NINE_MS, context)
    severities = []
    for since_ms, severity in ((1, Severity.MAJOR), (2, Severity.WARNING), (3, Severity.CRITICAL)):
        step = msgspec.structs.replace(FIRED, since_ms=NINE_MS + since_ms, severity=severity)
        flow.apply(connection, [step], NINE_MS, context)
        (alert,) = alerts.of_case(connection, 1)
        severities.append((alert.severity, case_of(connection).severity, alert.activations))

    assert severities == [("major", "major", 2), ("warning", "major", 2), ("critical", "critical", 3)]
    assert moves_of(connection)[-3:] == ["sensor:rises", "sensor:falls", "sensor:rises"]
