"""The state of rules per subject: rows are written only where a step changed them.

A row carries the sub-district (`area`) of its subject, so that a shard of the cluster runtime loads only its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from sqlalchemy import Connection, delete, select

from alerts.store.statements import insert_or_change
from alerts.store.tables import RULE_STATES

Key = tuple[str, str, str]  # rule id, subject kind, subject id


def save(connection: Connection, changed: Mapping[Key, bytes | None], area_of: Callable[[Key], str]) -> None:
    """Write the changed states; None deletes. `area_of` tells the sub-district of a subject."""
    kept = [
        {"rule_id": key[0], "subject_kind": key[1], "subject_id": key[2], "area": area_of(key), "packed": packed}
        for key, packed in changed.items()
        if packed is not None
    ]
    if kept:
        connection.execute(insert_or_change(connection, RULE_STATES, replace=("packed", "area")), kept)
    for rule, kind, subject in (key for key, packed in changed.items() if packed is None):
        row = (RULE_STATES.c.rule_id == rule) & (RULE_STATES.c.subject_kind == kind)
        connection.execute(delete(RULE_STATES).where(row & (RULE_STATES.c.subject_id == subject)))


def load(connection: Connection, serves: Callable[[str], bool] | None = None) -> Iterator[tuple[str, str, str, bytes]]:
    """Yield (rule id, subject kind, subject id, packed state), all or those of the areas that are served."""
    query = select(RULE_STATES)
    if serves is not None:
        areas = connection.execute(select(RULE_STATES.c.area).distinct()).scalars()
        query = query.where(RULE_STATES.c.area.in_([area for area in areas if serves(area)]))
    for row in connection.execute(query):
        yield row.rule_id, row.subject_kind, row.subject_id, row.packed
