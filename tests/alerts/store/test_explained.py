"""The ledger balances whatever comes, and says by name where each missing frame is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from alerts.store import deadletters, explained, ledger
from alerts.store.database import migrate, open_database
from alerts.store.tables import DEAD_LETTERS, LEDGER
from ingest.flow import HOUR_MS, Counts, count, take_in
from ingest.model import Frame, Observation, Refusal
from tests.ingest.dialects.recorded import register_of

REGISTER = register_of({"ws-1": {"domain": "weather"}})
SERIES = REGISTER.table["ws-1"]["weather.temperature"]
FRAMES = st.lists(
    st.tuples(
        st.sampled_from(["mqtt", "north"]),
        st.integers(0, 3 * HOUR_MS - 1),
        st.sampled_from([b"1", b"2", b"3", b"unit", b"unreadable", b"mistake", b"unit2"]),
    ),
    max_size=40,
)


def decode(frame: Frame) -> tuple[Observation, ...] | Refusal:
    """Read a number as so many observations; refuse, dead-letter or fail where the text says so."""
    if frame.payload.isdigit():
        at_ms = frame.received_at_ms
        return tuple(Observation(SERIES, 1.0, at_ms + index, at_ms) for index in range(int(frame.payload)))
    if frame.payload == b"mistake":
        raise ZeroDivisionError
    stage, reason = ("decode", "not_json") if frame.payload == b"unreadable" else ("normalise", "unit")
    return Refusal(stage=stage, reason=reason, detail="why", dialect="wangge_json", model="m@1")


def account(engine: Engine, frames: list[Frame], seen: set[int]) -> None:
    """Do what the line does with an epoch, without its stores: times that were there before are duplicates."""
    frames = sorted(frames, key=lambda one: (one.source, one.received_at_ms // HOUR_MS))
    with engine.begin() as connection:
        for intake in take_in(frames, decode, 0):
            new = {one.phenomenon_time_ms for one in intake.observations} - seen
            seen |= new
            letters = deadletters.add(connection, intake.letters)
            counts = count(intake, stored=len(new), unstorable=0, new_letters=letters)
            ledger.add(connection, intake.source, intake.hour_ms, counts)


@pytest.fixture(scope="module")
def memory() -> Iterator[Engine]:
    """Return a database that every example empties."""
    engine = open_database("sqlite://")
    migrate(engine)
    yield engine
    engine.dispose()


@settings(max_examples=60, deadline=None)
@given(epochs=st.lists(FRAMES, max_size=4))
def test_every_frame_is_explained(memory: Engine, epochs: list[list[tuple[str, int, bytes]]]) -> None:
    """Whatever comes in whatever order, and twice: rows balance, and letters are as many as were refused."""
    with memory.begin() as connection:
        connection.execute(DEAD_LETTERS.delete())
        connection.execute(LEDGER.delete())
    seen: set[int] = set()
    for epoch in (*epochs, *epochs):
        account(memory, [Frame("t", payload, at_ms, source) for source, at_ms, payload in epoch], seen)
    with memory.begin() as connection:
        rows = explained.read(connection)

    assert all(row.missing == 0 for row in rows)
    assert sum(row.counts.frames for row in rows) == 2 * sum(map(len, epochs))
    assert sum(row.unexplained for row in rows) == 0
    for row in rows:
        decoded = sum(group.letters for group in row.groups if group.stage == "decode")
        assert row.unexplained != 0 or decoded == row.counts.dead_lettered


def test_read(engine: Engine) -> None:
    """A row has the groups of its hour and source, what is in flight, and what was published again."""
    frames = [Frame("t", payload, HOUR_MS + 5, "mqtt") for payload in (b"2", b"unit", b"unit2", b"unreadable")]
    account(engine, frames, set())
    with engine.begin() as connection:
        ledger.add(connection, "north", 0, Counts(frames=1, received=1))
        ledger.acknowledged(connection, "mqtt", HOUR_MS, 3)
        letter = deadletters.get(connection, deadletters.letter_id(frames[1]))
        assert letter is not None
        deadletters.mark_redriven(connection, [letter], 9)
        rows = explained.read(connection)
        one = explained.read(connection, source="mqtt", hour_ms=HOUR_MS)
        none = explained.read(connection, source="north", hour_ms=HOUR_MS)

    assert [(row.source, row.missing, row.in_flight, row.unexplained) for row in rows] == [
        ("mqtt", 0, 1, 0),
        ("north", 1, 1, 0),
    ]
    told = explained.told(one[0])
    assert (told["balanced"], told["received"], told["stored"], told["refused"], told["dead_lettered"]) == (
        True,
        5,
        2,
        2,
        1,
    )
    assert [(group["reason"], group["model"], group["letters"], group["redriven"]) for group in told["groups"]] == [
        ("not_json", "m@1", 1, 0),
        ("unit", "m@1", 2, 1),
    ]
    assert none == []
