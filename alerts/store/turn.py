"""The turn to decide about alerts and cases: one transaction has it at a time, until that ends.

SQLite has one writer at a time anyhow. PostgreSQL's writers work side by side: what concerns one partition alone
(offsets, what was seen, rule states) needs nobody else. But whoever decides about alerts and cases, issues a case
number, or continues the order of notices or the chain of the audit log, takes the turn first, and then sees
everything that was decided before. So each is decided once, rows of these tables become visible in the order of their
ids, and nobody works on what is out of date: there is no conflict inside the pipeline, and a person's is told as one.

What several writers change without the turn has its place in a transaction, lest two wait for each other: dead letters
before the turn, rows of the ledger after it and after everything else, so that they are locked for a moment only.
"""

from __future__ import annotations

from sqlalchemy import Connection

_KEY = int.from_bytes(b"wangge")  # of an advisory lock, which holds within one database
_TAKE = f"SELECT pg_advisory_xact_lock({_KEY})"


def take(connection: Connection) -> None:
    """Wait for the turn; who has it already has it still. Raises StoreError (`retryable`) when it takes too long."""
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(_TAKE)
