"""The line's one transaction: what becomes of it when the answer to its commit is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event

from alerts.errors import StoreError
from alerts.store import ledger, seen
from alerts.store.database import migrate, open_database, reading
from deploy.app import case_context, checked_site
from deploy.clock import FakeClock
from deploy.runtimes.line import Line, LineParts, Work
from ingest.flow import HOUR_MS, Intake
from ingest.model import Observation
from ingest.stores.memory import MemoryStore

NOW_MS = 1_790_000_000_000
DEVICE = "wl-001"


@pytest.fixture
def database() -> Iterator[Engine]:
    """Return a case store in memory."""
    engine = open_database("sqlite://")
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def parts(database: Engine, site_folder: Path) -> LineParts:
    """Return the parts of a line on stores in memory and a clock that stands."""
    site = checked_site(site_folder)
    clock = FakeClock(start_ms=NOW_MS)
    return LineParts(site=site, series=MemoryStore(), database=database, context=case_context(site), clock=clock)


def _lose_answer(database: Engine, *, committed: bool) -> Callable[[], int]:
    """Let the next commit fail as a lost connection does, done or not; return what counts the commits."""
    commits = 0

    @event.listens_for(database, "commit")
    def commit(connection: Connection) -> None:
        nonlocal commits
        commits += 1
        if commits == 1:
            if committed:
                connection.connection.commit()
            raise StoreError("the server is away", retryable=True)

    return lambda: commits


@pytest.mark.parametrize("committed", [True, False])
def test_lost_answer(parts: LineParts, database: Engine, *, committed: bool) -> None:
    """Whether the commit was done or not, trying again counts what came exactly once."""
    with reading(database) as connection:
        line = Line(parts, connection)
    series = parts.site.register.table[DEVICE]["weather.water_level"]
    observations = [Observation(series, 1.0, NOW_MS + minute * 60_000, NOW_MS) for minute in range(3)]
    intake = Intake("mqtt", NOW_MS // HOUR_MS * HOUR_MS, 2, observations, [])
    commits = _lose_answer(database, committed=committed)

    done = line.work(Work([intake], True, lambda _connection: None, lambda _stage: None), threading.Event(), NOW_MS)

    with reading(database) as connection:
        total = ledger.total(connection)
        journal = seen.load(connection)
    assert commits() == 2
    assert (total.frames, total.received, total.stored) == (2, 3, 3)
    assert [row.stored for row in done.counts] == [3]
    assert len(journal) == 1
    assert line.epoch == 1


class _KilledError(Exception):
    """Stands for `kill -9`."""


def _outcome(database: Engine) -> tuple[list[tuple[str, int]], tuple[int, int, int]]:
    """Return the transitions, and what the ledger has received, stored and found to be duplicate."""
    with reading(database) as connection:
        rows = connection.exec_driver_sql("SELECT state, since_ms FROM transitions ORDER BY since_ms, state")
        total = ledger.total(connection)
        return [(row.state, row.since_ms) for row in rows], (total.received, total.stored, total.duplicate)


@pytest.mark.parametrize("killed", [False, True])
def test_late_observation_of_a_killed_epoch(parts: LineParts, database: Engine, *, killed: bool) -> None:
    """What was stored out of order by an epoch that was never committed is judged, once, when it comes again."""
    series = parts.site.register.table[DEVICE]["weather.water_level"]
    levels = [(0, 30.0), (1, 30.0), (3, 30.0), (2, 2.0), (4, 30.0), (6, 2.0), (5, 30.0)]
    made = [Observation(series, level, NOW_MS + minute * 60_000, NOW_MS + 10 * 60_000) for minute, level in levels]
    intake = Intake("mqtt", NOW_MS // HOUR_MS * HOUR_MS, len(made), made, [])

    def die(_connection: Connection) -> None:
        raise _KilledError

    for also in (*((die, die) if killed else ()), lambda _connection: None, lambda _connection: None):
        with reading(database) as connection:
            line = Line(parts, connection)
        try:
            line.work(Work([intake], True, also, lambda _stage: None), threading.Event(), NOW_MS + 10 * 60_000)
        except _KilledError:
            assert parts.series.count() == len(made)

    transitions, counts = _outcome(database)
    assert transitions == [
        ("pending", NOW_MS),
        ("pending", NOW_MS + 3 * 60_000),
        ("firing", NOW_MS + 5 * 60_000),
    ]
    assert counts == (14, 7, 7)
    with reading(database) as connection:
        assert seen.intended(connection) == set()


def test_one_observation_of_two_sources(parts: LineParts, database: Engine) -> None:
    """Of an observation that two brokers bring at the same time, one is stored, the other a duplicate."""
    with reading(database) as connection:
        line = Line(parts, connection)
    series = parts.site.register.table[DEVICE]["weather.water_level"]
    made = [Observation(series, 1.0, NOW_MS + minute * 60_000, NOW_MS) for minute in range(3)]
    intakes = [Intake(source, NOW_MS // HOUR_MS * HOUR_MS, 3, made, []) for source in ("east", "west")]

    line.work(Work(intakes, True, lambda _connection: None, lambda _stage: None), threading.Event(), NOW_MS)

    assert _outcome(database)[1] == (6, 3, 3)


def test_ledger_of_frames_that_are_safe(parts: LineParts, database: Engine) -> None:
    """Frames that Kafka keeps are acknowledged with the row that counts them."""
    with reading(database) as connection:
        line = Line(parts, connection)
    intakes = [Intake(source, hour, 4, [], []) for source, hour in (("b", 0), ("a", HOUR_MS), ("a", 0))]
    quiet = threading.Event()

    line.work(Work(intakes, True, lambda _connection: None, lambda _stage: None, acknowledged=True), quiet, NOW_MS)

    with reading(database) as connection:
        assert [(row.source, row.counts.acknowledged) for row in ledger.read(connection)] == [
            ("a", 4),
            ("a", 4),
            ("b", 4),
        ]
