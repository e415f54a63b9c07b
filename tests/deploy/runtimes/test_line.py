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
