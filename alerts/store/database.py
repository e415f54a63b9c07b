"""Opens and migrates the case store.

A database is named by a SQLAlchemy URL. For SQLite every connection runs in WAL mode with foreign keys on and waits
ten seconds for a lock. `engine.begin()` is a writer and takes the write lock at once (BEGIN IMMEDIATE), so that a
transaction never fails half-way because another process wrote; `reading(engine)` takes a snapshot and no lock.

Faults of the outside reach the caller as `StoreError`, from any statement of the engine: missing folder, read-only
disk, full disk, not a database. A lock that was not got in time is a `StoreError` with `retryable`.

`migrate` runs the Alembic steps of `alerts/store/migrations` in one transaction: all of it happens or nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import StaticPool

from alerts.errors import StoreError

Synchronous = Literal["OFF", "NORMAL", "FULL", "EXTRA"]
_MIGRATIONS = Path(__file__).parent / "migrations"
_DEFERRED = "wangge_deferred"
_BUSY_TIMEOUT_MS = 10_000
_FAULTS = (  # words of SQLite's message → what to tell, and whether waiting can help
    ("unable to open database file", "cannot be opened: is it a folder, or may it not be read?", False),
    ("file is not a database", "is not a Wangge database: name another file, or move this one away", False),
    ("readonly database", "cannot be written: the disk or the file is read-only", False),
    ("disk is full", "cannot be written: the disk is full", True),
    ("disk I/O error", "cannot be used: the disk reports an input/output error", True),
    ("database is locked", f"is locked by another process (waited {_BUSY_TIMEOUT_MS // 1000} s)", True),
    ("malformed", "is damaged: restore it from a backup", False),
)


def open_database(url: str, *, synchronous: Synchronous = "FULL") -> Engine:
    """Return an engine for `url` (`sqlite:///state.db`; `sqlite://` is in memory) and prove that it can be used.

    `synchronous` is SQLite's: FULL survives a power cut, NORMAL only the end of the process. Nothing is created but
    the database file itself. Raises StoreError.
    """
    try:
        parsed = sqlalchemy.make_url(url)
    except ArgumentError as exc:
        raise StoreError(f"{url!r} is not a database URL: write one such as sqlite:///state.db") from exc
    if parsed.get_backend_name() != "sqlite":
        return _connected(_server(parsed), parsed.render_as_string())
    path = parsed.database
    in_memory = path in {None, "", ":memory:"}
    if path and not in_memory and not Path(path).parent.is_dir():
        raise StoreError(f"{path}: the folder {Path(path).parent} does not exist: make it, or name another file")
    options: dict[str, Any] = {"connect_args": {"timeout": _BUSY_TIMEOUT_MS / 1000, "check_same_thread": False}}
    if in_memory:
        options["poolclass"] = StaticPool
    engine = sqlalchemy.create_engine(parsed, **options)
    _tune_sqlite(engine, synchronous)
    return _connected(engine, path or "database in memory")


def _server(url: URL) -> Engine:
    try:
        return sqlalchemy.create_engine(url, pool_pre_ping=True)
    except (ImportError, NoSuchModuleError) as exc:
        raise StoreError(f"{url.drivername}: the driver is not installed: install it, or use SQLite") from exc


@contextlib.contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Yield a connection that only reads: one consistent snapshot, no write lock, nothing to commit."""
    with engine.connect().execution_options(**{_DEFERRED: True}) as connection:
        yield connection


def _connected(engine: Engine, name: str) -> Engine:
    def explain(context: ExceptionContext) -> None:
        told = explain_fault(name, context.original_exception)
        if told is not None:
            raise told from context.original_exception

    event.listen(engine, "handle_error", explain)
    try:
        with reading(engine) as connection:
            connection.exec_driver_sql("SELECT 1")
    except DBAPIError as exc:
        engine.dispose()
        raise StoreError(f"{name}: cannot be reached: {exc.orig}", retryable=True) from exc
    except StoreError:
        engine.dispose()
        raise
    return engine


def explain_fault(name: str, error: BaseException | None) -> StoreError | None:
    """Return what a driver's error says about the outside as a StoreError; None where it is about the statement."""
    text = str(error)
    for words, told, retryable in _FAULTS:
        if words in text:
            return StoreError(f"{name}: {told}", retryable=retryable)
    return None


def _tune_sqlite(engine: Engine, synchronous: Synchronous) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver starts no transaction of its own; `begin` below does
        for pragma in (
            "journal_mode = WAL",
            f"synchronous = {synchronous}",
            "foreign_keys = ON",
            f"busy_timeout = {_BUSY_TIMEOUT_MS}",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        deferred = connection.get_execution_options().get(_DEFERRED, False)
        connection.exec_driver_sql("BEGIN" if deferred else "BEGIN IMMEDIATE")


def migrate(engine: Engine) -> None:
    """Create all tables, or bring older ones up to date; raises StoreError where the database is newer than we are."""
    config = _config()
    with engine.begin() as connection:
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
    raise StoreError(f"{_name(engine)} {state}, not {_head(config)}: start the pipeline once, it brings it up to date")


def _newer(engine: Engine, found: str) -> str:
    return f"{_name(engine)} has schema {found}, which a newer Wangge wrote: use that version, or another file"


def _name(engine: Engine) -> str:
    return engine.url.database or "database in memory"


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
