"""The ledger: per source and hour, what was received and where it went."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, func, select, update

from alerts.store.statements import insert_or_change
from alerts.store.tables import LEDGER
from ingest.flow import Counts

_FIELDS = tuple(field.name for field in dataclasses.fields(Counts))
_ACKNOWLEDGE = (  # of every epoch: built once
    update(LEDGER)
    .where(LEDGER.c.source == bindparam("of"), LEDGER.c.hour_ms == bindparam("at"))
    .values(acknowledged=LEDGER.c.acknowledged + bindparam("more"))
)


class Row(NamedTuple):
    """The counts of one source and hour (start of the hour in ms since 1970 UTC)."""

    source: str
    hour_ms: int
    counts: Counts


def add(connection: Connection, source: str, hour_ms: int, counts: Counts) -> None:
    """Add counts to the row of a source and hour."""
    row = {"source": source, "hour_ms": hour_ms, **dataclasses.asdict(counts)}
    connection.execute(insert_or_change(connection, LEDGER, add=_FIELDS), row)


def acknowledged(connection: Connection, source: str, hour_ms: int, frames: int) -> None:
    """Count frames as acknowledged in the row of the hour in which they were received."""
    connection.execute(_ACKNOWLEDGE, {"of": source, "at": hour_ms, "more": frames})


def read(connection: Connection, *, from_ms: int = 0, limit: int = 1000) -> list[Row]:
    """Return the rows of the hours from `from_ms` on, newest first."""
    query = select(LEDGER).where(LEDGER.c.hour_ms >= from_ms).order_by(LEDGER.c.hour_ms.desc(), LEDGER.c.source)
    return [
        Row(row.source, row.hour_ms, Counts(**{name: getattr(row, name) for name in _FIELDS}))
        for row in connection.execute(query.limit(limit))
    ]


def total(connection: Connection) -> Counts:
    """Return the sum over all sources and hours."""
    sums = connection.execute(select(*(func.coalesce(func.sum(LEDGER.c[name]), 0) for name in _FIELDS))).one()
    return Counts(**dict(zip(_FIELDS, map(int, sums), strict=True)))
