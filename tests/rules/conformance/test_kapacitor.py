"""Kapacitor's own cases of alert levels: hysteresis by level, duration, changes of state only (docs/conformance.md)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.rules.conformance.feeding import PROPERTY, changes, levels, rule

pytestmark = pytest.mark.corpora
_NAMES = {"info": "info", "warn": "warning", "crit": "critical"}
_LEVELS = {"OK": "ok", "Info": "info", "Warning": "warning", "Critical": "critical"}
# After a reset Kapacitor asks the milder levels for their alert limit, not for their reset: 19 % clears all three.
# Here each level has a hysteresis of its own, so the milder one goes on until its own clear limit.
_OURS = {
    ("TestStream_Alert_WithReset_0", 7.0): ("ok", "info"),
    ("TestStream_Alert_WithReset_0", 11.0): ("ok", "warning"),
}


@pytest.fixture(scope="module")
def cases(corpora: Path) -> dict[str, dict[str, Any]]:
    """Return the cases by name."""
    file = corpora / "kapacitor-alert-tests" / "alert-and-window.cases.json"
    return {case["name"]: case for case in json.loads(file.read_text(encoding="utf-8"))["cases"]}


def written(case: dict[str, Any]) -> str:
    """Return the limits of the case's script as ours."""
    limits = dict(re.findall(r"var (\w+)Threshold = ([\d.]+)", case["rule_tickscript"]))
    lines = []
    for short, name in _NAMES.items():
        if short in limits:
            clear = f", clear_below: {limits[f'{short}Reset']}" if f"{short}Reset" in limits else ""
            lines.append(f"      {name}: {{above: {limits[short]}{clear}}}")
    return "\n".join([f"when:\n  threshold:\n    property: {PROPERTY}\n    levels:", *lines])


def points(case: dict[str, Any]) -> list[tuple[float, float]]:
    """Return (seconds, value) of the one series that is judged; t = 1 is second 0."""
    series = (one for one in case["points"] if one["tags"].get("host") == "serverA" and one["measurement"] == "cpu")
    return [(one["t"] - 1.0, one["fields"]["value"]) for one in series]


@pytest.mark.parametrize("name", ["TestStream_Alert_WithReset_0", "TestStream_AlertDuration"])
def test_levels(cases: dict[str, dict[str, Any]], tmp_path: Path, name: str) -> None:
    """At each of their alerts the level is theirs; where we differ on purpose both are named."""
    case = cases[name]
    theirs = {float(one["time_s"]): _LEVELS[one["level"]] for one in case["expected_alerts"]}

    ours = dict(levels(rule(tmp_path, written(case)), points(case)))

    differ = {(name, at_s): (level, ours[at_s]) for at_s, level in theirs.items() if ours[at_s] != level}
    assert differ == {key: pair for key, pair in _OURS.items() if key[0] == name}


def test_changes_of_state_only(cases: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    """A rule tells each change once; to remind people of what goes on is the notifier's, not the rule's."""
    case = cases["TestStream_AlertStateChangesOnlyExpired"]
    theirs = [(float(one["time_s"]), _LEVELS[one["level"]]) for one in case["expected_alerts"]]

    ours = changes(levels(rule(tmp_path, f"when: {{threshold: {{property: {PROPERTY}, below: 97}}}}"), points(case)))

    assert ours == [theirs[0], theirs[-1]]
    assert {level for _, level in theirs[1:-1]} == {"critical"}  # theirs in between repeat what is known


def test_duration(cases: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    """How long it lasts is told from the first firing on, over all changes of level."""
    case = cases["TestStream_AlertDuration"]
    found = changes(levels(rule(tmp_path, written(case)), points(case)))
    begin, durations = 0.0, []
    for (at_s, level), before in zip(found, ["ok", *(level for _, level in found)], strict=False):
        begin = at_s if before == "ok" else begin
        durations.append((at_s, level, at_s - begin))

    assert durations == [
        (float(one["time_s"]), _LEVELS[one["level"]], float(one["duration_s"])) for one in case["expected_alerts"]
    ]


def test_count_over_a_tumbling_window(cases: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    """`TestStream_Alert`: ten values in the first window of ten seconds are more than eight, one critical alert."""
    case = cases["TestStream_Alert"]
    body = (
        f"when:\n  window:\n    property: {PROPERTY}\n    function: count\n    over: 10s\n    windows: tumbling\n"
        "    levels: {info: {above: 6}, warning: {above: 7}, critical: {above: 8}}"
    )

    found = changes(levels(rule(tmp_path, body), points(case)))

    assert [level for _, level in found][: case["expected_alert_count"]] == ["critical"]
