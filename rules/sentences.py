"""Says a transition in words: what was observed, which limit it passed, and for how long."""

from __future__ import annotations

from datetime import UTC, datetime

from ingest.model import Device
from rules.conditions._base import ClockCondition, ValueCondition
from rules.lateness import Told
from rules.model import Evidence, Rule, Severity, State, Subject, Transition

_STEPS = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1000, "s"))


def duration(span_ms: int) -> str:
    """Return a span in words, whole units only: `1 h 30 min`, `2 min`, `0 s`."""
    parts = []
    for step_ms, unit in _STEPS:
        count, span_ms = divmod(span_ms, step_ms)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts) or "0 s"


def instant(at_ms: int) -> str:
    """Return a point of time in UTC: `2026-11-24T08:00:00Z`."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def observed(rule: Rule, condition: ValueCondition, device_id: str, told: Told, received_at_ms: int) -> Transition:
    """Return the transition of a told move; `received_at_ms` is the receipt of the observation that led to it."""
    move = told.move
    observed_property = condition.properties[0]

    def seen(at_ms: int, value: float) -> Evidence:
        return Evidence(device_id=device_id, observed_property=observed_property, value=value, phenomenon_time_ms=at_ms)

    evidence = [seen(move.at_ms, move.value)]
    before = move.before
    said = condition.describe(move.value)
    if told.correction:
        what = "the firing" if move.state is State.RESOLVED else "the resolution"
        reason = f"takes back {what}: {said} at {instant(move.at_ms)}, which came late"
    elif move.state is State.PENDING:
        reason = f"{said}; fires if that lasts for {duration(rule.for_s * 1000)}"
    elif move.state is State.FIRING:
        reason = said
        if before.status is State.PENDING:
            reason += f", for {duration(move.at_ms - before.began_ms)} (since {instant(before.began_ms)})"
            evidence.insert(0, seen(before.began_ms, before.value))
    else:
        reason = said
        if before.clear_since_ms is not None:
            reason += f", clear for {duration(move.at_ms - before.clear_since_ms)}"
    return Transition(
        rule_id=rule.id,
        rule_version=rule.version,
        subject=Subject(kind="device", id=device_id),
        state=move.state,
        since_ms=told.since_ms,
        severity=rule.severity,
        reason=reason,
        evidence=tuple(evidence),
        received_at_ms=received_at_ms,
    )


def silent(rule: Rule, condition: ClockCondition, device: Device, seen_ms: int, since_ms: int) -> Transition:
    """Return the firing transition of a device that was last heard of at `seen_ms` (clock)."""
    reason = f"{condition.describe(device.cadence_s)}, last heard of at {instant(seen_ms)}"
    return Transition(
        rule_id=rule.id,
        rule_version=rule.version,
        subject=Subject(kind="device", id=device.id),
        state=State.FIRING,
        since_ms=since_ms,
        severity=rule.severity,
        reason=reason,
    )


def heard(rule: Rule, evidence: Evidence, since_ms: int, received_at_ms: int) -> Transition:
    """Return the resolved transition of a device that was silent and is heard of again."""
    reason = f"heard of again at {instant(received_at_ms)}: {evidence.observed_property} is {evidence.value:g}"
    return Transition(
        rule_id=rule.id,
        rule_version=rule.version,
        subject=Subject(kind="device", id=evidence.device_id),
        state=State.RESOLVED,
        since_ms=since_ms,
        severity=rule.severity,
        reason=reason,
        evidence=(evidence,),
        received_at_ms=received_at_ms,
    )


def ended(rule_id: str, rule_version: str, subject: Subject, since_ms: int) -> Transition:
    """Return the resolved transition of a firing one whose rule or subject is gone."""
    return Transition(
        rule_id=rule_id,
        rule_version=rule_version,
        subject=subject,
        state=State.RESOLVED,
        since_ms=since_ms,
        severity=Severity.INFO,
        reason="the rule was changed, or the rule or the device is gone",
    )
