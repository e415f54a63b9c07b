"""The line counts what frames look like and opens alarms of drift, in its own transaction."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from alerts.store import drift
from alerts.store.database import migrate, open_database, reading
from alerts.store.tables import OUTBOX
from deploy.app import case_context, checked_site
from deploy.clock import FakeClock
from deploy.runtimes.line import Line, LineParts, Work
from ingest.drift import HOUR_MS, Look
from ingest.drift_alarms import KEPT_HOURS
from ingest.flow import Intake
from ingest.stores.memory import MemoryStore

START_MS = 1_790_000_000_000 // HOUR_MS * HOUR_MS
LEVEL = "weather.water_level"


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
    clock = FakeClock(start_ms=START_MS)
    return LineParts(site=site, series=MemoryStore(), database=database, context=case_context(site), clock=clock)


def line_of(parts: LineParts) -> Line:
    """Return a line that knows what was committed."""
    with reading(parts.database) as connection:
        return Line(parts, connection)


def send(line: Line, now_ms: int, factor: float = 1.0, count: int = 15) -> None:
    """Let some frames be looked at."""
    looks = [Look("wangge_json", "gauge", {LEVEL: (40.0 + index) * factor}) for index in range(count)]
    intake = Intake("mqtt", now_ms // HOUR_MS * HOUR_MS, count, [], [], looks)
    line.work(Work([intake], False, lambda _connection: None, lambda _stage: None), threading.Event(), now_ms)


def test_alarm_of_a_jump(parts: LineParts, database: Engine) -> None:
    """Metres become centimetres: within the hour there is an alarm and a notice, and both go when it is mended."""
    line = line_of(parts)
    for hour in range(KEPT_HOURS + 5):
        for minute in (10, 50):
            send(line, START_MS + hour * HOUR_MS + minute * 60_000)
    jump_ms = START_MS + (KEPT_HOURS + 5) * HOUR_MS
    line = line_of(parts)  # a restart
    for minute in (2, 10, 20):
        send(line, jump_ms + minute * 60_000, factor=100.0)
    with reading(database) as connection:
        opened = drift.listed(connection)
        hours = drift.load(connection, from_ms=0, to_ms=jump_ms + HOUR_MS)
    for minute in (70, 80):
        send(line, jump_ms + minute * 60_000)
    with reading(database) as connection:
        cleared = drift.listed(connection)
        notices = list(
            connection.execute(
                select(OUTBOX.c.address, OUTBOX.c.retained).where(OUTBOX.c.about == "drift").order_by(OUTBOX.c.id)
            )
        )

    assert [(row.alarm.kind, row.alarm.change, row.cleared_at_ms) for row in opened] == [("jump", "×100", None)]
    assert len(hours) == KEPT_HOURS + 1
    assert [row.cleared_how for row in cleared] == ["returned"]
    topic = f"wangge/{parts.site.id}/drift/wangge_json/gauge/jump/{LEVEL}"
    assert notices == [(topic, True), (topic, False)]


def test_restart_within_an_hour(parts: LineParts, database: Engine) -> None:
    """What was counted before a restart counts after it."""
    send(line_of(parts), START_MS + 120_000)
    send(line_of(parts), START_MS + 240_000)

    with reading(database) as connection:
        hours = drift.load(connection, from_ms=0, to_ms=START_MS + HOUR_MS)
    assert {key.observed_property: tally.seen for key, tally in hours[START_MS].items()} == {"": 30, LEVEL: 30}


def test_mistake_of_ours(parts: LineParts, database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """When drift cannot be judged, the line goes on, and the next minute tries again."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    line = line_of(parts)
    with monkeypatch.context() as patch:
        patch.setattr(drift, "save", fail)
        send(line, START_MS + 120_000)
    send(line, START_MS + 240_000)

    with reading(database) as connection:
        hours = drift.load(connection, from_ms=0, to_ms=START_MS + HOUR_MS)
    assert {tally.seen for tally in hours[START_MS].values()} == {30}
