r"""PostgreSQL under the case store, through psycopg (extra `cluster`).

Writers work side by side, each statement seeing what was committed before it (READ COMMITTED); who decides about
alerts and cases takes the turn first (alerts.store.turn). A reader has one snapshot (REPEATABLE READ, read-only).
As with SQLite, a lock that is not got within ten seconds is given up; so is a transaction that stands still for a
minute (its process was frozen, or its machine is gone), lest it keep the turn from everybody else.

PostgreSQL keeps no NUL and no half of a surrogate pair in a text: they are written as `\0` and `\udc..`.
"""

from __future__ import annotations

import re
from typing import Any

import psycopg
import sqlalchemy
from psycopg.types.string import StrDumperUnknown
from sqlalchemy import URL, Connection, Engine, event

from alerts.errors import StoreError

_LOCK_TIMEOUT_S = 10
_IDLE_TIMEOUT_S = 60
_OPTIONS = {  # of libpq; what the URL says itself goes before
    "connect_timeout": 10,
    "tcp_user_timeout": 30_000,  # ms
    "client_encoding": "utf8",
    "application_name": "wangge",
    "options": f"-c lock_timeout={_LOCK_TIMEOUT_S}s -c idle_in_transaction_session_timeout={_IDLE_TIMEOUT_S}s",
}
_FAULTS = (  # beginning of the SQLSTATE (PostgreSQL's manual, appendix A) → what to tell, and whether waiting can help
    ("28", "refuses the user or the password: see to both in the URL", False),
    ("3D000", "does not exist: create it with ENCODING 'UTF8', or name another", False),
    ("42501", "does not allow this to the user: make the user its owner", False),
    ("25006", "is read-only: is this a standby?", True),
    ("25P0", f"ended a transaction that stood still for {_IDLE_TIMEOUT_S} s", True),
    ("40", "had two writers in each other's way: nothing was written", True),
    ("53100", "cannot be written: the disk is full", True),
    ("53300", "has no connection left: raise its max_connections", True),
    ("53", "has run out of memory or of another resource", True),
    ("55P03", f"is locked by another process (waited {_LOCK_TIMEOUT_S} s)", True),
    ("57P04", "was dropped", False),
    ("57", "is being shut down or started", True),
    ("58", "cannot be used: the disk reports an error", True),
    ("08", "is away: the connection was lost", True),
    ("XX001", "is damaged: restore it from a backup", False),
    ("XX002", "has a damaged index: restore it from a backup", False),
)
_REFUSALS = (  # a server that refuses a connection tells no SQLSTATE through libpq: words of its message → as above
    ("password authentication failed", "28"),
    ("no password supplied", "28"),
    ("no pg_hba.conf entry", "28"),
    (r'role ".*" does not exist', "28"),
    (r'database ".*" does not exist', "3D000"),
    ("permission denied for database", "42501"),
    ("too many clients|connection slots", "53300"),
    ("is starting up|is shutting down|recovery", "57"),
)


def engine_of(url: URL) -> Engine:
    """Return an engine that has not connected yet."""
    given = {name: value for name, value in _OPTIONS.items() if name not in url.query}
    engine = sqlalchemy.create_engine(url, pool_pre_ping=True, isolation_level="READ COMMITTED", connect_args=given)

    @event.listens_for(engine, "connect")
    def connect(connection: psycopg.Connection[Any], _record: Any) -> None:
        connection.adapters.register_dumper(str, _TextDumper)

    return engine


def check(connection: Connection, name: str) -> None:
    """Raise StoreError where the database cannot keep every text."""
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
    if encoding != "UTF8":
        raise StoreError(f"{name} is encoded in {encoding}: create it with ENCODING 'UTF8', or name another")


def explain(name: str, error: BaseException | None) -> StoreError | None:
    """Return what an error of the driver says about the outside; None where it is about the statement."""
    if not isinstance(error, psycopg.Error):
        return None
    text = str(error)
    state = error.sqlstate or next((state for words, state in _REFUSALS if re.search(words, text)), None)
    if state is not None:
        found = ((told, retryable) for begins, told, retryable in _FAULTS if state.startswith(begins))
        told, retryable = next(found, ("", False))
        return StoreError(f"{name} {told}", retryable=retryable) if told else None
    if not isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return None
    return StoreError(f"{name} cannot be reached: {_reason(text)}", retryable=True)


def _reason(text: str) -> str:
    """Return why, in one line: what libpq says last of what failed, without the addresses before it."""
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["no reason given"]
    failed = [line for line in lines if "failed: " in line] or lines[:1]
    return failed[-1].rpartition("failed: ")[2].removeprefix("FATAL:").strip()


class _TextDumper(StrDumperUnknown):
    def dump(self, obj: str) -> Any:
        try:
            return super().dump(obj.replace("\0", "\\0") if "\0" in obj else obj)
        except UnicodeEncodeError:
            return obj.replace("\0", "\\0").encode("utf-8", "backslashreplace")
