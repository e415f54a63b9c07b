"""What the pipeline keeps beside cases: ledger, what was seen, states of rules, offsets, small facts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from alerts.cases.workflow import Role
from alerts.errors import Conflict
from alerts.store import kafka_offsets, ledger, meta, rule_states, seen, users
from alerts.store.kafka_offsets import FencedError, Mark
from ingest.flow import Counts
from tests.alerts.conftest import Rows

HOUR_MS = 3_600_000


def test_ledger_adds_up(connection: Connection) -> None:
    """Counts of one source and hour join, others stand by themselves, the newest hour first."""
    counts = Counts(frames=2, received=5, stored=3, duplicate=1, refused=1)
    for hour_ms in (0, HOUR_MS, HOUR_MS):
        ledger.add(connection, "mqtt", hour_ms, counts)
    ledger.acknowledged(connection, "mqtt", HOUR_MS, 4)

    rows = ledger.read(connection)

    assert [(row.source, row.hour_ms, row.counts.received) for row in rows] == [("mqtt", HOUR_MS, 10), ("mqtt", 0, 5)]
    assert (rows[0].counts.acknowledged, rows[1].counts.acknowledged) == (4, 0)
    assert ledger.total(connection) == Counts(
        frames=6, acknowledged=4, received=15, stored=9, duplicate=3, refused=3, dead_lettered=0
    )


def test_ledger_holds_many(connection: Connection) -> None:
    """Sums go far beyond 32 bits."""
    for _ in range(2):
        ledger.add(connection, "mqtt", 0, Counts(received=2**40))

    assert ledger.total(connection).received == 2**41


def test_seen_by_shard(connection: Connection) -> None:
    """A snapshot replaces what came before it, in its own shard only."""
    for epoch in (1, 2):
        seen.append(connection, epoch, b"\0%d" % epoch)
    seen.append(connection, 7, b"other", 1)
    before = seen.load(connection)

    seen.snapshot(connection, 3, b"all")
    seen.append(connection, 4, b"more")

    assert before == [b"\0001", b"\0002"]
    assert seen.load(connection) == [b"all", b"more"]
    assert (seen.last_epoch(connection), seen.last_epoch(connection, 1), seen.last_epoch(connection, 2)) == (4, 7, 0)


def _in(area: str) -> Callable[[rule_states.Key], str]:
    """Return what says that every subject is in one area."""
    return lambda _key: area


def test_rule_states_change(connection: Connection) -> None:
    """States are written, written over, deleted, and loaded by area; thousands in one go."""
    keys = [("flood.road", "device", f"wl-{number}") for number in range(2500)]
    rule_states.save(connection, dict.fromkeys(keys, b"\0old"), _in("450107003"))
    rule_states.save(connection, {keys[0]: b"new", keys[1]: None}, _in("450107001"))

    loaded = {row[2]: row[3] for row in rule_states.load(connection)}

    assert len(loaded) == 2499
    assert (loaded["wl-0"], loaded["wl-2"]) == (b"new", b"\0old")
    assert [row[2] for row in rule_states.load(connection, lambda area: area == "450107001")] == ["wl-0"]


def test_meta_is_the_latest(connection: Connection) -> None:
    """A fact is what was said last."""
    meta.put(connection, "pipeline", {"epoch": 1})
    meta.put(connection, "pipeline", {"epoch": 2, "word": "观测"})

    assert meta.get(connection, "pipeline") == {"epoch": 2, "word": "观测"}
    assert meta.get(connection, "clock") is None


def test_offsets_advance_for_the_one_owner(connection: Connection) -> None:
    """Every commit moves the mark; who does not know the latest one is refused, at the first commit too."""
    first = kafka_offsets.advance(connection, "observations", 3, Mark(), 10)
    second = kafka_offsets.advance(connection, "observations", 3, first, 12)

    assert second == kafka_offsets.read(connection, "observations", 3) == Mark(12, 2)
    for known in (Mark(), first):
        with pytest.raises(FencedError, match="observations partition 3 has another owner"):
            kafka_offsets.advance(connection, "observations", 3, known, 11)
    kafka_offsets.forget(connection, "observations")
    assert kafka_offsets.read(connection, "observations", 3) == Mark()


def test_a_refused_insert_leaves_the_transaction_whole(connection: Connection, rows: Rows) -> None:
    """A name that is taken is told, and what else the transaction did stands."""
    password = "a long enough one"  # noqa: S105 - a test's
    users.create(connection, "wang", password, Role.OPERATOR, now_ms=1)
    with pytest.raises(Conflict):
        users.create(connection, "wang", password, Role.VIEWER, now_ms=2)

    assert [(row["name"], row["role"]) for row in rows("users")] == [("wang", "operator")]
