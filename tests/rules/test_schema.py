"""Rule files: what becomes of them, overriding, versions, the schema for editors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rules.conditions.no_data import NoData
from rules.model import CaseTemplate, Flapping, Severity, Text
from rules.schema import CATALOG, json_schema, kinds, load, load_with_tests
from tests.rules.rule_text import RULE, write


def test_load_builds_the_rule(world: Any, tmp_path: Path) -> None:
    """A rule file becomes a domain value."""
    (rule,), faults = load([write(tmp_path, RULE)], world.dictionary)

    assert faults == ()
    assert rule == world.rule(
        version=rule.version,
        title=Text(zh="道路积水", en="Road flooding"),
        severity=Severity.CRITICAL,
        where=(("kind", ("water_level_gauge",)), ("place", ("road", "bridge"))),
        for_s=120,
        keep_firing_for_s=5400,
        case=CaseTemplate(category="road_flooding", normal_for_s=300, give_up_after_s=1200),
        runbook=Text(zh="抽水", en="Pump"),
        source="somewhere",
        text=rule.text,
    )


def test_load_reads_a_file_with_one_rule(world: Any, tmp_path: Path) -> None:
    """A mapping is a rule, a list holds several."""
    text = (
        "id: weather.silent\ntitle: {zh: 无, en: Silent}\ndomain: weather\nwhen: {no_data: {}}\n"
        "severity: info\nrunbook: {zh: 看, en: Look}\n"
    )
    (rule,), faults = load([write(tmp_path, text)], world.dictionary)

    assert faults == ()
    assert NoData(for_intervals=3) == rule.condition


def test_load_lets_a_later_folder_override(world: Any, tmp_path: Path) -> None:
    """A site's rule replaces the catalogue's of the same id."""
    write(tmp_path / "site", RULE.replace("above: 15", "above: 12"))
    rules, faults = load([CATALOG, tmp_path / "site"], world.dictionary)
    (mine,) = (rule for rule in rules if rule.id == "flood.road")

    assert faults == ()
    assert world.threshold(limit=12.0) == mine.condition
    assert len({rule.id for rule in rules}) == len(rules)


def test_load_names_an_empty_folder(world: Any, tmp_path: Path) -> None:
    """A folder without rules is more likely a wrong path."""
    _, (fault,) = load([tmp_path], world.dictionary)

    assert f"{tmp_path}:1: holds no rule file (*.yaml)" == str(fault)


@pytest.mark.parametrize(
    "old, new, same",
    [
        ("en: Pump", "en: Pump faster", True),
        ("severity: critical", "severity: major", True),
        ("name: fires", "name: it fires", True),
        ("for: 2m", "for: 120s", True),
        ("for: 2m", "for: 3m", False),
        ("above: 15", "above: 16", False),
        ("above: 15", "at_least: 15", False),
        ("place: [road, bridge]", "place: [road]", False),
    ],
)
def test_load_version_follows_what_the_condition_means(
    world: Any, tmp_path: Path, old: str, new: str, *, same: bool
) -> None:
    """Only what the engine judges by makes a new version (and drops the rule's state)."""
    (first,), _ = load([write(tmp_path, RULE)], world.dictionary)
    (second,), _ = load([write(tmp_path, RULE.replace(old, new))], world.dictionary)

    assert same is (first.version == second.version)


def test_load_with_tests_keeps_the_lines_of_tests(world: Any, tmp_path: Path) -> None:
    """A failing test can be found in its file."""
    (loaded,), _ = load_with_tests([write(tmp_path, RULE)], world.dictionary)

    assert (loaded.line, loaded.test_lines) == (1, (16,))


def test_suppresses_is_no_matter_of_judgement(world: Any, tmp_path: Path) -> None:
    """What a rule suppresses may change while it fires; it cannot be the rule itself."""

    def suppressing(*names: str) -> str:
        return RULE.replace("  severity: critical\n", f"  suppresses: [{', '.join(names)}]\n  severity: critical\n")

    (plain,), _ = load([write(tmp_path, RULE)], world.dictionary)
    (loud,), faults = load([write(tmp_path, suppressing("b.two", "a.one"))], world.dictionary)
    _, (fault,) = load([write(tmp_path, suppressing(plain.id))], world.dictionary)

    assert faults == ()
    assert loud.suppresses == ("a.one", "b.two")
    assert loud.version == plain.version
    assert fault.message == "names the rule itself"


def test_load_builds_quality_flapping_and_subject(world: Any, tmp_path: Path) -> None:
    """A rule may ask for other flags, tell flapping apart, and speak about an area."""
    more = "  subject: cell\n  quality: [good, fail]\n  flapping: {firings: 4, within: 30m}\n  severity: critical\n"
    (rule,), faults = load([write(tmp_path, RULE.replace("  severity: critical\n", more))], world.dictionary)
    (plain,), _ = load([write(tmp_path, RULE)], world.dictionary)

    assert faults == ()
    assert rule.subject == "cell"
    assert rule.quality == (1, 4)
    assert rule.flapping == Flapping(firings=4, within_s=1800)
    assert rule.version != plain.version


def test_json_schema_knows_every_condition() -> None:
    """Editors offer the conditions that there are, with their options."""
    schema = json_schema()
    reference = {"$ref": "#/$defs/Condition"}
    conditions = {
        name: options for one in schema["$defs"]["Condition"]["oneOf"] for name, options in one["properties"].items()
    }

    assert reference.items() <= schema["$defs"]["RuleEntry"]["properties"]["when"].items()
    assert list(kinds()) == list(conditions)
    assert "clear_below" in conditions["threshold"]["properties"]
    assert reference == conditions["all_of"]["properties"]["conditions"]["items"]
    assert {"id", "title", "domain", "when", "severity", "runbook"} == set(schema["$defs"]["RuleEntry"]["required"])
