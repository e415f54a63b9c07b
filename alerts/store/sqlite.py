"""SQLite under the case store: a file in WAL mode, or memory.

Every connection has foreign keys on and waits ten seconds for a lock. A writer takes the write lock at once (BEGIN
IMMEDIATE), so that a transaction never fails half-way because another process wrote; a reader takes a snapshot.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import sqlalchemy
from sqlalchemy import URL, Connection, Engine, event
from sqlalchemy.pool import StaticPool

from alerts.errors import StoreError

Synchronous = Literal["OFF", "NORMAL", "FULL", "EXTRA"]
READ_ONLY = {"wangge_deferred": True}  # options of a connection that only reads
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


def engine_of(url: URL, synchronous: Synchronous) -> Engine:
    """Return an engine that has not connected yet; raise StoreError where the folder of the file is missing."""
    path = url.database
    in_memory = path in {None, "", ":memory:"}
    if path and not in_memory and not Path(path).parent.is_dir():
        raise StoreError(f"{path}: the folder {Path(path).parent} does not exist: make it, or name another file")
    options: dict[str, Any] = {"connect_args": {"timeout": _BUSY_TIMEOUT_MS / 1000, "check_same_thread": False}}
    if in_memory:
        options["poolclass"] = StaticPool
    engine = sqlalchemy.create_engine(url, **options)
    _tune(engine, synchronous)
    return engine


def check(connection: Connection, _name: str) -> None:
    """Prove that the file can be read as a database."""
    connection.exec_driver_sql("SELECT 1")


def explain(name: str, error: BaseException | None) -> StoreError | None:
    """Return what an error of the driver says about the outside; None where it is about the statement."""
    text = str(error)
    for words, told, retryable in _FAULTS:
        if words in text:
            return StoreError(f"{name}: {told}", retryable=retryable)
    return None


def _tune(engine: Engine, synchronous: Synchronous) -> None:
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
        reads = READ_ONLY.items() <= connection.get_execution_options().items()
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
