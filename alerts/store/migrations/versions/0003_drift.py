"""Drift: dead letters know dialect, device and model; what frames looked like by hour, and the alarms of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add columns and tables; what was refused before has no dialect, device or model."""
    op.add_column("dead_letters", sa.Column("redrives", sa.Integer(), server_default="0", nullable=False))
    for name, length in (("dialect", 32), ("device", 128), ("model", 128)):
        op.add_column("dead_letters", sa.Column(name, sa.String(length), server_default="", nullable=False))
    op.execute("UPDATE dead_letters SET redrives = 1 WHERE redriven_at_ms IS NOT NULL")
    op.drop_index("dead_letters_by_reason", "dead_letters")
    op.create_index("dead_letters_by_group", "dead_letters", ["stage", "reason", "dialect", "model"], unique=False)
    op.create_index("dead_letters_by_device", "dead_letters", ["reason", "device"], unique=False)
    op.create_table(
        "drift_counts",
        sa.Column("hour_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("shard", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("dialect", sa.String(length=32), nullable=False),
        sa.Column("model", sa.String(length=128), nullable=False),
        sa.Column("property", sa.String(length=64), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("sample", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("hour_ms", "shard", "dialect", "model", "property"),
    )
    op.create_table(
        "drift_alarms",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("dialect", sa.String(length=32), nullable=False),
        sa.Column("model", sa.String(length=128), nullable=False),
        sa.Column("property", sa.String(length=64), nullable=False),
        sa.Column("opened_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("cleared_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("cleared_how", sa.String(length=12), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kind", "dialect", "model", "property", "opened_at_ms", name="drift_alarm_identity"),
    )
    op.create_index("drift_alarms_open", "drift_alarms", ["cleared_at_ms"], unique=False)
