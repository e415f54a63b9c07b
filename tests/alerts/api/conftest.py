"""A small web application for tests: two cells, the sample devices and rules, five people, a standing clock."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import shapely
from fastapi import FastAPI
from sqlalchemy import Engine, insert, select

from alerts import flow
from alerts.api.app import create_app
from alerts.api.context import SiteView, WebContext
from alerts.cases.workflow import Role
from alerts.context import CaseContext
from alerts.store import sessions, users
from alerts.store.database import migrate, open_database, reading
from alerts.store.tables import USERS
from ingest import dictionary
from ingest.cells import Cell, Cells
from ingest.devices import Register
from ingest.model import Observation
from ingest.stores.memory import MemoryStore
from rules.model import Text
from tests.alerts.api.http import TestClient
from tests.alerts.databases import emptied
from tests.alerts.sample import CELL, DEVICES, NINE_MS, RULES, SHANGHAI, fires

PASSWORD = "a long enough password"  # noqa: S105 - of people that exist in tests only
OTHER_CELL = "450107001001001"
CREW = "drainage-2"
HOUR_MS = 3_600_000
PEOPLE = {
    "wei": (Role.VIEWER, None),
    "wang": (Role.OPERATOR, None),
    "dong": (Role.DISPATCHER, None),
    "li": (Role.CREW, CREW),
    "admin": (Role.ADMINISTRATOR, None),
}
NAME_OF = {role: name for name, (role, _) in PEOPLE.items()}


@dataclasses.dataclass
class StandingClock:
    """A clock that shows what the test says."""

    ms: int = NINE_MS

    def now_ms(self) -> int:
        """Return the time in milliseconds."""
        return self.ms


Client = Callable[[Role | None], TestClient]
Fire = Callable[..., None]


@pytest.fixture(scope="session")
def site() -> SiteView:
    """Return a site of two neighbouring cells."""
    properties, faults = dictionary.load()
    assert faults == ()
    squares = {CELL: (108.28, 22.83), OTHER_CELL: (108.31, 22.83)}
    cells = Cells(
        tuple(
            Cell(code=code, name="", polygon=shapely.box(west, south, west + 0.03, south + 0.02))
            for code, (west, south) in squares.items()
        )
    )
    return SiteView(
        id="xixiangtang",
        title=Text(zh="西乡塘区", en="Xixiangtang"),
        zone=SHANGHAI,
        cells=cells,
        register=Register(DEVICES, properties),
        rules=tuple(RULES.values()),
        categories={},
        places={"450107003": "西乡塘街道", "450107003013": "广西大学社区"},
        units={"drainage": Text(zh="排水所", en="Drainage")},
        crews={CREW: Text(zh="排水二队", en="Drainage crew 2")},
    )


@pytest.fixture(scope="session")
def peopled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database file with one person of each role, to be copied."""
    path = tmp_path_factory.mktemp("peopled") / "state.db"
    opened = open_database(f"sqlite:///{path}", synchronous="OFF")
    migrate(opened)
    with opened.begin() as connection:
        for name, (role, crew) in PEOPLE.items():
            users.create(connection, name, PASSWORD, role, now_ms=NINE_MS, crew=crew)
    opened.dispose()
    return path


@pytest.fixture(params=["file", pytest.param("postgresql", marks=pytest.mark.external)])
def engine(request: pytest.FixtureRequest, tmp_path: Path, peopled: Path) -> Iterator[Engine]:
    """Return a database with all tables and one person of each role."""
    server = emptied(request.getfixturevalue("server")) if request.param == "postgresql" else None
    opened = open_database(f"sqlite:///{shutil.copy(peopled, tmp_path / 'state.db')}", synchronous="OFF")
    if server is None:
        yield opened
    else:
        with reading(opened) as connection, server.begin() as other:
            people = connection.execute(select(USERS)).mappings().all()
            other.execute(insert(USERS), [dict(row) for row in people])
        yield server
    opened.dispose()


@pytest.fixture
def clock() -> StandingClock:
    """Return the clock of site and wall, 2026-11-24 09:00 in Nanning."""
    return StandingClock()


@pytest.fixture
def series(site: SiteView) -> MemoryStore:
    """Return a series store with ten minutes of water at wl-1: 10 cm, 11 cm … 19 cm."""
    store = MemoryStore()
    level = site.register.series("wl-1", "weather.water_level")
    assert level is not None
    minutes = [NINE_MS + minute * 60_000 for minute in range(10)]
    store.write([Observation(level, 10.0 + index, at_ms, at_ms) for index, at_ms in enumerate(minutes)])
    return store


@pytest.fixture
def web(engine: Engine, site: SiteView, series: MemoryStore, clock: StandingClock, context: CaseContext) -> WebContext:
    """Return what the application is given."""
    return WebContext(
        engine=engine,
        series=series,
        now_ms=clock.now_ms,
        wall_ms=clock.now_ms,
        speed=2.0,
        site=site,
        actions=context,
    )


@pytest.fixture
def app(web: WebContext) -> FastAPI:
    """Return the application without the console."""
    return create_app(web)


@pytest.fixture
def client(app: FastAPI, engine: Engine) -> Client:
    """Return a maker of clients that have logged in with a role (None: nobody)."""

    def make(role: Role | None) -> TestClient:
        made = TestClient(app, follow_redirects=False)
        if role is not None:
            with engine.begin() as connection:
                opened = sessions.create(connection, NAME_OF[role], now_ms=NINE_MS, lifetime_ms=12 * HOUR_MS)
            made.headers["Authorization"] = f"Bearer {opened.token}"
        return made

    return make


@pytest.fixture
def fire(engine: Engine, context: CaseContext) -> Fire:
    """Return a function that lets rules of devices fire at nine o'clock: (rule id, device id) …."""

    def happen(*pairs: tuple[str, str]) -> None:
        with engine.begin() as connection:
            flow.apply(connection, [fires(rule_id, device, NINE_MS) for rule_id, device in pairs], NINE_MS, context)

    return happen
