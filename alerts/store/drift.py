"""What frames looked like by hour, and the alarms that came of it: the rows behind `ingest.drift`."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, RowMapping, bindparam, delete, select, update

from alerts.store.statements import insert_new, insert_or_change
from alerts.store.tables import DRIFT_ALARMS, DRIFT_COUNTS
from ingest.drift import HOUR_MS, Hour, Key, Tally, unpack
from ingest.drift_alarms import Alarm, Figures, OpenAlarm

Tallies = dict[int, dict[Key, Tally]]


class Figured(msgspec.Struct, frozen=True, kw_only=True):
    """The part of an alarm that lies in the column `detail`."""

    before: Figures
    after: Figures
    change: str = ""
    reasons: dict[str, int] = {}


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm with its life: it is open while `cleared_at_ms` is None."""

    id: int
    alarm: Alarm
    opened_at_ms: int
    cleared_at_ms: int | None
    cleared_how: str | None


def save(connection: Connection, hour: Hour, shard: int) -> None:
    """Write the tallies of an hour that have changed, in place of what was there."""
    rows = [
        {
            "hour_ms": hour.hour_ms,
            "shard": shard,
            "dialect": key.dialect[:32],
            "model": key.model[:128],
            "property": key.observed_property[:64],
            "seen": tally.seen,
            "refused": tally.refused,
            "sample": tally.pack(),
        }
        for key in sorted(hour.changed)
        for tally in (hour.tallies[key],)
    ]
    if rows:
        connection.execute(insert_or_change(connection, DRIFT_COUNTS, replace=("seen", "refused", "sample")), rows)


def load(connection: Connection, *, from_ms: int, to_ms: int, shard: int | None = None) -> Tallies:
    """Return the tallies of the hours from `from_ms` to before `to_ms`: of one shard, or of all together."""
    c = DRIFT_COUNTS.c
    query = select(c.hour_ms, c.dialect, c.model, c.property, c.seen, c.refused, c.sample)
    query = query.where(c.hour_ms >= from_ms, c.hour_ms < to_ms).order_by(c.hour_ms, c.shard)
    if shard is not None:
        query = query.where(c.shard == shard)
    hours: Tallies = {}
    for hour_ms, dialect, model, observed_property, seen, refused, sample in connection.execute(query):
        tallies = hours.setdefault(hour_ms, {})
        key = Key(dialect, model, observed_property)
        tally = unpack(seen, refused, sample)
        tallies[key] = tally if key not in tallies else _joined(tallies[key], tally)
    return hours


def forget(connection: Connection, before_ms: int) -> None:
    """Delete the tallies of hours before `before_ms`."""
    connection.execute(delete(DRIFT_COUNTS).where(DRIFT_COUNTS.c.hour_ms < before_ms))


def open_(connection: Connection, alarm: Alarm, now_ms: int) -> Row:
    """Open an alarm and return it; the same one again is the row that is there."""
    figured = Figured(before=alarm.before, after=alarm.after, change=alarm.change, reasons=alarm.reasons)
    identity = {
        "kind": alarm.kind,
        "dialect": alarm.dialect,
        "model": alarm.model,
        "property": alarm.observed_property,
        "opened_at_ms": now_ms,
    }
    detail = msgspec.json.encode(figured).decode()
    connection.execute(insert_new(connection, DRIFT_ALARMS), {**identity, "detail": detail})
    same = [DRIFT_ALARMS.c[name] == value for name, value in identity.items()]
    return _row(connection.execute(select(DRIFT_ALARMS).where(*same)).mappings().one())


def clear(connection: Connection, one: OpenAlarm, how: str, now_ms: int) -> list[Row]:
    """Clear an alarm; return it as it is now (nothing where it was cleared already)."""
    c, alarm = DRIFT_ALARMS.c, one.alarm
    same = (
        c.kind == alarm.kind,
        c.dialect == alarm.dialect,
        c.model == alarm.model,
        c.property == alarm.observed_property,
        c.opened_at_ms == one.opened_at_ms,
    )
    found = connection.execute(select(c.id).where(*same, c.cleared_at_ms.is_(None))).scalar_one_or_none()
    if found is None:
        return []
    changed = update(DRIFT_ALARMS).where(c.id == bindparam("row")).values(cleared_at_ms=now_ms, cleared_how=how)
    connection.execute(changed, {"row": found})
    return [_row(connection.execute(select(DRIFT_ALARMS).where(c.id == found)).mappings().one())]


def listed(connection: Connection, *, open_only: bool = False, limit: int = 100, offset: int = 0) -> list[Row]:
    """Return alarms, the open ones first, then the last opened first."""
    c = DRIFT_ALARMS.c
    query = select(DRIFT_ALARMS).order_by(c.cleared_at_ms.isnot(None), c.opened_at_ms.desc(), c.id.desc())
    if open_only:
        query = query.where(c.cleared_at_ms.is_(None))
    return [_row(row) for row in connection.execute(query.limit(limit).offset(offset)).mappings()]


def opened(connection: Connection) -> list[OpenAlarm]:
    """Return the alarms that are open, as `ingest.drift_alarms` takes them."""
    return [OpenAlarm(row.opened_at_ms, row.alarm) for row in listed(connection, open_only=True, limit=10_000)]


def accepted_since(connection: Connection, from_ms: int) -> dict[Key, int]:
    """Return from which time on the hours of a key count: what was accepted began then."""
    c = DRIFT_ALARMS.c
    query = select(c.dialect, c.model, c.property, c.opened_at_ms).where(
        c.cleared_how == "accepted", c.cleared_at_ms >= from_ms
    )
    found: dict[Key, int] = {}
    for dialect, model, observed_property, opened_at_ms in connection.execute(query.order_by(c.opened_at_ms)):
        found[Key(dialect, model, observed_property)] = opened_at_ms // HOUR_MS * HOUR_MS
    return found


def _joined(one: Tally, other: Tally) -> Tally:
    reasons = dict(one.reasons)
    for reason, number in other.reasons.items():
        reasons[reason] = reasons.get(reason, 0) + number
    return Tally(
        seen=one.seen + other.seen,
        refused=one.refused + other.refused,
        values=[*one.values, *other.values],
        reasons=reasons,
    )


def _row(values: RowMapping) -> Row:
    figured = msgspec.json.decode(values["detail"], type=Figured)
    alarm = Alarm(
        kind=values["kind"],
        dialect=values["dialect"],
        model=values["model"],
        observed_property=values["property"],
        before=figured.before,
        after=figured.after,
        change=figured.change,
        reasons=figured.reasons,
    )
    life = {name: values[name] for name in ("id", "opened_at_ms", "cleared_at_ms", "cleared_how")}
    return Row(alarm=alarm, **life)
