"""Transitions are written once each, whatever comes how often, and read back as a trace."""

from __future__ import annotations

from sqlalchemy import Connection

from alerts import flow
from alerts.context import CaseContext
from alerts.store import alerts, transitions
from rules.model import Evidence, State
from tests.alerts.conftest import Rows
from tests.alerts.sample import NINE_MS, fires, resolves, transition


def test_add_new_returns_the_new_ones_in_order(connection: Connection, rows: Rows) -> None:
    """What is there already, and what comes twice in one batch, is left out; the rest keeps its order."""
    first, second, third = (fires("flood.road", f"wl-{number}", NINE_MS) for number in (1, 2, 3))
    transitions.add_new(connection, (second,), NINE_MS)

    assert transitions.add_new(connection, (third, second, first, third), NINE_MS + 1) == (third, first)
    assert [row["subject_id"] for row in rows("transitions")] == ["wl-2", "wl-3", "wl-1"]


def test_add_new_tells_states_and_times_apart(connection: Connection) -> None:
    """Another state or another time is another transition."""
    found = (
        transition("flood.road", "wl-1", State.PENDING, NINE_MS),
        fires("flood.road", "wl-1", NINE_MS),
        fires("flood.road", "wl-1", NINE_MS + 1),
    )

    assert transitions.add_new(connection, found, NINE_MS) == found


def test_add_new_takes_a_storm(connection: Connection, rows: Rows) -> None:
    """Thousands at once are written whole, also above the database's limit of parameters."""
    storm = tuple(fires("flood.road", f"wl-{number}", NINE_MS) for number in range(5000))

    assert transitions.add_new(connection, storm, NINE_MS) == storm
    assert len(rows("transitions")) == 5000


def test_trace(connection: Connection, context: CaseContext) -> None:
    """An alert's trace has its latest transitions with what was observed, oldest first."""
    found = [
        item
        for minute in range(3)
        for item in (
            fires("flood.road", "wl-1", NINE_MS + 2 * minute),
            resolves("flood.road", "wl-1", NINE_MS + 2 * minute + 1),
        )
    ]
    flow.apply(connection, [*found, fires("flood.road", "wl-3", NINE_MS)], NINE_MS, context)
    alert = alerts.get(connection, 1)
    assert alert is not None

    life = transitions.of_life(connection, "flood.road", ("device", "wl-1"), NINE_MS + 2, NINE_MS + 3)
    assert [(one.state, one.since_ms - NINE_MS) for one in life] == [("firing", 2), ("resolved", 3)]

    trace = transitions.trace(connection, [alert], limit=3)

    assert [(one.state, one.since_ms - NINE_MS) for one in trace] == [("resolved", 3), ("firing", 4), ("resolved", 5)]
    assert trace[-1].evidence == (
        Evidence(device_id="wl-1", observed_property="weather.water_level", value=3.0, phenomenon_time_ms=NINE_MS + 5),
    )
    assert transitions.trace(connection, []) == []
