"""Shards: what was seen by shard, rule states by sub-district, and how far the records of Kafka were taken."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table of offsets and the two columns; what the embedded runtime wrote is shard 0."""
    op.create_table(
        "kafka_offsets",
        sa.Column("topic", sa.String(length=249), nullable=False),
        sa.Column("partition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic", "partition"),
    )
    op.rename_table("seen", "seen_before")
    op.create_table(
        "seen",
        sa.Column("shard", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("shard", "epoch", "kind"),
    )
    op.execute("INSERT INTO seen (shard, epoch, kind, packed) SELECT 0, epoch, kind, packed FROM seen_before")
    op.drop_table("seen_before")
    op.add_column("rule_states", sa.Column("area", sa.String(length=9), server_default="", nullable=False))
    op.create_index("rule_states_by_area", "rule_states", ["area"], unique=False)
