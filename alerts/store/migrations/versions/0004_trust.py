"""Trust: the standing of devices that fail quality checks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; every device is wholly trusted at first."""
    op.create_table(
        "device_trust",
        sa.Column("device_id", sa.String(length=64), nullable=False),
        sa.Column("area", sa.String(length=9), server_default="", nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("device_id"),
    )
