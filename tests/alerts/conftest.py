"""Fixtures of the tests of alerts and cases: the sample site's context, and a fresh database of every kind."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine

from alerts.context import CaseContext
from alerts.store.database import migrate, open_database
from alerts.store.tables import METADATA
from deploy.services.run.postgresql import PostgreSql
from tests.alerts.databases import emptied
from tests.alerts.sample import site_context


@pytest.fixture(scope="session")
def context(site_folder: Path) -> CaseContext:
    """Return the sample site's categories, calendar and matrix with the rules and devices above."""
    return site_context(site_folder)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database file that was migrated once, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "state.db"
    opened = open_database(f"sqlite:///{path}", synchronous="OFF")
    migrate(opened)
    opened.dispose()
    return path


@pytest.fixture(scope="session")
def server_url(postgresql: PostgreSql) -> str:
    """Return the URL of an empty, migrated database on a real PostgreSQL."""
    url = postgresql.create("contract")
    opened = open_database(url)
    migrate(opened)
    with opened.begin() as connection:
        connection.exec_driver_sql("ALTER DATABASE contract SET synchronous_commit = off")  # nobody cuts the power
    opened.dispose()
    return url


@pytest.fixture(scope="session")
def server(server_url: str) -> Iterator[Engine]:
    """Return the database on the server, open all the time: connecting takes longer than a test does."""
    opened = open_database(server_url)
    yield opened
    opened.dispose()


_SERVER = pytest.param("postgresql", marks=pytest.mark.external)


@pytest.fixture(params=["file", "memory", _SERVER])
def engine(request: pytest.FixtureRequest, tmp_path: Path, migrated: Path) -> Iterator[Engine]:
    """Return a database with all tables: the store's contract holds in a file, in memory and on a server."""
    yield from _opened(request, tmp_path, migrated)


@pytest.fixture(params=["file", _SERVER])
def shared(request: pytest.FixtureRequest, tmp_path: Path, migrated: Path) -> Iterator[Engine]:
    """Return a database with all tables that several writers use at once."""
    yield from _opened(request, tmp_path, migrated)


def _opened(request: pytest.FixtureRequest, tmp_path: Path, migrated: Path) -> Iterator[Engine]:
    if request.param == "postgresql":
        yield emptied(request.getfixturevalue("server"))
        return
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
        found = connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY 1").mappings()  # noqa: S608 - a name from the test
        return [dict(row) for row in found]

    return read
