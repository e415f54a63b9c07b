"""Small facts about the whole installation, as JSON by key: `pipeline` (heartbeat), `clock`."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from alerts.store.tables import META


def put(connection: Connection, key: str, value: Any) -> None:
    """Set a fact."""
    statement = insert(META).values(key=key, value=json.dumps(value))
    connection.execute(
        statement.on_conflict_do_update(index_elements=["key"], set_={"value": statement.excluded.value})
    )


def get(connection: Connection, key: str) -> Any:
    """Return a fact, or None."""
    text = connection.execute(select(META.c.value).where(META.c.key == key)).scalar_one_or_none()
    return None if text is None else json.loads(text)
