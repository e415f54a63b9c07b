"""Quality control as a stage of the line: what rules hear of it, what the ledger counts, what becomes of faults."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Engine

from alerts.store import ledger
from alerts.store import trust as standings
from alerts.store.database import migrate, open_database, reading
from deploy.app import case_context, checked_site
from deploy.clock import FakeClock
from deploy.runtimes.checking import Checking
from deploy.runtimes.line import Done, Line, LineParts, Work
from deploy.runtimes.shard import WHOLE
from ingest.flow import HOUR_MS, Intake
from ingest.model import Observation
from ingest.stores._base import Point, ServerAwayError, StoreError, Wanted
from ingest.stores.memory import MemoryStore
from ingest.trust import PROPERTY, Trust
from rules.model import State

NOW_MS = 1_790_000_000_000
LEVEL, TOTAL, GROWTH = "weather.water_level", "weather.rain_total", "weather.rain_increment"


class Store(MemoryStore):
    """A store that may be away at a start, or refuse what was derived."""

    away = False
    refuses = ""

    def recent(self, wanted: Sequence[Wanted]) -> dict[int, list[Point]]:
        """Return the newest points, or be away."""
        if self.away:
            raise ServerAwayError("away")
        return super().recent(wanted)

    def write(self, observations: Sequence[Observation]) -> None:
        """Store all, or refuse those of a property for good."""
        if any(one.observed_property == self.refuses for one in observations):
            raise StoreError("refused", retryable=False)
        super().write(observations)


@pytest.fixture
def database() -> Iterator[Engine]:
    """Return a case store in memory."""
    engine = open_database("sqlite://")
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def parts(database: Engine, site_folder: Path) -> LineParts:
    """Return the parts of a line on stores in memory."""
    site = checked_site(site_folder)
    clock = FakeClock(start_ms=NOW_MS)
    return LineParts(site=site, series=Store(), database=database, context=case_context(site), clock=clock)


def begin(parts: LineParts) -> Line:
    """Return a line that begins with what was stored."""
    with reading(parts.database) as connection:
        return Line(parts, connection)


def take(parts: LineParts, line: Line, name: str, device: str, values: Sequence[tuple[int, float, int]]) -> Done:
    """Take observations (minute, value, flag) of a series through a line."""
    series = parts.site.register.table[device][name]
    observations = [
        Observation(series, value, NOW_MS + minute * 60_000, NOW_MS, flag) for minute, value, flag in values
    ]
    intake = Intake("mqtt", NOW_MS // HOUR_MS * HOUR_MS, len(values), observations, [])
    work = Work([intake], True, lambda _connection: None, lambda _stage: None)
    return line.work(work, threading.Event(), NOW_MS + 3_600_000)


def stored(parts: LineParts, name: str, device: str) -> list[tuple[float, int]]:
    """Return the values and flags of a series in the store."""
    return [(point.value, point.quality) for point in parts.series.read(device, name, 0, 2**62)]


def test_sensor_that_fails_opens_a_health_alert_and_no_other(parts: LineParts) -> None:
    """Values that FAIL fire no flood, but the device is not trusted any more; over a restart too."""
    first = take(parts, begin(parts), LEVEL, "wl-001", [(minute, 9_000.0, 4) for minute in range(3)])
    second = take(parts, begin(parts), LEVEL, "wl-001", [(minute, 9_000.0, 4) for minute in range(3, 6)])

    fired = [one.rule_id for one in (*first.transitions, *second.transitions) if one.state is State.FIRING]
    assert fired == ["device.untrusted"]
    assert stored(parts, PROPERTY, "wl-001") == [(value, 1) for value in (90.0, 81.0, 72.9, 65.6, 59.0, 53.1)]
    with reading(parts.database) as connection:
        assert [device for device, _ in standings.load(connection, lambda _area: True)] == ["wl-001"]


def test_derived_observations_are_not_in_the_ledger(parts: LineParts) -> None:
    """Increments are stored, and the ledger counts what was received; so it is where the store refuses them."""
    line = begin(parts)
    take(parts, line, TOTAL, "ws-001", [(0, 10.0, 1), (1, 10.4, 1)])
    assert isinstance(parts.series, Store)
    parts.series.refuses = GROWTH
    take(parts, line, TOTAL, "ws-001", [(2, 11.0, 1)])

    with reading(parts.database) as connection:
        total = ledger.total(connection)
    assert (total.received, total.stored, total.refused, total.dead_lettered) == (3, 3, 0, 0)
    assert stored(parts, GROWTH, "ws-001") == [(0.4, 1)]
    assert [value for value, _ in stored(parts, TOTAL, "ws-001")] == [10.0, 10.4, 11.0]


def test_increment_goes_on_after_a_restart(parts: LineParts) -> None:
    """The first total after a start grows from the last before."""
    take(parts, begin(parts), TOTAL, "ws-001", [(0, 10.0, 1)])

    take(parts, begin(parts), TOTAL, "ws-001", [(1, 10.4, 1)])

    assert stored(parts, GROWTH, "ws-001") == [(0.4, 1)]


def test_store_that_is_away_at_a_start_holds_nothing_up(parts: LineParts) -> None:
    """The tests begin without a past then; an increment over the gap is not known."""
    take(parts, begin(parts), TOTAL, "ws-001", [(0, 10.0, 1)])
    series = parts.site.register.table["ws-001"][TOTAL]
    assert isinstance(parts.series, Store)
    parts.series.away = True
    with reading(parts.database) as connection:
        checking = Checking(parts, connection, WHOLE, {series.id: NOW_MS})
    totals = [Observation(series, 10.0 + minute, NOW_MS + minute * 60_000, NOW_MS) for minute in (1, 2)]

    checked = checking.work(totals, {}, threading.Event())

    assert [(one.observed_property, one.value) for one in checked.judged[2:]] == [(GROWTH, 1.0)]


def test_mistake_of_ours_stops_nothing(parts: LineParts, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the checks themselves fail, the observations go on with the flags that they came with."""
    line = begin(parts)

    def fail(*_arguments: object, **_named: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Trust, "judge", fail)
    done = take(parts, line, LEVEL, "wl-001", [(0, 1.0, 1), (1, 9_000.0, 4)])

    assert stored(parts, LEVEL, "wl-001") == [(1.0, 1), (9_000.0, 4)]
    assert [row.stored for row in done.counts] == [2]
