"""From transitions to work: what one incident becomes, and that nothing becomes true twice."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import Connection, Engine

from alerts import flow
from alerts.cases import actions
from alerts.cases.workflow import CaseState, Move, Role
from alerts.context import CaseContext
from alerts.lifecycle import AlertState
from alerts.model import Actor, Case
from alerts.store import alerts, cases, outbox, tasks
from alerts.store.database import reading
from rules.model import Severity
from tests.alerts.conftest import Rows
from tests.alerts.sample import CELL, NINE_MS, fires, resolves, transition

MINUTE_MS = 60_000
FIRED = fires("flood.road", "wl-1", NINE_MS)


def _case(connection: Connection, case_id: int = 1) -> Case:
    found = cases.get(connection, case_id)
    assert found is not None
    return found


def _moves(connection: Connection, case_id: int = 1) -> list[str]:
    return [f"{entry.actor}:{entry.move}" for entry in cases.log_of(connection, case_id)]


def _crew_does(connection: Connection, context: CaseContext, at_ms: int, *moves: Move, case_id: int = 1) -> Case:
    case = _case(connection, case_id)
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


def _checking(connection: Connection, context: CaseContext, done_ms: int) -> Case:
    """Bring the flood of wl-1 to the point where its crew has reported done."""
    flow.apply(connection, [FIRED], NINE_MS, context)
    return _crew_does(connection, context, done_ms, Move.ACCEPT, Move.START, Move.REPORT_DONE)


def test_apply_opens_files_and_dispatches(connection: Connection, context: CaseContext) -> None:
    """One firing becomes an alert, a numbered case at its crew with a deadline, and a task."""
    flow.apply(connection, [FIRED], NINE_MS + 500, context)

    case = _case(connection)
    assert case.state is CaseState.DISPATCHED
    assert case.number == "4501072026112400001"
    assert case.incident_key == f"road_flooding|device:wl-1|{NINE_MS}"
    assert (case.scheme, case.kind, case.code, case.cell) == ("gb30428.2-2013", "event", "0506", CELL)
    assert (case.unit, case.crew) == ("drainage", "drainage-2")
    assert case.deadline_ms == NINE_MS + 500 + 2 * 60 * MINUTE_MS
    assert _moves(connection) == ["iot:report", "rule:file", "matrix:dispatch"]
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
    pending = transition("flood.road", "wl-1", state=resolves("x", "y", 0).state.PENDING, since_ms=NINE_MS)

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
    assert _case(connection).severity is Severity.CRITICAL
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
def test_apply_folds_what_is_near(  # noqa: PLR0913, PLR0917 - a table of cases
    connection: Connection, context: CaseContext, rule_id: str, first: str, second: str, later_ms: int, opened: int
) -> None:
    """What happens near by and soon after belongs to the open case, where the category says so."""
    flow.apply(connection, [fires(rule_id, first, NINE_MS)], NINE_MS, context)

    flow.apply(connection, [fires(rule_id, second, NINE_MS + later_ms)], NINE_MS + later_ms, context)

    assert [cases.get(connection, number) is not None for number in (1, 2)] == [True, opened > 1]


def test_apply_after_closing_is_a_new_case(connection: Connection, context: CaseContext) -> None:
    """When the case is closed, the next flood is the next case, with the next number."""
    _checking(connection, context, NINE_MS + MINUTE_MS)
    flow.apply(connection, [resolves("flood.road", "wl-1", NINE_MS + 2 * MINUTE_MS)], NINE_MS + 2 * MINUTE_MS, context)
    flow.tick(connection, NINE_MS + 10 * MINUTE_MS, context)
    again_ms = NINE_MS + 60 * MINUTE_MS

    flow.apply(connection, [fires("flood.road", "wl-1", again_ms)], again_ms, context)

    assert [_case(connection, number).number for number in (1, 2)] == ["4501072026112400001", "4501072026112400002"]
    assert [alert.case_id for alert in (alerts.get(connection, 1), alerts.get(connection, 2)) if alert] == [1, 2]


def test_apply_partly_measured_is_verified_first(connection: Connection, context: CaseContext) -> None:
    """A category that asks for it sends somebody to look; a person files, and dispatch follows."""
    flow.apply(connection, [fires("waste.exposed", "bin-1", NINE_MS)], NINE_MS, context)

    case = _case(connection)
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


def test_resolved_before_anybody_came_keeps_the_case(connection: Connection, context: CaseContext) -> None:
    """The sensor's return to normal is noted, but only the crew's report and a check close a case."""
    later_ms = NINE_MS + 5 * MINUTE_MS

    flow.apply(connection, [FIRED, resolves("flood.road", "wl-1", later_ms)], later_ms, context)
    flow.tick(connection, later_ms + 30 * MINUTE_MS, context)

    assert _case(connection).state is CaseState.DISPATCHED
    entry = cases.log_of(connection, 1)[-1]
    assert (entry.actor, entry.move, entry.reason) == ("sensor", "normal", "sensor back to normal: value is 3")


def test_verified_when_normal_for_long_enough(connection: Connection, context: CaseContext) -> None:
    """Reported done, normal a minute later and for five minutes then: closed as verified; the alert is settled."""
    done_ms = NINE_MS + 30 * MINUTE_MS
    _checking(connection, context, done_ms)
    normal_ms = done_ms + MINUTE_MS
    flow.apply(connection, [resolves("flood.road", "wl-1", normal_ms)], normal_ms, context)

    flow.tick(connection, normal_ms + 5 * MINUTE_MS - 1, context)
    assert _case(connection).state is CaseState.CHECKING
    flow.tick(connection, normal_ms + 5 * MINUTE_MS, context)

    case = _case(connection)
    assert (case.state, case.closed_how, case.next_check_ms) == (CaseState.CLOSED, "verified", None)
    assert cases.log_of(connection, 1)[-1].reason == "sensor normal for 300 s"
    alert = alerts.get(connection, 1)
    assert alert is not None
    assert (alert.state, alert.acknowledged_by) == (AlertState.NORM, "sensor")
    assert [task.state for task in tasks.of_case(connection, 1)] == ["done"]


def test_verified_when_normal_before_the_report(connection: Connection, context: CaseContext) -> None:
    """The water was gone before the crew said so: the time counts from the report."""
    gone_ms, done_ms = NINE_MS + 10 * MINUTE_MS, NINE_MS + 30 * MINUTE_MS
    flow.apply(connection, [FIRED, resolves("flood.road", "wl-1", gone_ms)], gone_ms, context)
    _crew_does(connection, context, done_ms, Move.ACCEPT, Move.START, Move.REPORT_DONE)

    flow.tick(connection, done_ms + 5 * MINUTE_MS, context)

    assert _case(connection).state is CaseState.CLOSED


def test_rework_when_it_still_fires(connection: Connection, context: CaseContext) -> None:
    """A false fix: fifteen minutes after the report the water still stands, and the crew gets the case back."""
    done_ms = NINE_MS + 10 * MINUTE_MS
    before = _checking(connection, context, done_ms)

    flow.tick(connection, done_ms + 15 * MINUTE_MS, context)

    case = _case(connection)
    assert (case.state, case.rework_count, case.done_at_ms) == (CaseState.HANDLING, 1, None)
    assert case.deadline_ms == before.deadline_ms
    failed, again = cases.log_of(connection, 1)[-2:]
    assert (failed.move, failed.to_state, again.to_state) == ("fail", CaseState.REWORK, CaseState.HANDLING)
    assert failed.reason == "flood.road still fires 900 s after the crew reported done"
    assert json.loads(failed.detail)["trace"][-1]["evidence"][0]["value"] == 20.0
    assert [(task.round, task.state) for task in tasks.of_case(connection, 1)] == [(1, "done"), (2, "started")]


def test_rework_when_it_fires_again(connection: Connection, context: CaseContext) -> None:
    """Normal for a moment, then water again: the case goes back at once, not after the time is up."""
    done_ms = NINE_MS + 10 * MINUTE_MS
    _checking(connection, context, done_ms)
    back_ms, again_ms = done_ms + MINUTE_MS, done_ms + 3 * MINUTE_MS

    flow.apply(connection, [resolves("flood.road", "wl-1", back_ms)], back_ms, context)
    flow.apply(connection, [fires("flood.road", "wl-1", again_ms)], again_ms, context)

    assert (_case(connection).state, _case(connection).rework_count) == (CaseState.HANDLING, 1)
    assert cases.log_of(connection, 1)[-2].reason == "flood.road fired 180 s after the crew reported done"


def test_a_firing_within_one_cadence_is_not_held_against_the_crew(connection: Connection, context: CaseContext) -> None:
    """A value that was under way as the crew reported may still tell of the old state."""
    early_ms, done_ms = NINE_MS + 10 * MINUTE_MS, NINE_MS + 30 * MINUTE_MS
    flow.apply(connection, [FIRED, resolves("flood.road", "wl-1", early_ms)], early_ms, context)
    _crew_does(connection, context, done_ms, Move.ACCEPT, Move.START, Move.REPORT_DONE)

    flow.apply(connection, [fires("flood.road", "wl-1", done_ms + 30_000)], done_ms + 30_000, context)

    assert _case(connection).state is CaseState.CHECKING


def test_second_fix_after_rework_is_verified(connection: Connection, context: CaseContext) -> None:
    """After rework the same case is handled again and closes; the deadline it broke meanwhile is noted once."""
    done_ms = NINE_MS + 115 * MINUTE_MS
    _checking(connection, context, done_ms)
    flow.tick(connection, done_ms + 15 * MINUTE_MS, context)
    flow.tick(connection, done_ms + 16 * MINUTE_MS, context)
    second_ms = done_ms + 60 * MINUTE_MS
    _crew_does(connection, context, second_ms, Move.REPORT_DONE)
    flow.apply(connection, [resolves("flood.road", "wl-1", second_ms)], second_ms + 1000, context)

    flow.tick(connection, second_ms + 5 * MINUTE_MS, context)

    case = _case(connection)
    assert (case.state, case.rework_count, case.breached) == (CaseState.CLOSED, 1, True)
    assert _moves(connection).count("timer:breach") == 1


def test_silent_sensor_does_not_verify(connection: Connection, context: CaseContext) -> None:
    """Silence is no proof: the case waits, then asks for a person, once; when the sensor speaks again it goes on."""
    done_ms = NINE_MS + 10 * MINUTE_MS
    _checking(connection, context, done_ms)
    silent_ms = done_ms + 2 * MINUTE_MS
    found = [resolves("flood.road", "wl-1", done_ms + 30_000), fires("weather.silent", "wl-1", silent_ms)]
    flow.apply(connection, found, silent_ms, context)

    for minutes in (15, 20, 25):
        flow.tick(connection, done_ms + minutes * MINUTE_MS, context)
    assert _case(connection).state is CaseState.CHECKING
    assert _moves(connection).count("sensor:ask") == 1
    speaks_ms = done_ms + 26 * MINUTE_MS
    flow.apply(connection, [resolves("weather.silent", "wl-1", speaks_ms)], speaks_ms, context)
    flow.tick(connection, done_ms + 31 * MINUTE_MS, context)

    assert _case(connection).state is CaseState.CLOSED


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
    case = _case(connection)
    assert (case.warned, case.breached, case.next_check_ms) == (True, True, None)


def test_tick_late_notes_the_breach_alone(connection: Connection, context: CaseContext) -> None:
    """After we were down over both, only what is true now is told."""
    flow.apply(connection, [FIRED], NINE_MS, context)

    flow.tick(connection, NINE_MS + 300 * MINUTE_MS, context)
    flow.tick(connection, NINE_MS + 301 * MINUTE_MS, context)

    assert _moves(connection)[3:] == ["timer:breach"]


def test_tick_does_not_look_at_what_is_not_due(connection: Connection, context: CaseContext, rows: Rows) -> None:
    """Before its time a case is left alone."""
    flow.apply(connection, [FIRED], NINE_MS, context)
    before = rows("cases")

    flow.tick(connection, NINE_MS + 95 * MINUTE_MS, context)

    assert rows("cases") == before


def test_numbers_go_on_after_a_restart(engine: Engine, context: CaseContext) -> None:
    """Numbers follow each other within the local day, whoever files, and begin anew at local midnight."""
    for minutes, subject in ((0, "bin-1"), (1, "bin-2"), (15 * 60, "wl-1")):
        at_ms = NINE_MS + minutes * MINUTE_MS
        rule_id = "waste.full" if subject.startswith("bin") else "flood.road"
        with engine.begin() as connection:
            flow.apply(connection, [fires(rule_id, subject, at_ms)], at_ms, context)

    with reading(engine) as connection:
        numbers = [_case(connection, number).number for number in (1, 2, 3)]
    assert numbers == ["4501072026112400001", "4501072026112400002", "4501072026112500001"]


def test_a_rolled_back_filing_leaves_no_gap(engine: Engine, context: CaseContext) -> None:
    """A transaction that fails gives its number back."""
    with engine.connect() as connection, connection.begin() as transaction:
        flow.apply(connection, [FIRED], NINE_MS, context)
        transaction.rollback()
    with engine.begin() as connection:
        flow.apply(connection, [FIRED], NINE_MS, context)

        assert _case(connection).number == "4501072026112400001"


def test_crews_share_the_work(connection: Connection, context: CaseContext) -> None:
    """Where two crews of a unit serve a cell, the one with fewer open tasks gets the next case."""
    flow.apply(connection, [fires("waste.full", "bin-1", NINE_MS)], NINE_MS, context)

    assert tasks.open_counts(connection, ["sanitation-2", "sanitation-1"]) == {"sanitation-2": 1}
