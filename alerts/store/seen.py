"""What has been seen (`ingest.dedup`), for each shard: a snapshot and the journal rows of the epochs after it.

The embedded runtime has one shard, 0; the cluster runtime has one for each partition.

A third kind of row, `late`, names late observations that are written to the time-series store before the epoch that
takes them in is committed: if that never happens, they are stored and were not judged, and are new when they come
again.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select

from alerts.store import turn
from alerts.store.tables import SEEN
from ingest import dedup
from ingest.dedup import Identity

_LATE = "late"
_APPEND = insert(SEEN)  # of every epoch: built once


def append(connection: Connection, epoch: int, packed: bytes, shard: int = 0) -> None:
    """Add the journal row of an epoch."""
    connection.execute(_APPEND, {"shard": shard, "epoch": epoch, "kind": "journal", "packed": packed})


def snapshot(connection: Connection, epoch: int, packed: bytes, shard: int = 0) -> None:
    """Replace everything up to and with `epoch` by one snapshot."""
    connection.execute(delete(SEEN).where(_of(shard), SEEN.c.epoch <= epoch))
    connection.execute(insert(SEEN).values(shard=shard, epoch=epoch, kind="snapshot", packed=packed))


def load(connection: Connection, shard: int = 0) -> list[bytes]:
    """Return the snapshot and the journal rows in order of epochs."""
    return list(connection.execute(select(SEEN.c.packed).where(_of(shard)).order_by(SEEN.c.epoch)).scalars())


def last_epoch(connection: Connection, shard: int = 0) -> int:
    """Return the number of the last epoch that was committed with observations, 0 before the first."""
    query = select(func.coalesce(func.max(SEEN.c.epoch), 0)).where(SEEN.c.shard == shard)
    return int(connection.execute(query).scalar_one())


def intend(connection: Connection, late: AbstractSet[Identity], shard: int = 0) -> None:
    """Name late observations that are about to be stored; takes the turn."""
    turn.take(connection)
    _put_intended(connection, intended(connection, shard) | late, shard)


def settle(connection: Connection, late: AbstractSet[Identity], shard: int = 0) -> None:
    """Forget the names of late observations that are taken in with this transaction; takes the turn if there are."""
    if late:
        turn.take(connection)
        _put_intended(connection, intended(connection, shard) - late, shard)


def intended(connection: Connection, shard: int = 0) -> set[Identity]:
    """Return the late observations that may be stored though they were not taken in."""
    query = select(SEEN.c.packed).where(SEEN.c.shard == shard, SEEN.c.kind == _LATE)
    packed = connection.execute(query).scalar_one_or_none()
    return dedup.unpack_identities(packed) if packed else set()


def _put_intended(connection: Connection, late: AbstractSet[Identity], shard: int) -> None:
    connection.execute(delete(SEEN).where(SEEN.c.shard == shard, SEEN.c.kind == _LATE))
    if late:
        row = {"shard": shard, "epoch": 0, "kind": _LATE, "packed": dedup.pack_identities(late)}
        connection.execute(insert(SEEN).values(**row))


def _of(shard: int) -> ColumnElement[bool]:
    return (SEEN.c.shard == shard) & (SEEN.c.kind != _LATE)
