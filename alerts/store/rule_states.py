"""The state of rules per subject: rows are written only where a step changed them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from alerts.store.tables import RULE_STATES

Key = tuple[str, str, str]  # rule id, subject kind, subject id


def save(connection: Connection, changed: Mapping[Key, bytes | None]) -> None:
    """Write the changed states; None deletes."""
    kept = [
        {"rule_id": rule, "subject_kind": kind, "subject_id": subject, "packed": packed}
        for (rule, kind, subject), packed in changed.items()
        if packed is not None
    ]
    if kept:
        statement = insert(RULE_STATES)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["rule_id", "subject_kind", "subject_id"],
                set_={"packed": statement.excluded.packed},
            ),
            kept,
        )
    for rule, kind, subject in (key for key, packed in changed.items() if packed is None):
        row = (RULE_STATES.c.rule_id == rule) & (RULE_STATES.c.subject_kind == kind)
        connection.execute(delete(RULE_STATES).where(row & (RULE_STATES.c.subject_id == subject)))


def load(connection: Connection) -> Iterator[tuple[str, str, str, bytes]]:
    """Yield (rule id, subject kind, subject id, packed state)."""
    for row in connection.execute(select(RULE_STATES)):
        yield row.rule_id, row.subject_kind, row.subject_id, row.packed
