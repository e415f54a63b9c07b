"""Reads rows as values and changes them under their optimistic lock: what the modules of this folder share."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, Select, Table, update

from alerts.errors import Conflict
from alerts.model import Alert, Case

Value = TypeVar("Value", bound=msgspec.Struct)
Versioned = TypeVar("Versioned", Alert, Case)


def all_of(connection: Connection, query: Select[Any], kind: type[Value]) -> list[Value]:
    """Return every row of the query as a value of `kind`, whose fields are the columns."""
    result = connection.execute(query)
    names = [str(name) for name in result.keys()]  # noqa: SIM118 - a result's keys(), not a mapping's
    return [msgspec.convert(dict(zip(names, row, strict=True)), kind) for row in result]


def one_of(connection: Connection, query: Select[Any], kind: type[Value]) -> Value | None:
    """Return the first row of the query as a value of `kind`, or None."""
    return next(iter(all_of(connection, query.limit(1), kind)), None)


def change(connection: Connection, table: Table, row: Versioned, now_ms: int, **changes: Any) -> Versioned:
    """Write the changes of a row and return it as it is now; raises Conflict if it was changed since it was read."""
    changes |= {"version": row.version + 1, "updated_at_ms": now_ms}
    statement = update(table).where(table.c.id == row.id, table.c.version == row.version).values(changes)
    if connection.execute(statement).rowcount != 1:
        raise Conflict(f"{type(row).__name__.lower()} {row.id} was changed by somebody else meanwhile: read it again")
    return msgspec.structs.replace(row, **changes)
