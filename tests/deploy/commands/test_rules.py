"""`wangge rules`: exit codes, faults, failing tests, the schema."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deploy.cli import build

RULE = """\
id: flood.road
title: {zh: 道路积水, en: Road flooding}
domain: weather
where: {kind: KIND}
when: {threshold: {property: weather.water_level, above: 15}}
severity: critical
runbook: {zh: 抽水, en: Pump}
tests:
  - name: fires at once
    series: {weather.water_level: "10 16x2 8"}
    expect: [{at: AT, state: firing}, {at: 3m, state: resolved}]
"""


def write(folder: Path, *, at: str = "1m", kind: str = "water_level_gauge") -> Path:
    """Write a rule file whose test expects firing at `at` (1m is right)."""
    path = folder / "rule.yaml"
    path.write_text(RULE.replace("AT,", f"{at},").replace("KIND", kind), encoding="utf-8")
    return path


def wangge(*arguments: str | Path) -> Result:
    """Run `wangge rules …`."""
    return CliRunner().invoke(build(), ["rules", *map(str, arguments)])


def test_check_counts_rules_and_tests(tmp_path: Path) -> None:
    """Without a fault one line says what was checked."""
    result = wangge("check", write(tmp_path))

    assert (result.exit_code, result.stdout) == (0, "1 rules with 1 tests: no fault, 0 warnings\n")


def test_check_lists_faults(tmp_path: Path) -> None:
    """Faults end with exit code 2, each in one line with its place."""
    path = write(tmp_path, at="soon")
    path.write_text(path.read_text(encoding="utf-8").replace("critical", "bad"), encoding="utf-8")
    result = wangge("check", path)

    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    assert (
        lines[0] == f"{path}:6: severity: Input should be 'critical', 'major', 'minor', 'warning' or 'info' (is 'bad')"
    )
    assert lines[1].startswith(f"{path}:11: tests.0.expect.0.at: is not a duration")
    assert lines[2:] == ["wangge: 2 faults: mend them and check again"]


def test_check_warns_of_a_rule_that_no_device_feeds(tmp_path: Path, site_folder: Path) -> None:
    """With a site, a rule that selects none of its devices is named; that is no fault."""
    path = write(tmp_path, kind="water_levl_gauge")
    result = wangge("check", path, "--site", site_folder)

    assert result.exit_code == 0
    assert result.stderr == f"{path}:1: flood.road: selects no device of the site (warning)\n"


def test_check_names_a_site_without_its_files(tmp_path: Path) -> None:
    """A wrong folder is a fault, not a traceback."""
    result = wangge("check", write(tmp_path), "--site", tmp_path)

    assert result.exit_code == 2
    assert f"{tmp_path / 'devices.csv'}:1: cannot be read" in result.stderr


def test_test_passes(tmp_path: Path) -> None:
    """Passing tests end with exit code 0 and a summary, also as JSON."""
    path = write(tmp_path)

    assert (wangge("test", path).exit_code, wangge("test", path).stdout) == (
        0,
        "1 rules, 1 tests: 1 passed, 0 failed\n",
    )
    expected = {"rules": 1, "tests": 1, "passed": 1, "failed": []}
    assert expected == json.loads(wangge("test", path, "--json").stdout)


def test_test_shows_what_failed(tmp_path: Path) -> None:
    """A failing test is drawn, with its place and the reasons of what came; exit code 1."""
    path = write(tmp_path, at="2m")
    result = wangge("test", path)

    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"{path}:9: flood.road: FAILED: fires at once",
        "weather.water_level  ▃██▁  8 … 16",
        "got                  .FF.  1m firing, 3m resolved",
        "expected             ..F.  2m firing, 3m resolved",
        "  firing: weather.water_level is 16 cm, above 15",
        "  resolved: weather.water_level is 8 cm, no longer above 15",
        "",
        "1 rules, 1 tests: 0 passed, 1 failed",
    ]


def test_test_says_in_json_what_failed(tmp_path: Path) -> None:
    """Machines get place, expected and got."""
    path = write(tmp_path, at="2m")
    result = wangge("test", path, "--json")
    (failed,) = json.loads(result.stdout)["failed"]

    assert result.exit_code == 1
    assert failed == {
        "rule": "flood.road",
        "test": "fires at once",
        "file": str(path),
        "line": 9,
        "expected": [{"at_s": 120, "state": "firing"}, {"at_s": 180, "state": "resolved"}],
        "got": [{"at_s": 60, "state": "firing"}, {"at_s": 180, "state": "resolved"}],
    }


@pytest.mark.parametrize("command", ["check", "test"])
def test_without_paths_the_catalogue_is_taken(command: str) -> None:
    """The shipped rules have no fault and pass."""
    result = wangge(command)

    assert result.exit_code == 0
    assert "rules" in result.stdout


def test_schema_is_json() -> None:
    """Editors can read it."""
    assert json.loads(wangge("schema").stdout)["title"] == "Wangge rule file"
