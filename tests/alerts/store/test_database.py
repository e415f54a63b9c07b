"""Opening, tuning and migrating of the case store, and what each fault of the outside is called."""

from __future__ import annotations

import re
import sqlite3
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine

from alerts import store
from alerts.errors import StoreError
from alerts.store import sqlite
from alerts.store.database import check_schema, migrate, open_database, reading
from alerts.store.tables import META, METADATA


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """Return a migrated database file."""
    engine = open_database(f"sqlite:///{tmp_path / 'state.db'}")
    migrate(engine)
    yield engine
    engine.dispose()


def _schema(engine: Engine) -> list[list[str]]:
    """Return the words of each table's and index's SQL, sorted: columns and constraints may come in any order."""
    with reading(engine) as connection:
        rows = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").scalars().all()
    return sorted(sorted(re.findall(r"\w+", sql)) for sql in rows if "alembic_version" not in sql)


def test_migrate_equals_metadata(engine: Engine) -> None:
    """The migrations end in exactly the tables that the code declares, to the letter of their SQL."""
    declared = open_database("sqlite://")
    METADATA.create_all(declared)

    with reading(engine) as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    assert _schema(engine) == _schema(declared)
    declared.dispose()


def test_migrate_twice_changes_nothing(engine: Engine) -> None:
    """A database that is up to date is left alone."""
    before = _schema(engine)

    migrate(engine)
    check_schema(engine)

    assert _schema(engine) == before


def test_migrate_is_all_or_nothing(tmp_path: Path) -> None:
    """A migration that fails half-way leaves an empty database."""
    engine = open_database(f"sqlite:///{tmp_path / 'state.db'}")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE users (wrong INTEGER)")

    with pytest.raises(sqlalchemy.exc.OperationalError, match="users already exists"):
        migrate(engine)

    assert sqlalchemy.inspect(engine).get_table_names() == ["users"]
    engine.dispose()


def test_check_schema_names_an_empty_database() -> None:
    """A database without tables is told apart from an older one."""
    engine = open_database("sqlite://")

    with pytest.raises(StoreError, match=r"^database in memory has no tables yet, not \d{4}: start the pipeline once"):
        check_schema(engine)
    engine.dispose()


def test_newer_database_is_refused(engine: Engine) -> None:
    """Neither the check nor a migration touches what a newer version wrote."""
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    for function in (check_schema, migrate):
        with pytest.raises(StoreError, match="has schema 9999, which a newer Wangge wrote: use that version"):
            function(engine)


def test_pragmas(engine: Engine) -> None:
    """Every connection is tuned: WAL, full synchronisation, foreign keys, ten seconds of patience."""
    with reading(engine) as connection:
        found = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]

    assert found == ["wal", 2, 1, 10_000]


def test_synchronous_is_chosen(tmp_path: Path) -> None:
    """Who may lose the last second on a power cut says so."""
    engine = open_database(f"sqlite:///{tmp_path / 'state.db'}", synchronous="NORMAL")

    with reading(engine) as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 1
    engine.dispose()


def test_writers_take_turns_and_readers_do_not_wait(engine: Engine) -> None:
    """A writer holds the write lock from its start; a reader sees the last commit meanwhile; no count is lost."""

    def add() -> None:
        for _ in range(25):
            with engine.begin() as connection:
                value = connection.execute(sqlalchemy.select(META.c.value).where(META.c.key == "n")).scalar_one()
                connection.execute(META.update().where(META.c.key == "n").values(value=str(int(value) + 1)))

    with engine.begin() as connection:
        connection.execute(META.insert().values(key="n", value="0"))
        with reading(engine) as reader:
            assert reader.execute(sqlalchemy.select(META)).all() == []
    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with reading(engine) as reader:
        assert reader.execute(sqlalchemy.select(META.c.value)).scalar_one() == "100"


def test_reading_is_one_snapshot(engine: Engine) -> None:
    """Two queries of one reader agree, though a writer commits between them."""
    with reading(engine) as reader:
        assert reader.execute(sqlalchemy.select(META)).all() == []
        with engine.begin() as connection:
            connection.execute(META.insert().values(key="n", value="0"))
        assert reader.execute(sqlalchemy.select(META)).all() == []


def test_missing_folder(tmp_path: Path) -> None:
    """The folder is named, and nothing is created."""
    with pytest.raises(StoreError, match=r"none/state\.db: the folder .*/none does not exist: make it, or"):
        open_database(f"sqlite:///{tmp_path / 'none' / 'state.db'}")


def test_not_a_database(tmp_path: Path) -> None:
    """A file of something else is not overwritten."""
    path = tmp_path / "state.db"
    path.write_bytes(b"a letter to the mayor " * 100)

    with pytest.raises(StoreError, match=r"state\.db: is not a Wangge database: name another file"):
        open_database(f"sqlite:///{path}")
    assert path.read_bytes().startswith(b"a letter")


def test_folder_instead_of_file(tmp_path: Path) -> None:
    """A folder is no database."""
    with pytest.raises(StoreError, match="cannot be opened: is it a folder"):
        open_database(f"sqlite:///{tmp_path}")


def test_not_an_url() -> None:
    """A path is not a URL, and the text shows one."""
    with pytest.raises(StoreError, match=r"'state\.db' is not a database URL: write one such as sqlite:///state\.db"):
        open_database("state.db")


@pytest.mark.parametrize(
    "url, expected",
    [
        # a database of another kind
        ("mysql+any://host/db", "cases are kept in SQLite or PostgreSQL, not in mysql: write sqlite:/// or postgresql"),
        # an alias that SQLAlchemy does not know
        ("postgres://host/db", "cases are kept in SQLite or PostgreSQL, not in postgres: write sqlite:/// or postgres"),
        # a URL that cannot be read: what stands before an @ is not repeated
        ("postgresql:/wang:secret@host/db", "this is not a database URL: write one such as sqlite:///state.db or post"),
        ("postgresql://wang:secret@host:x/db", "this is not a database URL: write one such as sqlite:///state.db or"),
    ],
)
def test_other_databases(url: str, expected: str) -> None:
    """A database that we cannot speak to is refused in one line, without its password."""
    with pytest.raises(StoreError) as caught:
        open_database(url)

    assert str(caught.value).startswith(expected)
    assert "secret" not in str(caught.value)


def test_no_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL without its driver says what to install."""
    monkeypatch.delitem(sys.modules, "alerts.store.postgresql", raising=False)
    monkeypatch.delattr(store, "postgresql", raising=False)
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(StoreError, match=r"PostgreSQL \(psycopg\) is not installed: install wangge\[cluster\]"):
        open_database("postgresql://host/db")


def test_full_disk(engine: Engine) -> None:
    """A full disk surfaces as a fault that waiting can mend; what was there stays."""
    with engine.begin() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreError, match="cannot be written: the disk is full") as caught:
            connection.execute(META.insert().values(key="big", value="x" * 1_000_000))
        connection.rollback()
    assert caught.value.retryable
    with reading(engine) as connection:
        assert connection.execute(sqlalchemy.select(META)).all() == []


@pytest.mark.parametrize(
    "told, expected",
    [
        # a read-only disk will not mend itself
        (
            "attempt to write a readonly database",
            ("state.db: cannot be written: the disk or the file is read-only", False),
        ),
        # another process may soon be done
        ("database is locked", ("state.db: is locked by another process (waited 10 s)", True)),
        # damage needs a person
        ("database disk image is malformed", ("state.db: is damaged: restore it from a backup", False)),
    ],
)
def test_explain(told: str, expected: tuple[str, bool]) -> None:
    """Each word of SQLite's is told as what it means, with whether waiting can help."""
    fault = sqlite.explain("state.db", sqlite3.OperationalError(told))

    assert fault is not None
    assert (str(fault), fault.retryable) == expected


def test_explain_leaves_mistakes_of_ours_alone() -> None:
    """A wrong statement is no fault of the outside."""
    assert sqlite.explain("state.db", sqlite3.OperationalError("no such table: x")) is None
