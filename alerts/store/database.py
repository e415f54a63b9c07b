"""Opens and migrates the case store: SQLite (alerts.store.sqlite) or PostgreSQL (alerts.store.postgresql).

A database is named by a SQLAlchemy URL. `engine.begin()` is a writer; `reading(engine)` takes a snapshot and no lock.

Faults of the outside reach the caller as `StoreError`, from any statement of the engine: missing folder, read-only
disk, full disk, not a database, server away. `retryable` tells that trying again can help; nothing was written then.
No text of an error has the password of a URL.

`migrate` runs the Alembic steps of `alerts/store/migrations` in one transaction: all of it happens or nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ArgumentError, DBAPIError

from alerts.errors import StoreError
from alerts.store import sqlite, turn
from alerts.store.sqlite import Synchronous

_MIGRATIONS = Path(__file__).parent / "migrations"
_READ_ONLY: Mapping[str, Mapping[str, object]] = {
    "sqlite": sqlite.READ_ONLY,
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}


def open_database(url: str, *, synchronous: Synchronous = "FULL") -> Engine:
    """Return an engine for `url` (`sqlite:///state.db`; `sqlite://` is in memory) and prove that it can be used.

    `synchronous` is SQLite's: FULL survives a power cut, NORMAL only the end of the process. Nothing is created but
    the file of a SQLite database. Raises StoreError.
    """
    parsed = _parsed(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return _connected(sqlite.engine_of(parsed, synchronous), sqlite.explain, sqlite.check)
    if backend != "postgresql":
        raise StoreError(f"cases are kept in SQLite or PostgreSQL, not in {backend}: write sqlite:/// or postgresql://")
    try:
        from alerts.store import postgresql  # noqa: PLC0415 - psycopg is an extra

        engine = postgresql.engine_of(parsed.set(drivername="postgresql+psycopg"))
    except ImportError as exc:
        raise StoreError("the driver of PostgreSQL (psycopg) is not installed: install wangge[cluster]") from exc
    return _connected(engine, postgresql.explain, postgresql.check)


def opened(url: str, prepare: Callable[[Engine], None]) -> Engine:
    """Return the database at `url` after `migrate` or `check_schema`; closed again where that refuses it."""
    engine = open_database(url)
    try:
        prepare(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _parsed(url: str) -> URL:
    try:
        return sqlalchemy.make_url(url)
    except (ArgumentError, ValueError):
        shown = repr(url) if "@" not in url else "this"  # what stands before an @ may be a password
    raise StoreError(f"{shown} is not a database URL: write one such as sqlite:///state.db or postgresql://host/wangge")


@contextlib.contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Yield a connection that only reads: one consistent snapshot, no write lock, nothing to commit."""
    with engine.connect().execution_options(**_READ_ONLY[engine.dialect.name]) as connection:
        yield connection


def name_of(url: URL) -> str:
    """Return what people know a database by, without user and password."""
    if url.get_backend_name() == "sqlite":
        return url.database or "database in memory"
    host = url.host or "the local socket"
    return f"PostgreSQL database {url.database or url.username} at {host}{f':{url.port}' if url.port else ''}"


def _connected(
    engine: Engine,
    explain: Callable[[str, BaseException | None], StoreError | None],
    check: Callable[[Connection, str], None],
) -> Engine:
    """Let faults of the outside be told as what they are, and connect once."""
    name = name_of(engine.url)

    @event.listens_for(engine, "handle_error")
    def tell(context: ExceptionContext) -> None:
        told = None if context.is_pre_ping else explain(name, context.original_exception)
        if told is not None:
            raise told from context.original_exception

    try:
        with reading(engine) as connection:
            check(connection, name)
    except DBAPIError as exc:
        engine.dispose()
        raise StoreError(f"{name} cannot be used: {str(exc.orig).strip()}") from exc
    except StoreError:
        engine.dispose()
        raise
    return engine


def migrate(engine: Engine) -> None:
    """Create all tables, or bring older ones up to date; raises StoreError where the database is newer than we are."""
    config = _config()
    with engine.begin() as connection:
        turn.take(connection)
        found = _revision(connection)
        if found == _head(config):
            return
        if found is not None and found not in _known(config):
            raise StoreError(_newer(engine, found))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def check_schema(engine: Engine) -> None:
    """Raise StoreError unless the database has exactly the schema that this version of Wangge writes."""
    config = _config()
    with reading(engine) as connection:
        found = _revision(connection)
    if found == _head(config):
        return
    if found is not None and found not in _known(config):
        raise StoreError(_newer(engine, found))
    state = "has no tables yet" if found is None else f"has the older schema {found}"
    raise StoreError(
        f"{name_of(engine.url)} {state}, not {_head(config)}: start the pipeline once, it brings it up to date"
    )


def _newer(engine: Engine, found: str) -> str:
    return (
        f"{name_of(engine.url)} has schema {found}, which a newer Wangge wrote: use that version, or another database"
    )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _head(config: Config) -> str:
    head = ScriptDirectory.from_config(config).get_current_head()
    if head is None:
        raise StoreError("this installation has no migrations: install it again")
    return head


def _known(config: Config) -> frozenset[str]:
    return frozenset(script.revision for script in ScriptDirectory.from_config(config).walk_revisions())
