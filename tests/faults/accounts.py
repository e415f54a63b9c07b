"""Where every frame is, by the ledger's own word: source by source and hour by hour, after a fault."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Engine

from alerts.store import explained
from alerts.store.database import reading


class Row(NamedTuple):
    """A source and hour: what has no outcome, and what was refused without a letter that says what and why."""

    source: str
    hour_ms: int
    missing: int
    unexplained: int


class Accounts(NamedTuple):
    """`open`: rows that do not add up; `frames`: how many frames are accounted for, by source."""

    open: list[Row]
    frames: dict[str, int]


def read(engine: Engine) -> Accounts:
    """Return what the ledger says of each source and hour."""
    with reading(engine) as connection:
        rows = explained.read(connection, limit=1_000)
    frames: dict[str, int] = {}
    for one in rows:
        frames[one.source] = frames.get(one.source, 0) + one.counts.frames
    told = [Row(one.source, one.hour_ms, one.missing, one.unexplained) for one in rows]
    return Accounts([one for one in told if one.missing or one.unexplained], frames)
