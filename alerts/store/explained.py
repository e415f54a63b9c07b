"""The ledger explained: each row with the dead letters that came first in its hour, so that refusals have names."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, select

from alerts.store import letter_groups
from alerts.store.letter_groups import HourRow
from alerts.store.tables import LEDGER
from ingest.flow import HOUR_MS, Counts

_FIELDS = tuple(field.name for field in dataclasses.fields(Counts))


class Explained(NamedTuple):
    """A row of the ledger and the groups of letters behind `refused` and `dead_lettered`.

    `missing`: what was received and has no outcome, 0 where the row is balanced; it can only be negative or positive by
    a mistake of ours. `in_flight`: frames whose acknowledgement is still to come (or was lost with a connection: the
    broker sends them again, and they are duplicates then). `unexplained`: refused or dead-lettered without a letter of
    this hour, because the letter came first in another.
    """

    source: str
    hour_ms: int
    counts: Counts
    groups: tuple[HourRow, ...]

    @property
    def missing(self) -> int:
        """What was received and has no outcome."""
        counts = self.counts
        return counts.received - counts.stored - counts.duplicate - counts.refused - counts.dead_lettered

    @property
    def in_flight(self) -> int:
        """Frames that are not acknowledged."""
        return max(0, self.counts.frames - self.counts.acknowledged)

    @property
    def unexplained(self) -> int:
        """What was refused or dead-lettered and is in none of the groups."""
        return self.counts.refused + self.counts.dead_lettered - sum(one.letters for one in self.groups)


def read(
    connection: Connection, *, source: str | None = None, hour_ms: int | None = None, limit: int = 48, offset: int = 0
) -> list[Explained]:
    """Return rows with their groups, newest hour first."""
    query = select(LEDGER).order_by(LEDGER.c.hour_ms.desc(), LEDGER.c.source).limit(limit).offset(offset)
    if source is not None:
        query = query.where(LEDGER.c.source == source)
    if hour_ms is not None:
        query = query.where(LEDGER.c.hour_ms == hour_ms)
    rows = list(connection.execute(query).mappings())
    if not rows:
        return []
    found = letter_groups.hours(
        connection, from_ms=rows[-1]["hour_ms"], to_ms=rows[0]["hour_ms"] + HOUR_MS, source=source
    )
    groups: dict[tuple[str, int], list[HourRow]] = {}
    for one in found:
        groups.setdefault((one.source, one.hour_ms), []).append(one)
    return [
        Explained(
            row["source"],
            row["hour_ms"],
            Counts(**{name: row[name] for name in _FIELDS}),
            tuple(groups.get((row["source"], row["hour_ms"]), ())),
        )
        for row in rows
    ]


def told(one: Explained) -> dict[str, Any]:
    """Return a row as JSON shows it."""
    return {
        "source": one.source,
        "hour_ms": one.hour_ms,
        **dataclasses.asdict(one.counts),
        "balanced": one.missing == 0,
        "missing": one.missing,
        "in_flight": one.in_flight,
        "unexplained": one.unexplained,
        "groups": [_group(group) for group in one.groups],
    }


def _group(group: HourRow) -> dict[str, Any]:
    return {name: value for name, value in msgspec.structs.asdict(group).items() if name not in {"source", "hour_ms"}}
