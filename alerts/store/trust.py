"""Devices that fail quality checks: how far each is trusted (`ingest.trust` packs it). Others have no row.

A row carries the sub-district (`area`) of its device, so that a shard of the cluster runtime loads only its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from sqlalchemy import Connection, delete, select

from alerts.store.statements import insert_or_change
from alerts.store.tables import DEVICE_TRUST


def save(connection: Connection, changed: Mapping[str, bytes | None], area_of: Callable[[str], str]) -> None:
    """Write what changed, by device id; None deletes. `area_of` tells the sub-district of a device."""
    kept = [
        {"device_id": device_id, "area": area_of(device_id), "packed": packed}
        for device_id, packed in changed.items()
        if packed is not None
    ]
    if kept:
        connection.execute(insert_or_change(connection, DEVICE_TRUST, replace=("packed", "area")), kept)
    gone = [device_id for device_id, packed in changed.items() if packed is None]
    if gone:
        connection.execute(delete(DEVICE_TRUST).where(DEVICE_TRUST.c.device_id.in_(gone)))


def load(connection: Connection, serves: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """Yield (device id, packed) of the areas that are served."""
    for row in connection.execute(select(DEVICE_TRUST)):
        if serves(row.area):
            yield row.device_id, row.packed
