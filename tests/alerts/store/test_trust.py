"""Where devices stand in the case store."""

from __future__ import annotations

from alerts.store import trust
from alerts.store.database import migrate, open_database


def test_rows_are_written_changed_and_deleted() -> None:
    """The last that was saved is loaded, only of the areas that are served."""
    engine = open_database("sqlite://")
    migrate(engine)
    with engine.begin() as connection:
        trust.save(connection, {"a-1": b"1", "a-2": b"2", "b-1": b"3", "b-2": b"4"}, lambda device: device[0])
        trust.save(connection, {"a-1": b"5", "a-2": None, "never": None}, lambda device: device[0])

        assert sorted(trust.load(connection, lambda area: area == "a")) == [("a-1", b"5")]
        assert sorted(trust.load(connection, lambda _area: True)) == [("a-1", b"5"), ("b-1", b"3"), ("b-2", b"4")]
    engine.dispose()
