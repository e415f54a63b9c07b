"""The case store: SQLAlchemy tables, one module per aggregate, outbox and audit; Alembic migrations beside them."""
