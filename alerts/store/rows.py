"""Reads rows as values and changes them under their optimistic lock: what the modules of this folder share.

Statements that run often are made once, with bound parameters: making a statement costs more than running it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, Executable, Table, Update, bindparam, update

from alerts.errors import Conflict
from alerts.model import Alert, Case

Value = TypeVar("Value", bound=msgspec.Struct)
Versioned = TypeVar("Versioned", Alert, Case)
_NOTHING: dict[str, Any] = {}


def all_of(
    connection: Connection, statement: Executable, kind: type[Value], parameters: Mapping[str, Any] = _NOTHING
) -> list[Value]:
    """Return every row of a statement as a value of `kind`, whose fields are the columns."""
    result = connection.execute(statement, dict(parameters))
    names = [str(name) for name in result.keys()]  # noqa: SIM118 - a result's keys(), not a mapping's
    return [msgspec.convert(dict(zip(names, row, strict=True)), kind) for row in result]


def one_of(
    connection: Connection, statement: Executable, kind: type[Value], parameters: Mapping[str, Any] = _NOTHING
) -> Value | None:
    """Return the first row of a statement as a value of `kind`, or None."""
    return next(iter(all_of(connection, statement, kind, parameters)), None)


def the_one(connection: Connection, statement: Executable, kind: type[Value], parameters: Mapping[str, Any]) -> Value:
    """Return the row that an insert has just made as a value of `kind`."""
    return all_of(connection, statement, kind, parameters)[0]


def versioned(table: Table) -> Update:
    """Return the update that `change` runs for a table with `id` and `version`."""
    return update(table).where(table.c.id == bindparam("row_id"), table.c.version == bindparam("row_version"))


def change(connection: Connection, statement: Update, row: Versioned, now_ms: int, **changes: Any) -> Versioned:
    """Write the changes of a row and return it as it is now; raises Conflict if it was changed since it was read."""
    changes |= {"version": row.version + 1, "updated_at_ms": now_ms}
    identity = {"row_id": row.id, "row_version": row.version}
    if connection.execute(statement, changes | identity).rowcount != 1:
        raise Conflict(f"{type(row).__name__.lower()} {row.id} was changed by somebody else meanwhile: read it again")
    return msgspec.structs.replace(row, **changes)
