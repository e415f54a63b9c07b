"""What has been seen (`ingest.dedup`), for each shard: a snapshot and the journal rows of the epochs after it.

The embedded runtime has one shard, 0; the cluster runtime has one for each partition.
"""

from __future__ import annotations

from sqlalchemy import Connection, delete, func, insert, select

from alerts.store.tables import SEEN


def append(connection: Connection, epoch: int, packed: bytes, shard: int = 0) -> None:
    """Add the journal row of an epoch."""
    connection.execute(insert(SEEN).values(shard=shard, epoch=epoch, kind="journal", packed=packed))


def snapshot(connection: Connection, epoch: int, packed: bytes, shard: int = 0) -> None:
    """Replace everything up to and with `epoch` by one snapshot."""
    connection.execute(delete(SEEN).where(SEEN.c.shard == shard, SEEN.c.epoch <= epoch))
    connection.execute(insert(SEEN).values(shard=shard, epoch=epoch, kind="snapshot", packed=packed))


def load(connection: Connection, shard: int = 0) -> list[bytes]:
    """Return the snapshot and the journal rows in order of epochs."""
    return list(connection.execute(select(SEEN.c.packed).where(SEEN.c.shard == shard).order_by(SEEN.c.epoch)).scalars())


def last_epoch(connection: Connection, shard: int = 0) -> int:
    """Return the number of the last epoch that was committed with observations, 0 before the first."""
    query = select(func.coalesce(func.max(SEEN.c.epoch), 0)).where(SEEN.c.shard == shard)
    return int(connection.execute(query).scalar_one())
