"""The audit log: every change that a person makes, append-only, each row chained to the one before by its hash.

A row's hash is SHA-256 over its own content and the previous row's hash; who alters or drops a row breaks the chain
from there on (`verify`). The first row is chained to 64 zeros.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select

from alerts.store import turn
from alerts.store.tables import AUDIT

_START = "0" * 64


def append(
    connection: Connection,
    *,
    now_ms: int,
    actor: str,
    action: str,
    object: str,  # noqa: A002 - the column's name, as in `who did what to which object`
    detail: Mapping[str, Any] | str = "",
) -> None:
    """Append what `actor` did (`case.file`) to which object (`case 12`); `detail` is plain data without secrets."""
    turn.take(connection)
    last = connection.execute(select(AUDIT.c.hash).order_by(AUDIT.c.id.desc()).limit(1)).scalar_one_or_none()
    row = {
        "at_ms": now_ms,
        "actor": actor,
        "action": action,
        "object": object,
        "detail": detail if isinstance(detail, str) else msgspec.json.encode(detail, order="sorted").decode(),
        "previous_hash": last or _START,
    }
    connection.execute(insert(AUDIT).values(**row, hash=_hash(row)))


def verify(connection: Connection) -> int | None:
    """Return the id of the first row that does not fit the chain, or None where the whole of it does."""
    previous = _START
    for row in connection.execute(select(AUDIT).order_by(AUDIT.c.id)).mappings():
        content = {name: row[name] for name in ("at_ms", "actor", "action", "object", "detail", "previous_hash")}
        if row["previous_hash"] != previous or row["hash"] != _hash(content):
            return int(row["id"])
        previous = row["hash"]
    return None


def _hash(content: dict[str, Any]) -> str:
    return sha256(msgspec.json.encode(content, order="sorted")).hexdigest()
