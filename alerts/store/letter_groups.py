"""Dead letters by group (stage, reason, dialect, device model and firmware), and by the hour in which they came."""

from __future__ import annotations

from collections import defaultdict

import msgspec
from sqlalchemy import Connection, case, func, select

from alerts.store.deadletters import EVERY, Choice, chosen, model_parts
from alerts.store.rows import all_of
from alerts.store.tables import DEAD_LETTERS

DAY_MS = 86_400_000
_KEY = ("stage", "reason", "dialect", "model")


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Letters of one group that wait; `model` is without firmware here, both are empty where the frames name none.

    `letters` are different frames, received `times` times in all; `refused_again` of them were published again and
    refused again, and `redriven` more were published again and not refused since. `days` counts the letters that came
    first on each of the last days, the oldest first. `example` is the id of the letter that came last.
    """

    stage: str
    reason: str
    dialect: str
    model: str
    firmware: str
    letters: int
    times: int
    refused_again: int
    redriven: int
    first_received_at_ms: int
    last_received_at_ms: int
    example: str
    detail: str
    days: tuple[int, ...]


class HourRow(msgspec.Struct, frozen=True, kw_only=True):
    """Letters of one source, hour of first receipt and group: what explains a row of the ledger."""

    source: str
    hour_ms: int
    stage: str
    reason: str
    dialect: str
    model: str
    letters: int
    times: int
    waiting: int
    redriven: int


class _Sums(msgspec.Struct, frozen=True):
    stage: str
    reason: str
    dialect: str
    model: str
    letters: int
    times: int
    refused_again: int
    redriven: int
    first_received_at_ms: int
    last_received_at_ms: int


def groups(
    connection: Connection, choice: Choice = EVERY, *, now_ms: int, days: int = 14, offset_ms: int = 0
) -> list[Group]:
    """Return the groups that have letters waiting, the most frequent first.

    Days begin at midnight of a zone that is `offset_ms` ahead of UTC; the last one is that of `now_ms`.
    """
    c = DEAD_LETTERS.c
    keys = [c[name] for name in _KEY]
    waits = c.redriven_at_ms.is_(None)
    times = func.sum(case((waits, c.times), else_=0))
    sums = (
        select(
            *keys,
            func.sum(case((waits, 1), else_=0)).label("letters"),
            times.label("times"),
            func.sum(case((waits & (c.redrives > 0), 1), else_=0)).label("refused_again"),
            func.sum(case((waits, 0), else_=1)).label("redriven"),
            func.min(c.first_received_at_ms).label("first_received_at_ms"),
            func.max(c.last_received_at_ms).label("last_received_at_ms"),
        )
        .where(chosen(choice))
        .group_by(*keys)
        .having(func.sum(case((waits, 1), else_=0)) > 0)
        .order_by(times.desc(), *keys)
    )
    today = (now_ms + offset_ms) // DAY_MS
    trend = _days(connection, choice, today - days + 1, offset_ms)
    latest = _latest(connection, choice)
    return [
        _group(one, latest[_key(one)], tuple(trend[_key(one)].get(today - age, 0) for age in reversed(range(days))))
        for one in all_of(connection, sums, _Sums)
    ]


def hours(connection: Connection, *, from_ms: int, to_ms: int, source: str | None = None) -> list[HourRow]:
    """Return the letters that first came in the hours between two times, by source, hour and group, newest first."""
    c = DEAD_LETTERS.c
    hour = (c.first_received_at_ms // 3_600_000 * 3_600_000).label("hour_ms")
    keys = [c[name] for name in _KEY]
    query = (
        select(
            c.source,
            hour,
            *keys,
            func.count().label("letters"),
            func.sum(c.times).label("times"),
            func.sum(case((c.redriven_at_ms.is_(None), 1), else_=0)).label("waiting"),
            func.sum(case((c.redriven_at_ms.is_(None), 0), else_=1)).label("redriven"),
        )
        .where(c.first_received_at_ms >= from_ms, c.first_received_at_ms < to_ms)
        .group_by(c.source, hour, *keys)
        .order_by(hour.desc(), c.source, *keys)
    )
    return all_of(connection, query if source is None else query.where(c.source == source), HourRow)


def _days(
    connection: Connection, choice: Choice, first_day: int, offset_ms: int
) -> dict[tuple[str, ...], dict[int, int]]:
    """Return how many letters came first on each day from `first_day` on, by group."""
    c = DEAD_LETTERS.c
    keys = [c[name] for name in _KEY]
    day = ((c.first_received_at_ms + offset_ms) // DAY_MS).label("day")
    since = c.first_received_at_ms >= first_day * DAY_MS - offset_ms
    result: dict[tuple[str, ...], dict[int, int]] = defaultdict(dict)
    for *key, on, letters in connection.execute(
        select(*keys, day, func.count()).where(chosen(choice), since).group_by(*keys, day)
    ):
        result[tuple(key)][int(on)] = letters
    return result


def _latest(connection: Connection, choice: Choice) -> dict[tuple[str, ...], tuple[str, str]]:
    """Return id and detail of the waiting letter that came last, by group."""
    c = DEAD_LETTERS.c
    keys = [c[name] for name in _KEY]
    place = func.row_number().over(partition_by=keys, order_by=(c.last_received_at_ms.desc(), c.id)).label("place")
    ranked = select(*keys, c.id, c.detail, place).where(chosen(choice), c.redriven_at_ms.is_(None)).subquery()
    return {
        tuple(key): (identity, detail)
        for *key, identity, detail, _ in connection.execute(select(ranked).where(ranked.c.place == 1))
    }


def _key(one: _Sums) -> tuple[str, ...]:
    return one.stage, one.reason, one.dialect, one.model


def _group(one: _Sums, latest: tuple[str, str], days: tuple[int, ...]) -> Group:
    model, firmware = model_parts(one.model)
    values = msgspec.structs.asdict(one) | {"model": model, "firmware": firmware}
    return Group(**values, example=latest[0], detail=latest[1], days=days)
