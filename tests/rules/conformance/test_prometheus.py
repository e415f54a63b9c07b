"""Prometheus' own unit tests of alerting rules: `for`, pending and firing, wrong files (docs/conformance.md)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from rules import notation, schema
from rules.durations import parse
from tests.rules.conformance.feeding import DICTIONARY, PROPERTY, levels, rule

pytestmark = pytest.mark.corpora
DOWN = f"when: {{threshold: {{property: {PROPERTY}, at_most: 0}}}}\nfor: "


@pytest.fixture(scope="module")
def folder(corpora: Path) -> Path:
    """Return the folder of promtool's tests."""
    return corpora / "prometheus-rule-tests" / "promtool"


def read(path: Path) -> Any:
    """Return a YAML file."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def down(folder: Path) -> str:
    """Return our form of `InstanceDown`: up == 0 for 5 m."""
    (found,) = (
        one for group in read(folder / "rules.yml")["groups"] for one in group["rules"]
        if one.get("alert") == "InstanceDown"
    )  # fmt: skip
    assert found["expr"] == "up == 0"
    return DOWN + str(found["for"])


def ours(values: str) -> str:
    """Return a series in our notation: `a+bxn` there means n further values, here n values."""
    return re.sub(r"x(\d+)", lambda match: f"x{int(match[1]) + 1}", values)


def test_instance_down(folder: Path, tmp_path: Path) -> None:
    """At every time that they ask about, the alert fires if theirs does, and is pending if theirs is."""
    judged = rule(tmp_path, down(folder))
    asked = 0
    for test in read(folder / "unittest.yml")["tests"]:
        series = [one for one in test.get("input_series", ()) if one["series"].startswith("up{")]
        wanted = [one for one in test.get("alert_rule_test", ()) if one["alertname"] == "InstanceDown"]
        if not series or not wanted:
            continue
        step_s = parse(test["interval"])
        values = [
            (index * step_s, value) for index, value in enumerate(notation.parse(ours(series[0]["values"])))
            if value is not None
        ]  # fmt: skip
        level_at = dict(levels(judged, values))
        for one in wanted:
            asked += 1
            assert (level_at[parse(one["eval_time"])] == "critical") == bool(one["exp_alerts"])
        for one in test["promql_expr_test"]:
            pending = [sample for sample in one["exp_samples"] if "InstanceDown" in sample.get("labels", "")]
            if pending:
                asked += 1
                assert level_at[parse(one["eval_time"])] == "pending"

    assert asked >= 3


def test_failing(folder: Path, tmp_path: Path) -> None:
    """`failing.yml` must fail: of what it claims, our engine too says otherwise where it can be asked."""
    claims = [one for test in read(folder / "failing.yml")["tests"] for one in test.get("alert_rule_test", ())]
    judged = rule(tmp_path, down(folder))

    found = levels(judged, [(60.0 * minute, 0.0) for minute in range(6)])

    assert claims
    assert found[-1] == (300.0, "critical")


def test_a_missing_sample_holds_nothing_up(tmp_path: Path) -> None:
    """`_` is no value: here nothing ends and nothing begins by it (they forget a series after five minutes)."""
    judged = rule(tmp_path, DOWN + "5m")

    found = levels(judged, [(0.0, 0.0), (60.0, 0.0), (600.0, 0.0), (660.0, 1.0)])

    assert found == [(0.0, "pending"), (60.0, "pending"), (600.0, "critical"), (660.0, "ok")]


@pytest.mark.parametrize(
    "name", ["rules-bad.yml", "rules_duplicates.yml", "rules_extrafields.yml", "bad-rules-syntax.yml"]
)
def test_rule_files_of_others_are_refused(folder: Path, name: str) -> None:
    """A file that is no rule file of ours gives faults with lines, never an exception."""
    rules, faults = schema.load([folder / name], DICTIONARY)

    assert rules == ()
    assert faults
    assert all(fault.line >= 1 for fault in faults)
