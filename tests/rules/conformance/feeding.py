"""Runs a rule, written as YAML, over (seconds, value) pairs; shared by the conformance tests."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path

from ingest import dictionary
from ingest.model import Observation, Series, series_id
from rules import schema
from rules.engine import check, compile_rules, empty_state, next_check_at_ms, step
from rules.model import Rule, State, Transition
from rules.testing import device_for

DICTIONARY, _ = dictionary.load()
PROPERTY = "device.uptime"
_RULE = """\
id: other.case
title: {{zh: 例, en: Case}}
domain: traffic
severity: critical
runbook: {{zh: 例, en: Case}}
{body}
"""


def rule(folder: Path, body: str) -> Rule:
    """Return the rule of a body in YAML: `when` and what else it needs; `PROPERTY` is what it reads."""
    path = folder / "rule.yaml"
    path.write_text(_RULE.format(body=body), encoding="utf-8")
    rules, faults = schema.load([path], DICTIONARY)
    assert faults == ()
    return rules[0]


def told(judged: Rule, values: Iterable[tuple[float, float]]) -> Iterator[tuple[float, list[Transition]]]:
    """Yield what the rule tells at each (seconds, value), the seconds in front."""
    device = device_for(judged, 60)
    series = Series(id=series_id(device.id, PROPERTY), device=device, property=DICTIONARY[PROPERTY])
    program, state = compile_rules((judged,), (device,)), empty_state()
    for at_s, value in values:
        at_ms = round(at_s * 1000)
        made = list(step(program, state, [Observation(series, value, at_ms, at_ms)], at_ms).transitions)
        due_ms = next_check_at_ms(program, state)
        if due_ms is not None and due_ms <= at_ms:
            made += check(program, state, at_ms).transitions
        yield at_s, made


def levels(judged: Rule, values: Iterable[tuple[float, float]]) -> list[tuple[float, str]]:
    """Return (seconds, level) after each value; the level is a severity, `pending`, or `ok`."""
    level, found = "ok", []
    for at_s, made in told(judged, values):
        for one in made:
            if one.state is State.FIRING:
                level = one.severity.value
            else:
                level = "pending" if one.state is State.PENDING else "ok"
        found.append((at_s, level))
    return found


def changes(found: Iterable[tuple[float, str]]) -> list[tuple[float, str]]:
    """Return those at which the level is another one than before; it begins with `ok`."""
    pairs = itertools.pairwise([(0.0, "ok"), *found])
    return [after for before, after in pairs if before[1] != after[1]]
