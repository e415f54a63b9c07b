"""Marks of Kafka partitions: they move with the effects, and only for who knows the latest."""

from __future__ import annotations

import pytest

from alerts.store import kafka_offsets
from alerts.store.database import migrate, open_database
from alerts.store.kafka_offsets import FencedError, Mark

TOPIC = "wangge.observations.v1"


def test_mark_moves_on() -> None:
    """The first commit makes the row, later ones move it; partitions and topics do not mix."""
    engine = open_database("sqlite://")
    migrate(engine)
    with engine.begin() as connection:
        start = kafka_offsets.read(connection, TOPIC, 3)
        first = kafka_offsets.advance(connection, TOPIC, 3, start, 10)
        second = kafka_offsets.advance(connection, TOPIC, 3, first, 12)

        assert (start, first, second) == (Mark(-1, 0), Mark(10, 1), Mark(12, 2))
        assert kafka_offsets.read(connection, TOPIC, 3) == second
        assert kafka_offsets.read(connection, TOPIC, 4) == Mark()
    engine.dispose()


def test_replaced_owner_is_fenced() -> None:
    """Who does not know the latest mark cannot move it, at the first commit and later."""
    engine = open_database("sqlite://")
    migrate(engine)
    with engine.begin() as connection:
        first = kafka_offsets.advance(connection, TOPIC, 0, Mark(), 5)
        with pytest.raises(FencedError, match="partition 0 has another owner"):
            kafka_offsets.advance(connection, TOPIC, 0, Mark(), 5)
        kafka_offsets.advance(connection, TOPIC, 0, first, 6)
        with pytest.raises(FencedError):
            kafka_offsets.advance(connection, TOPIC, 0, first, 7)
    engine.dispose()


def test_topic_made_anew() -> None:
    """A topic that was made again begins at 0, others go on."""
    engine = open_database("sqlite://")
    migrate(engine)
    with engine.begin() as connection:
        kafka_offsets.advance(connection, TOPIC, 0, Mark(), 5)
        other = kafka_offsets.advance(connection, "other", 0, Mark(), 6)
        kafka_offsets.forget(connection, TOPIC)

        assert kafka_offsets.read(connection, TOPIC, 0) == Mark()
        assert kafka_offsets.read(connection, "other", 0) == other
    engine.dispose()
