"""What has been seen (`ingest.dedup`): a snapshot and the journal rows of the epochs after it."""

from __future__ import annotations

from sqlalchemy import Connection, delete, func, insert, select

from alerts.store.tables import SEEN


def append(connection: Connection, epoch: int, packed: bytes) -> None:
    """Add the journal row of an epoch."""
    connection.execute(insert(SEEN).values(epoch=epoch, kind="journal", packed=packed))


def snapshot(connection: Connection, epoch: int, packed: bytes) -> None:
    """Replace everything up to and with `epoch` by one snapshot."""
    connection.execute(delete(SEEN).where(SEEN.c.epoch <= epoch))
    connection.execute(insert(SEEN).values(epoch=epoch, kind="snapshot", packed=packed))


def load(connection: Connection) -> list[bytes]:
    """Return the snapshot and the journal rows in order of epochs."""
    return list(connection.execute(select(SEEN.c.packed).order_by(SEEN.c.epoch)).scalars())


def last_epoch(connection: Connection) -> int:
    """Return the number of the last epoch that was committed with observations, 0 before the first."""
    return int(connection.execute(select(func.coalesce(func.max(SEEN.c.epoch), 0))).scalar_one())
