"""`wangge rules`: exit codes, faults, failing tests, the schema."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner, Result

from alerts.store import rule_versions
from deploy.app import case_database, checked_site
from deploy.cli import build
from deploy.commands._base import UserError

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


CASE = "case: {category: no_such, verify: {normal_for: 5m, give_up_after: 20m}}"


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

    assert (result.exit_code, result.stdout) == (0, "1 rule with 1 test: no fault, 0 warnings\n")


def test_check_lists_faults(tmp_path: Path) -> None:
    """Faults end with exit code 2, each in one line with its place."""
    path = write(tmp_path, at="soon")
    path.write_text(path.read_text(encoding="utf-8").replace("critical", "bad"), encoding="utf-8")
    result = wangge("check", path)

    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    expected = "severity: must be 'critical', 'major', 'minor', 'warning' or 'info' (is 'bad')"
    assert lines[0] == f"{path}:6:11: {expected}"
    assert lines[1].startswith(f"{path}:11:19: tests.0.expect.0.at: is not a duration")
    assert lines[2:] == ["wangge: 2 faults: mend them and check again"]


def test_check_warns_of_a_rule_that_no_device_feeds(tmp_path: Path, site_folder: Path) -> None:
    """With a site, a rule that selects none of its devices is named; that is no fault."""
    path = write(tmp_path, kind="water_levl_gauge")
    result = wangge("check", path, "--site", site_folder)

    assert result.exit_code == 0
    assert result.stderr == f"{path}:4:8: flood.road.where: selects no device of the site (warning)\n"


def test_check_names_a_site_without_its_files(tmp_path: Path) -> None:
    """A wrong folder is a fault, not a traceback."""
    result = wangge("check", write(tmp_path), "--site", tmp_path)

    assert result.exit_code == 2
    assert f"{tmp_path / 'categories.yaml'}:1: cannot be read" in result.stderr


def test_check_with_a_site_knows_its_categories(tmp_path: Path, site_folder: Path) -> None:
    """A rule whose case has a category that the site lacks is a fault, at the word."""
    path = write(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace("\ntests:", f"\n{CASE}\ntests:"), encoding="utf-8")
    result = wangge("check", path, "--site", site_folder)

    assert result.exit_code == 2
    assert "case.category: there is no category 'no_such' in categories.yaml" in result.stderr


def test_test_passes(tmp_path: Path) -> None:
    """Passing tests end with exit code 0 and a summary, also as JSON."""
    path = write(tmp_path)

    assert (wangge("test", path).exit_code, wangge("test", path).stdout) == (
        0,
        "1 rule, 1 test: 1 passed, 0 failed\n",
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
        "  1m firing: weather.water_level is 16 cm, above 15",
        "  3m resolved: weather.water_level is 8 cm, no longer above 15",
        "",
        "1 rule, 1 test: 0 passed, 1 failed",
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


def test_check_warns_of_a_rule_that_can_never_fire(tmp_path: Path) -> None:
    """A doubt is a warning with its place: exit code 0."""
    path = write(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace("above: 15", "above: 15000"), encoding="utf-8")
    result = wangge("check", path)

    assert result.exit_code == 0
    assert result.stderr.startswith(f"{path}:5:7: flood.road.when: can never fire: weather.water_level is between")
    assert result.stdout == "1 rule with 1 test: no fault, 1 warning\n"


def test_check_tells_machines(tmp_path: Path) -> None:
    """Faults and warnings as JSON, with the same exit codes; with a fault nothing is doubted."""
    path = write(tmp_path)
    text = path.read_text(encoding="utf-8").replace("above: 15", "above: 15000")
    path.write_text(text, encoding="utf-8")
    doubted = wangge("check", path, "--json")
    path.write_text(text.replace("critical", "bad"), encoding="utf-8")
    faulty = wangge("check", path, "--json")

    assert (doubted.exit_code, faulty.exit_code) == (0, 2)
    (warning,) = json.loads(doubted.stdout)["warnings"]
    assert {key: warning[key] for key in ("file", "line", "column", "path")} == {
        "file": str(path),
        "line": 5,
        "column": 7,
        "path": "flood.road.when",
    }
    told = json.loads(faulty.stdout)
    assert (told["rules"], told["warnings"]) == (0, [])
    assert [(one["line"], one["column"], one["path"]) for one in told["faults"]] == [(6, 11, "severity")]


def test_check_names_the_column_of_yaml_that_is_none(tmp_path: Path) -> None:
    """Also a file that is no YAML, or has a key twice, says where."""
    path = write(tmp_path)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("domain: weather", "domain: [weather"), encoding="utf-8")
    broken = wangge("check", path).stderr
    path.write_text(text.replace("domain: weather", "id: twice"), encoding="utf-8")

    assert broken.startswith(f"{path}:4:6: is not YAML: ")
    assert wangge("check", path).stderr.startswith(f"{path}:3:1: key 'id' stands twice")


def test_explain_says_a_rule_in_both_languages(site_folder: Path) -> None:
    """Chinese, then English; with a site the category has its name and code."""
    result = wangge("explain", "flood.road", "--site", site_folder)
    chinese, english = result.stdout.split("\n\n")

    assert result.exit_code == 0
    assert chinese.startswith(
        "flood.road  道路积水\n监测对象：积水监测仪（位置：道路），逐台判断。\n触发条件：积水深度高于 15 cm"
    )
    assert "立案：道路积水（0506）。" in chinese
    assert english.startswith("flood.road  Road flooding\nWatches water level gauges (place: road), each by itself.\n")


@pytest.mark.parametrize("lang, title", [("zh", "道路积水"), ("en", "Road flooding")])
def test_explain_takes_one_language_and_files(tmp_path: Path, lang: str, title: str) -> None:
    """`--lang` leaves the other out; rules of files are explained too."""
    result = wangge("explain", "flood.road", write(tmp_path), "--lang", lang)

    assert result.stdout.startswith(f"flood.road  {title}\n")
    assert "\n\n" not in result.stdout


def test_explain_names_rules_that_are_called_alike() -> None:
    """A typing error is answered with what may be meant."""
    result = wangge("explain", "flod.road")

    assert isinstance(result.exception, UserError)
    assert str(result.exception).startswith("there is no rule 'flod.road': is it flood.road")


def test_list_has_a_line_for_each_rule(tmp_path: Path) -> None:
    """Id, severity, title, condition in words, case; in either language."""
    path = write(tmp_path)

    assert wangge("list", path).stdout.splitlines() == [
        "flood.road                      critical  Road flooding: water level is above 15 cm [no case]",
        "1 rules",
    ]
    assert "道路积水: 积水深度高于 15 cm" in wangge("list", path, "--lang", "zh").stdout


def test_list_tells_machines(tmp_path: Path) -> None:
    """The same as JSON, in both languages."""
    (told,) = json.loads(wangge("list", write(tmp_path), "--json").stdout)["rules"]

    assert told["when"] == {"zh": "积水深度高于 15 cm", "en": "water level is above 15 cm"}
    assert told["watches"]["en"] == "water level gauges, each by itself"
    assert (told["id"], told["severities"], told["case"], told["author"]) == ("flood.road", ["critical"], None, None)


def test_list_refuses_two_forms_at_once() -> None:
    """Markdown and JSON are the same in two ways."""
    assert isinstance(wangge("list", "--json", "--markdown").exception, UserError)


def test_versions_are_listed(tmp_path: Path, site_folder: Path) -> None:
    """The newest first, with author and text; a rule that never ran is a mistake."""
    engine = case_database(tmp_path)
    rule = checked_site(site_folder).rules.by_id["flood.road"]
    with engine.begin() as connection:
        rule_versions.record(connection, [replace(rule, version="v1", author="Li Na", text="id: flood.road")], 0)
        rule_versions.record(connection, [replace(rule, version="v2")], 60_000)
    engine.dispose()

    assert wangge("versions", "flood.road", "--data", tmp_path).stdout.splitlines() == [
        "v2            1970-01-01T00:01:00Z  no author named",
        "v1            1970-01-01T00:00:00Z  Li Na",
    ]
    assert "\nid: flood.road\n" in wangge("versions", "flood.road", "--data", tmp_path, "--text").stdout
    told = json.loads(wangge("versions", "flood.road", "--data", tmp_path, "--json").stdout)["versions"]
    assert [(one["version"], one["first_run_ms"]) for one in told] == [("v2", 60_000), ("v1", 0)]
    assert str(wangge("versions", "no.such", "--data", tmp_path).exception) == "no rule 'no.such' ever ran here"


@pytest.mark.parametrize("command", ["check", "test"])
def test_without_paths_the_catalogue_is_taken(command: str) -> None:
    """The shipped rules have no fault and pass."""
    result = wangge(command)

    assert result.exit_code == 0
    assert "rules" in result.stdout


def test_schema_is_json() -> None:
    """Editors can read it."""
    assert json.loads(wangge("schema").stdout)["title"] == "Wangge rule file"
