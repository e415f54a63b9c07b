"""The web application's start: first people, and one clear line where it cannot start."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from sqlalchemy import Engine

from alerts.cases.workflow import Role
from alerts.store import audit, users
from alerts.store.database import migrate, open_database
from deploy.commands._base import UserError
from deploy.settings import Settings
from deploy.site import Site, load_site
from deploy.web import context, crews, ensure_administrator, ensure_crews, first_password, listen, site_view

NINE_MS = 1_795_482_000_000


@pytest.fixture(scope="module")
def site(site_folder: Path) -> Site:
    """Return the sample site."""
    loaded, faults = load_site(site_folder)
    assert loaded is not None, faults
    return loaded


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a data folder with a migrated database."""
    engine = open_database(f"sqlite:///{tmp_path / 'state.db'}", synchronous="OFF")
    migrate(engine)
    engine.dispose()
    return tmp_path


@pytest.fixture
def engine(data: Path) -> Engine:
    """Return the database of the data folder."""
    return open_database(f"sqlite:///{data / 'state.db'}", synchronous="OFF")


def test_first_administrator_is_made_once(engine: Engine) -> None:
    """The password is returned the first time, and it is the right one; afterwards nothing happens."""
    with engine.begin() as connection:
        password = ensure_administrator(connection, NINE_MS)
        again = ensure_administrator(connection, NINE_MS)
        user = users.verify(connection, "admin", password or "")
        chain = audit.verify(connection)
    engine.dispose()

    assert again is None
    assert user is not None
    assert (user.role, chain) == (Role.ADMINISTRATOR, None)


def test_every_crew_gets_a_user(engine: Engine, site: Site) -> None:
    """One of each name, however often it is asked for."""
    with engine.begin() as connection:
        ensure_crews(connection, site, "a long enough password", NINE_MS)
        ensure_crews(connection, site, "another long password", NINE_MS)
        found = {user.name: user.crew for user in users.everybody(connection)}
    engine.dispose()

    assert found == {name: name for name in crews(site)}


def test_site_view(site: Site) -> None:
    """What people see of the site is the site's."""
    seen = site_view(site)

    assert (seen.id, seen.title.zh, len(seen.cells)) == (site.id, site.title_zh, len(site.cells))
    assert seen.place("450107003013001") != ""
    assert set(seen.units) == set(site.matrix.units)


def test_context_opens_the_stores(data: Path, site_folder: Path) -> None:
    """With a data folder that a pipeline made, everything is there, and the first password comes out once."""
    made = context(Settings(site=site_folder, data=data))
    first, second = first_password(made), first_password(made)
    made.engine.dispose()

    assert first is not None
    assert second is None


def test_no_data_yet(tmp_path: Path, site_folder: Path) -> None:
    """Without a pipeline there is nothing to show: the line says what to start."""
    with pytest.raises(UserError, match=r"state\.db does not exist: start the pipeline once"):
        context(Settings(site=site_folder, data=tmp_path))


def test_no_such_site(tmp_path: Path) -> None:
    """The missing folder is named."""
    with pytest.raises(UserError, match=r"no-site:1: is not a folder"):
        context(Settings(site=tmp_path / "no-site", data=tmp_path))


def test_schema_of_another_version(data: Path, engine: Engine, site_folder: Path) -> None:
    """A database that a newer version wrote is left alone."""
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()

    with pytest.raises(UserError, match=r"has schema 9999, which a newer Wangge wrote"):
        context(Settings(site=site_folder, data=data))


def test_busy_port() -> None:
    """Who has the port is not known, but what to do is."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(UserError, match=rf"cannot listen on 127\.0\.0\.1:{port}: Address already in use: end the"):
            listen("127.0.0.1", port)


def test_foreign_address() -> None:
    """An address that is not ours."""
    with pytest.raises(UserError, match=r"cannot listen on 192\.0\.2\.1:0"):
        listen("192.0.2.1", 0)
