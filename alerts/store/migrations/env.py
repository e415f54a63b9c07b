"""Alembic's entry: runs the steps in the transaction that `alerts.store.database.migrate` hands over."""

from __future__ import annotations

from alembic import context

from alerts.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,  # SQLite alters a table by copying it
)
context.run_migrations()
