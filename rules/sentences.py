"""Says a transition in words: what was observed, which limit it passed, and for how long."""

from __future__ import annotations

from datetime import UTC, datetime

from ingest.model import Device
from rules.conditions._base import SampleCondition, ValueCondition
from rules.lateness import Told
from rules.lifecycle import NO_LEVEL, ON
from rules.model import Evidence, Rule, Severity, State, Subject, Transition
from rules.view import View

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
    if not told.correction and move.state in ON and move.before.status is State.PENDING:
        evidence.insert(0, seen(move.before.began_ms, move.before.value))
    subject = Subject(kind="device", id=device_id)
    return _transition(rule, subject, told, condition.describe(move.value), tuple(evidence), received_at_ms)


def gathered(
    rule: Rule, condition: SampleCondition, subject: Subject, view: View, told: Told, received_at_ms: int
) -> Transition:
    """Return the transition of a told move of a condition that judges samples; the view is that of its time."""
    said, evidence = condition.describe(view), condition.evidence(view)
    return _transition(rule, subject, told, said, evidence, received_at_ms if evidence else 0)


def _transition(
    rule: Rule, subject: Subject, told: Told, said: str, evidence: tuple[Evidence, ...], received_at_ms: int
) -> Transition:
    move = told.move
    return Transition(
        rule_id=rule.id,
        rule_version=rule.version,
        subject=subject,
        state=move.state,
        since_ms=told.since_ms,
        severity=rule.severity_of(max(0, move.level)),
        reason=_reason(rule, told, said),
        evidence=evidence,
        received_at_ms=received_at_ms,
    )


def _reason(rule: Rule, told: Told, said: str) -> str:
    move, before = told.move, told.move.before
    if told.correction:
        what = "the resolution" if move.from_level == NO_LEVEL else "the firing"
        return f"takes back {what}: {said} at {instant(move.at_ms)}, which came late"
    if move.state is State.PENDING:
        return f"{said}; fires if that lasts for {duration(rule.for_s * 1000)}"
    if move.state is State.RESOLVED:
        clear_ms = before.clear_since_ms
        return said if clear_ms is None else f"{said}, clear for {duration(move.at_ms - clear_ms)}"
    if before.status is State.PENDING:
        said += f", for {duration(move.at_ms - before.began_ms)} (since {instant(before.began_ms)})"
    if move.state is State.FLAPPING and rule.flapping is not None:
        within = duration(rule.flapping.within_s * 1000)
        return f"flapping, {move.count} times within {within}: {said}"
    if move.from_level in {NO_LEVEL, move.level}:
        return said
    now, was = rule.severity_of(move.level), rule.severity_of(move.from_level)
    return f"{'rises' if move.level > move.from_level else 'falls'} from {was} to {now}: {said}"


def silent(rule: Rule, said: str, device: Device, seen_ms: int, since_ms: int) -> Transition:
    """Return the firing transition of a device that was last heard of at `seen_ms` ; `said`: what is too long."""
    learned = "" if device.cadence_declared else " (learned)"
    reason = f"{said}{learned}, last heard of at {instant(seen_ms)}"
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
