"""Closing and rework: the sensor confirms or refutes what a crew reported."""

from __future__ import annotations

import json

from sqlalchemy import Connection

from alerts import flow
from alerts.cases.workflow import CaseState, Move
from alerts.context import CaseContext
from alerts.lifecycle import AlertState
from alerts.store import alerts, cases, tasks
from tests.alerts.desk import FIRED, MINUTE_MS, case_of, crew_does, moves_of, reported_done
from tests.alerts.sample import NINE_MS, fires, resolves


def test_resolved_before_anybody_came_keeps_the_case(connection: Connection, context: CaseContext) -> None:
    """The sensor's return to normal is noted, but only the crew's report and a check close a case."""
    later_ms = NINE_MS + 5 * MINUTE_MS

    flow.apply(connection, [FIRED, resolves("flood.road", "wl-1", later_ms)], later_ms, context)
    flow.tick(connection, later_ms + 30 * MINUTE_MS, context)

    assert case_of(connection).state is CaseState.DISPATCHED
    entry = cases.log_of(connection, 1)[-1]
    assert (entry.actor, entry.move, entry.reason) == ("sensor", "normal", "sensor back to normal: value is 3")


def test_verified_when_normal_for_long_enough(connection: Connection, context: CaseContext) -> None:
    """Reported done, normal a minute later and for five minutes then: closed as verified; the alert is settled."""
    done_ms = NINE_MS + 30 * MINUTE_MS
    reported_done(connection, context, done_ms)
    normal_ms = done_ms + MINUTE_MS
    flow.apply(connection, [resolves("flood.road", "wl-1", normal_ms)], normal_ms, context)

    flow.tick(connection, normal_ms + 5 * MINUTE_MS - 1, context)
    assert case_of(connection).state is CaseState.CHECKING
    flow.tick(connection, normal_ms + 5 * MINUTE_MS, context)

    case = case_of(connection)
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
    crew_does(connection, context, done_ms, Move.ACCEPT, Move.START, Move.REPORT_DONE)

    flow.tick(connection, done_ms + 5 * MINUTE_MS, context)

    assert case_of(connection).state is CaseState.CLOSED


def test_rework_when_it_still_fires(connection: Connection, context: CaseContext) -> None:
    """A false fix: fifteen minutes after the report the water still stands, and the crew gets the case back."""
    done_ms = NINE_MS + 10 * MINUTE_MS
    before = reported_done(connection, context, done_ms)

    flow.tick(connection, done_ms + 15 * MINUTE_MS, context)

    case = case_of(connection)
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
    reported_done(connection, context, done_ms)
    back_ms, again_ms = done_ms + MINUTE_MS, done_ms + 3 * MINUTE_MS

    flow.apply(connection, [resolves("flood.road", "wl-1", back_ms)], back_ms, context)
    flow.apply(connection, [fires("flood.road", "wl-1", again_ms)], again_ms, context)

    assert (case_of(connection).state, case_of(connection).rework_count) == (CaseState.HANDLING, 1)
    assert cases.log_of(connection, 1)[-2].reason == "flood.road fired 180 s after the crew reported done"


def test_a_firing_within_one_cadence_is_not_held_against_the_crew(connection: Connection, context: CaseContext) -> None:
    """A value that was under way as the crew reported may still tell of the old state."""
    early_ms, done_ms = NINE_MS + 10 * MINUTE_MS, NINE_MS + 30 * MINUTE_MS
    flow.apply(connection, [FIRED, resolves("flood.road", "wl-1", early_ms)], early_ms, context)
    crew_does(connection, context, done_ms, Move.ACCEPT, Move.START, Move.REPORT_DONE)

    flow.apply(connection, [fires("flood.road", "wl-1", done_ms + 30_000)], done_ms + 30_000, context)

    assert case_of(connection).state is CaseState.CHECKING


def test_second_fix_after_rework_is_verified(connection: Connection, context: CaseContext) -> None:
    """After rework the same case is handled again and closes; the deadline it broke meanwhile is noted once."""
    done_ms = NINE_MS + 115 * MINUTE_MS
    reported_done(connection, context, done_ms)
    flow.tick(connection, done_ms + 15 * MINUTE_MS, context)
    flow.tick(connection, done_ms + 16 * MINUTE_MS, context)
    second_ms = done_ms + 60 * MINUTE_MS
    crew_does(connection, context, second_ms, Move.REPORT_DONE)
    flow.apply(connection, [resolves("flood.road", "wl-1", second_ms)], second_ms + 1000, context)

    flow.tick(connection, second_ms + 5 * MINUTE_MS, context)

    case = case_of(connection)
    assert (case.state, case.rework_count, case.breached) == (CaseState.CLOSED, 1, True)
    assert moves_of(connection).count("timer:breach") == 1


def test_silent_sensor_does_not_verify(connection: Connection, context: CaseContext) -> None:
    """Silence is no proof: the case waits, then asks for a person, once; when the sensor speaks again it goes on."""
    done_ms = NINE_MS + 10 * MINUTE_MS
    reported_done(connection, context, done_ms)
    silent_ms = done_ms + 2 * MINUTE_MS
    found = [resolves("flood.road", "wl-1", done_ms + 30_000), fires("weather.silent", "wl-1", silent_ms)]
    flow.apply(connection, found, silent_ms, context)

    for minutes in (15, 20, 25):
        flow.tick(connection, done_ms + minutes * MINUTE_MS, context)
    assert case_of(connection).state is CaseState.CHECKING
    assert moves_of(connection).count("sensor:ask") == 1
    speaks_ms = done_ms + 26 * MINUTE_MS
    flow.apply(connection, [resolves("weather.silent", "wl-1", speaks_ms)], speaks_ms, context)
    flow.tick(connection, done_ms + 31 * MINUTE_MS, context)

    assert case_of(connection).state is CaseState.CLOSED
