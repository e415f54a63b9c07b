"""Fixtures of the tests of alerts and cases: the sample site's context, and a fresh database (file and memory)."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine

from alerts.cases import calendar, categories
from alerts.context import CaseContext
from alerts.dispatch import responsibility
from alerts.store.database import migrate, open_database
from alerts.store.tables import METADATA
from tests.alerts.sample import DEVICES, RULES, SHANGHAI


@pytest.fixture(scope="session")
def context(site_folder: Path) -> CaseContext:
    """Return the sample site's categories, calendar and matrix with the rules and devices above."""
    classes, faults = categories.load(site_folder / "categories.yaml")
    days, more = calendar.load(site_folder / "calendar.yaml")
    matrix, most = responsibility.load(site_folder / "responsibility.yaml", classes)
    assert (faults, more, most) == ((), (), ())
    return CaseContext(
        site_id="xixiangtang",
        division="450107",
        zone=SHANGHAI,
        categories=classes,
        calendar=days,
        matrix=matrix,
        rules=RULES,
        device=DEVICES.get,
    )


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database file that was migrated once, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "state.db"
    opened = open_database(f"sqlite:///{path}", synchronous="OFF")
    migrate(opened)
    opened.dispose()
    return path


@pytest.fixture(params=["file", "memory"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, migrated: Path) -> Iterator[Engine]:
    """Return a database with all tables: the store's contract holds in a file and in memory."""
    if request.param == "file":
        opened = open_database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'state.db')}", synchronous="OFF")
    else:
        opened = open_database("sqlite://")
        METADATA.create_all(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """Return a connection inside a transaction."""
    with engine.begin() as opened:
        yield opened


Rows = Callable[[str], list[dict[str, object]]]


@pytest.fixture
def rows(connection: Connection) -> Rows:
    """Return a function that reads a whole table as plain rows, by id."""

    def read(table: str) -> list[dict[str, object]]:
        found = connection.exec_driver_sql(f"SELECT * FROM {table}").mappings()  # noqa: S608 - a name from the test
        return [dict(row) for row in found]

    return read
