"""Small facts about the whole installation, as JSON by key: `pipeline` (heartbeat), `clock`."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, select

from alerts.store.statements import insert_or_change
from alerts.store.tables import META


def put(connection: Connection, key: str, value: Any) -> None:
    """Set a fact."""
    connection.execute(insert_or_change(connection, META, replace=("value",)), {"key": key, "value": json.dumps(value)})


def get(connection: Connection, key: str) -> Any:
    """Return a fact, or None."""
    text = connection.execute(select(META.c.value).where(META.c.key == key)).scalar_one_or_none()
    return None if text is None else json.loads(text)
