"""How far the records of a Kafka partition have had their effects, written in the transaction of the effects.

A record whose offset is not above the stored one has had them, however often it comes. `version` grows with every
commit of the partition: an owner that does not know the latest one was replaced by another, and must not commit.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, select, update

from alerts.store.statements import insert_new
from alerts.store.tables import KAFKA_OFFSETS


class Mark(NamedTuple):
    """Offset of the last record that had its effects (-1: none yet), and the number of commits so far."""

    offset: int = -1
    version: int = 0


class FencedError(Exception):
    """Another owner of the partition has committed since this one read its mark."""


_ROW = (KAFKA_OFFSETS.c.topic == bindparam("of")) & (KAFKA_OFFSETS.c.partition == bindparam("number"))
_READ = select(KAFKA_OFFSETS.c.offset, KAFKA_OFFSETS.c.version).where(_ROW)
_ADVANCE = update(KAFKA_OFFSETS).where(_ROW & (KAFKA_OFFSETS.c.version == bindparam("known")))


def read(connection: Connection, topic: str, partition: int) -> Mark:
    """Return the mark of a partition."""
    row = connection.execute(_READ, {"of": topic, "number": partition}).one_or_none()
    return Mark() if row is None else Mark(row.offset, row.version)


def advance(connection: Connection, topic: str, partition: int, known: Mark, offset: int) -> Mark:
    """Move the mark to `offset`; raise FencedError if it is not the known one any more."""
    after = Mark(offset, known.version + 1)
    if known.version == 0:
        row = {"topic": topic, "partition": partition, **after._asdict()}
        done = connection.execute(insert_new(connection, KAFKA_OFFSETS), row)
    else:
        where = {"of": topic, "number": partition, "known": known.version}
        done = connection.execute(_ADVANCE, {**where, **after._asdict()})
    if done.rowcount != 1:
        raise FencedError(f"{topic} partition {partition} has another owner")
    return after


def forget(connection: Connection, topic: str) -> None:
    """Begin the topic anew: it was made again and counts its records from 0."""
    connection.execute(delete(KAFKA_OFFSETS).where(KAFKA_OFFSETS.c.topic == topic))
