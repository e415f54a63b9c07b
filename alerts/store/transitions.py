"""Transitions in the case store: written once each, read back as the trace of an alert."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, and_, or_, select

from alerts.model import Alert
from alerts.store import rows
from alerts.store.statements import insert_new
from alerts.store.tables import TRANSITIONS
from rules.model import Evidence, Transition


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    rule_id: str
    subject_kind: str
    subject_id: str
    state: str
    since_ms: int
    reason: str
    evidence: str
    known_at_ms: int


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """A transition as it is kept; `evidence` is what was observed."""

    rule_id: str
    subject_kind: str
    subject_id: str
    state: str
    since_ms: int
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
