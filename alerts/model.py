"""The values of the alerts stage: Alert, Case, Task, LogEntry, Actor.

Each but Actor is a row of `alerts.store.tables` of the same name, field by column; times are milliseconds since 1970
UTC. They are never changed in place: `version` counts the changes of a row (optimistic lock).
"""

from __future__ import annotations

import msgspec

from alerts.cases.workflow import CaseState, Role
from alerts.lifecycle import AlertState
from rules.model import Severity


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who does something: a person of the `users` table, or a part of the system (then name and role are the same)."""

    name: str
    role: Role
    crew: str | None = None

    @staticmethod
    def system(role: Role) -> Actor:
        """Return the part of the system that acts in this role."""
        return Actor(name=role.value, role=role)


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One life of (rule, subject): from its first firing until it is normal and acknowledged.

    `firing` is the live condition; `fired_at_ms` and `resolved_at_ms` are event times.
    """

    id: int
    rule_id: str
    rule_version: str
    subject_kind: str
    subject_id: str
    domain: str
    severity: Severity
    title_zh: str
    title_en: str
    reason: str
    cell: str
    device_id: str | None
    observed_property: str | None
    state: AlertState
    firing: bool
    fired_at_ms: int
    last_fired_at_ms: int
    activations: int
    resolved_at_ms: int | None
    acknowledged_by: str | None
    acknowledged_at_ms: int | None
    shelved_until_ms: int | None
    shelved_reason: str | None
    case_id: int | None
    version: int
    updated_at_ms: int


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A grid case (案卷). The handling clock runs from `dispatched_at_ms` to `done_at_ms`, due `deadline_ms`."""

    id: int
    incident_key: str
    number: str | None
    scheme: str
    kind: str
    code: str
    category: str
    title_zh: str
    title_en: str
    domain: str
    severity: Severity
    source: str
    subject_kind: str
    subject_id: str
    cell: str
    lat: float | None
    lon: float | None
    state: CaseState
    reported_at_ms: int
    filed_at_ms: int | None
    dispatched_at_ms: int | None
    done_at_ms: int | None
    limit_value: float | None
    limit_type: str | None
    deadline_ms: int | None
    warned: bool
    breached: bool
    normal_for_s: int
    give_up_after_s: int
    next_check_ms: int | None
    unit: str | None
    crew: str | None
    rework_count: int
    extensions: int
    suspended_at_ms: int | None
    resume_at_ms: int | None
    resume_state: CaseState | None
    closed_at_ms: int | None
    closed_how: str | None
    version: int
    updated_at_ms: int


class LogEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a case's log; `event` counts from 1 within the case. `detail` is JSON: evidence, trace, opinion."""

    id: int
    case_id: int
    event: int
    at_ms: int
    actor: str
    move: str
    from_state: CaseState | None
    to_state: CaseState
    reason: str
    detail: str


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A dispatch of a case to a crew; `round` counts from 1, one more for each rework or new dispatch.

    `kind` is handle, verify_pre_file or check_pre_close; `state` offered, accepted, started, done, returned or
    withdrawn.
    """

    id: int
    case_id: int
    round: int
    kind: str
    crew: str
    unit: str
    state: str
    offered_at_ms: int
    done_at_ms: int | None
    note: str | None
