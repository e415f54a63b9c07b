"""Several at once on one case store: two workers, the console, a crew. One wins, the others are told or go on."""

from __future__ import annotations

import functools
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, Table, func, select

from alerts import actions
from alerts.cases.workflow import Move, Role
from alerts.context import CaseContext
from alerts.errors import Conflict
from alerts.model import Actor, Case
from alerts.store import alerts, audit, cases, users
from alerts.store.database import reading
from alerts.store.tables import ALERTS, CASE_LOG, CASES, OUTBOX, TASKS, TRANSITIONS
from tests.alerts.desk import FIRED, MINUTE_MS, case_of, moves_of
from tests.alerts.sample import NINE_MS, fires, resolves
from tests.alerts.several import at_once, city, insists, moves, newest, numbers, process, works

CHIEF = Actor(name="root", role=Role.ADMINISTRATOR)


@pytest.fixture(scope="module")
def bins(site_folder: Path) -> CaseContext:
    """Return the site with any number of waste bins."""
    return city(site_folder)


def count(engine: Engine, *tables: Table) -> list[int]:
    """Return how many rows the tables have."""
    with reading(engine) as connection:
        return [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]


def notices(engine: Engine, about: str) -> list[tuple[int, int]]:
    """Return whom each notice is about and its event, in the order of the outbox."""
    with reading(engine) as connection:
        query = select(OUTBOX.c.about_id, OUTBOX.c.event).where(OUTBOX.c.about == about).order_by(OUTBOX.c.id)
        return [(about_id, event) for about_id, event in connection.execute(query)]


def test_one_transition_twice(shared: Engine, bins: CaseContext) -> None:
    """Two workers that take in the same transitions, in any order, make one alert, case and task of each."""
    found = [fires("waste.full", f"bin-{number}", NINE_MS) for number in range(12)]

    done = at_once(lambda: works(shared, bins, found), lambda: works(shared, bins, found[::-1]))

    assert done == [None, None]
    assert count(shared, TRANSITIONS, ALERTS, CASES, TASKS) == [12] * 4
    assert len(notices(shared, "alert")) == len(set(notices(shared, "alert"))) == 12


def test_numbers_are_never_doubled(shared: Engine, bins: CaseContext) -> None:
    """Writers that file at the same time issue the numbers of the day one after the other, with no gap."""
    parts = [[fires("waste.full", f"bin-{part}-{number}", NINE_MS) for number in range(10)] for part in range(4)]

    done = at_once(*(functools.partial(works, shared, bins, part) for part in parts))

    assert done == [None] * 4
    assert numbers(shared) == [f"45010720261124{sequence:05}" for sequence in range(1, 41)]


def test_console_and_crew(shared: Engine, bins: CaseContext) -> None:
    """Two people who saw the same version move the case: one does, the other is told to look again."""
    for number in range(8):
        works(shared, bins, [fires("waste.full", f"bin-{number}", NINE_MS)])
        case = newest(shared, "bin_full")
        crew = Actor(name="li", role=Role.CREW, crew=case.crew)

        done = at_once(
            functools.partial(moves, shared, bins, case, Move.ACCEPT, crew),
            functools.partial(moves, shared, bins, case, Move.CANCEL, CHIEF),
        )

        (won,) = (one for one in done if isinstance(one, Case))
        (lost,) = (one for one in done if isinstance(one, Conflict))
        at = f"case {case.number} is at version {won.version} ({won.state})"
        assert str(lost) == f"{at}, you saw version {case.version}: look again"
        with reading(shared) as connection:
            assert case_of(connection, case.id) == won
            assert audit.verify(connection) is None


def test_workers_console_and_crew(shared: Engine, context: CaseContext) -> None:
    """Two workers fold what the sensors of one case say while crew and console act on it.

    Workers never fail; a person who is late looks again and gets it done; every change is a line of the log, and
    notices become visible in the order of these lines.
    """
    works(shared, context, [FIRED])
    case = newest(shared, "road_flooding")
    crew = Actor(name="li", role=Role.CREW, crew=case.crew)
    minutes = [NINE_MS + minute * MINUTE_MS for minute in range(1, 11)]
    road = [
        made for at in minutes for made in (resolves("flood.road", "wl-1", at), fires("flood.road", "wl-1", at + 1))
    ]
    deep = [
        made for at in minutes for made in (fires("flood.deep", "wl-1", at), resolves("flood.deep", "wl-1", at + 1))
    ]

    def acknowledge() -> None:
        for _ in range(20):
            with shared.begin() as connection:
                alert = alerts.live(connection, "flood.road", "device", "wl-1")
                if alert is not None and alert.state == "UNACK":
                    try:
                        actions.acknowledge(
                            connection,
                            alert_id=alert.id,
                            actor=CHIEF,
                            expected_version=alert.version,
                            now_ms=NINE_MS,
                            context=context,
                        )
                    except Conflict:
                        connection.rollback()

    def handle() -> None:
        for move in (Move.ACCEPT, Move.START, Move.EXTEND):
            insists(shared, context, case.id, move, crew if move is not Move.EXTEND else CHIEF)

    done = at_once(
        functools.partial(works, shared, context, road),
        functools.partial(works, shared, context, deep),
        acknowledge,
        handle,
    )

    assert done == [None] * 4
    with reading(shared) as connection:
        after, log = case_of(connection, case.id), cases.log_of(connection, case.id)
        made = [move for move in moves_of(connection, case.id) if move.startswith(("li:", "root:"))]
        assert audit.verify(connection) is None
    assert (after.state, made) == ("HANDLING", ["li:accept", "li:start", "root:extend"])
    assert [entry.event for entry in log] == list(range(1, len(log) + 1))
    assert count(shared, TRANSITIONS, CASES) == [41, 1]
    for about in ("case", "alert"):
        told = notices(shared, about)
        for about_id in {about_id for about_id, _ in told}:
            events = [event for one, event in told if one == about_id]
            assert events == sorted(set(events))


def test_one_name_twice(shared: Engine) -> None:
    """Two administrators add a person of the same name: one does, the other is told."""

    def add() -> users.User:
        with shared.begin() as connection:
            return users.create(connection, "wang", "a long enough one", Role.OPERATOR, now_ms=1)

    assert sorted(type(one).__name__ for one in at_once(add, add)) == ["Conflict", "User"]


@pytest.mark.slow
def test_processes(shared: Engine, site_folder: Path) -> None:
    """Processes of their own, as in a cluster: each case is opened once, numbered once and accepted by one crew."""
    url = shared.url.render_as_string(hide_password=False)
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(3, mp_context=spawn) as pool:
        done = [pool.submit(process, url, site_folder, part, bins=8, rounds=4) for part in range(3)]
        accepted = [one.result() for one in done]

    assert numbers(shared) == [f"45010720261124{sequence:05}" for sequence in range(1, 33)]
    assert count(shared, TRANSITIONS, ALERTS, CASES, TASKS) == [32] * 4
    with reading(shared) as connection:
        by_move = select(func.count()).where(CASE_LOG.c.move == "accept")
        assert connection.execute(by_move).scalar_one() == sum(accepted) == 32
        assert audit.verify(connection) is None
