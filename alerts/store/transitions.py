"""Transitions in the case store: written once each, read back as the trace of an alert."""

from __future__ import annotations

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, or_, select

from alerts.model import Alert
from alerts.store import rows
from alerts.store.statements import insert_new
from alerts.store.tables import TRANSITIONS
from rules.model import Evidence, State, Transition

_LONGEST_LIFE = 200  # transitions of one life that are read


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    rule_id: str
    rule_version: str
    subject_kind: str
    subject_id: str
    state: str
    since_ms: int
    severity: str
    reason: str
    evidence: str
    known_at_ms: int


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """A transition as it is kept; `evidence` is what was observed."""

    rule_id: str
    rule_version: str
    subject_kind: str
    subject_id: str
    state: str
    since_ms: int
    severity: str
    reason: str
    evidence: tuple[Evidence, ...]
    known_at_ms: int


def add_new(connection: Connection, transitions: tuple[Transition, ...], now_ms: int) -> tuple[Transition, ...]:
    """Write the transitions that are not there yet, and return those: a repeated one has no effect."""
    table = TRANSITIONS.c
    identity = (table.rule_id, table.subject_kind, table.subject_id, table.state, table.since_ms)
    statement = insert_new(connection, TRANSITIONS).returning(*identity)
    written = {tuple(row) for row in connection.execute(statement, [_row(one, now_ms) for one in transitions])}
    new = []
    for one in transitions:
        key = (one.rule_id, one.subject.kind, one.subject.id, one.state.value, one.since_ms)
        if key in written:
            written.discard(key)  # twice in one batch is once
            new.append(one)
    return tuple(new)


def _row(one: Transition, now_ms: int) -> dict[str, object]:
    return {
        "rule_id": one.rule_id,
        "rule_version": one.rule_version,
        "subject_kind": one.subject.kind,
        "subject_id": one.subject.id,
        "state": one.state.value,
        "since_ms": one.since_ms,
        "severity": one.severity.value,
        "reason": one.reason,
        "evidence": msgspec.json.encode(one.evidence).decode(),
        "known_at_ms": now_ms,
    }


def trace(connection: Connection, alerts: list[Alert], limit: int = 20) -> list[Trace]:
    """Return the latest transitions of the alerts' rules and subjects, oldest first."""
    if not alerts:
        return []
    table = TRANSITIONS.c
    wanted = or_(
        *(
            and_(
                table.rule_id == one.rule_id, table.subject_kind == one.subject_kind, table.subject_id == one.subject_id
            )
            for one in alerts
        )
    )
    return _read(connection, wanted, limit)


def of_life(
    connection: Connection, rule_id: str, subject: tuple[str, str], fired_at_ms: int, resolved_at_ms: int | None
) -> list[Trace]:
    """Return what one life of (rule, subject kind and id) went through, oldest first, the pending before it too."""
    table = TRANSITIONS.c
    wanted = [table.rule_id == rule_id, table.subject_kind == subject[0], table.subject_id == subject[1]]
    if resolved_at_ms is not None:
        wanted.append(table.since_ms <= resolved_at_ms)
    found = _read(connection, and_(*wanted), _LONGEST_LIFE)
    own = [one for one in found if one.since_ms >= fired_at_ms]
    before = [one for one in found if one.since_ms < fired_at_ms][-1:]
    return [*(one for one in before if one.state == State.PENDING), *own]


def _read(connection: Connection, wanted: ColumnElement[bool], limit: int) -> list[Trace]:
    table = TRANSITIONS.c
    query = (
        select(*(table[name] for name in _Row.__struct_fields__)).where(wanted).order_by(table.seq.desc()).limit(limit)
    )
    found = rows.all_of(connection, query, _Row)
    return [
        Trace(
            **{**msgspec.structs.asdict(row), "evidence": msgspec.json.decode(row.evidence, type=tuple[Evidence, ...])}
        )
        for row in reversed(found)
    ]
