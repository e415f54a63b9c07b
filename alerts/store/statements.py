"""The statements that every database writes in its own way: inserts that meet a row of the same identity.

Making a statement costs more than running it, so each is made once for a database and table.
"""

from __future__ import annotations

import functools

from sqlalchemy import Connection, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(connection: Connection, table: Table) -> Insert:
    """Return an insert that leaves a row alone whose identity is there already (then its rowcount is 0)."""
    return _insert_new(connection.dialect.name, table)


def insert_or_change(
    connection: Connection, table: Table, *, replace: tuple[str, ...] = (), add: tuple[str, ...] = ()
) -> Insert:
    """Return an insert that changes the row of the same primary key: it replaces some columns and adds to others.

    What is in neither stays as it was.
    """
    return _insert_or_change(connection.dialect.name, table, replace, add)


@functools.cache
def _insert_new(dialect: str, table: Table) -> Insert:
    statement = _insert(dialect, table).on_conflict_do_nothing()
    return statement.execution_options(preserve_rowcount=True)  # psycopg forgets it when its cursor closes


@functools.cache
def _insert_or_change(dialect: str, table: Table, replace: tuple[str, ...], add: tuple[str, ...]) -> Insert:
    statement = _insert(dialect, table)
    changes = {name: statement.excluded[name] for name in replace}
    sums = {name: table.c[name] + statement.excluded[name] for name in add}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=changes | sums)


def _insert(dialect: str, table: Table) -> postgresql.Insert | sqlite.Insert:
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
