"""Doubts about rules: those that can never fire or clear, and those that say nothing new."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rules.doubts import doubts
from rules.schema import CATALOG, load_with_tests

HEAD = """\
- id: {id}
  title: {{zh: 一, en: One}}
  domain: {domain}
  severity: {severity}
  runbook: {{zh: 一, en: One}}
  {more}
"""


def rule(more: str, **changes: str) -> str:
    """Return a rule of a list; `more` are its further lines."""
    head = {"id": "one.rule", "domain": "waste", "severity": "major"} | changes
    return HEAD.format(more=more.strip().replace("\n", "\n  "), **head)


def said(world: Any, folder: Path, *rules: str) -> list[str]:
    """Return the doubts about rules, without their file."""
    path = folder / "rules.yaml"
    path.write_text("".join(rules), encoding="utf-8")
    loaded, faults = load_with_tests([path], world.dictionary)
    assert faults == ()
    return [str(one).removeprefix(f"{path}:") for one in doubts(loaded, world.dictionary)]


def level(**options: object) -> str:
    """Return a threshold of the battery level, which is between 0 and 100 %."""
    return (
        "{threshold: {property: device.battery_level, "
        + ", ".join(f"{key}: {one}" for key, one in options.items())
        + "}}"
    )


@pytest.mark.parametrize(
    "when",
    [
        level(above=100),
        level(at_least=100.5),
        level(below=0),
        level(at_most=-1),
        level(levels="{major: {above: 100}, minor: {above: 80}}"),
        "{state_equals: {property: device.battery_level, equals: [-1, 101]}}",
        "{window: {property: device.battery_level, function: avg, over: 1h, above: 100}}",
        "{window: {property: device.battery_level, function: sum, over: 1h, below: 0}}",
        "{window: {property: device.battery_level, function: count, over: 1h, below: 1}}",
        "{window: {property: device.battery_level, function: stddev, over: 1h, above: 50}}",
        "{repeated: {times: 2, of: 3, condition: " + level(above=100) + "}}",
        "{all_of: {conditions: [" + level(above=100) + ", " + level(above=10) + "]}}",
        "{any_of: {conditions: [" + level(above=100) + ", " + level(above=100) + "]}}",
        "{then: {first: " + level(above=100) + ", second: " + level(above=10) + ", within: 1h}}",
        "{ratio: {of: " + level(above=10) + ", above: 100}}",
    ],
)
def test_rule_that_can_never_fire(world: Any, tmp_path: Path, when: str) -> None:
    """A limit outside of what is possible."""
    (doubt,) = said(world, tmp_path, rule(f"when: {when}"))

    assert doubt.startswith("6: one.rule.when: can never fire: ")


@pytest.mark.parametrize(
    "more",
    [
        f"when: {level(above=99)}",
        f"when: {level(below=1, clear_above=1)}",
        f"when: {level(above=100)}\nquality: [good, fail]",
        "when: {any_of: {conditions: [" + level(above=100) + ", " + level(above=10) + "]}}",
        "when: {none_of: {conditions: [" + level(above=100) + "]}}",
        "when: {window: {property: device.battery_level, function: sum, over: 1h, above: 1000}}",
        "when: {rate_of_change: {property: device.battery_level, over: 1h, above: 1000}}",
        "when: {no_data: {}}",
        "when: {state_changed: {property: waste.lid_open, within: 10m}}\nfor: 5m",
        "when: {all_of: {conditions: [" + level(above=9) + ', {schedule: {from: "22:00", to: "06:00"}}]}}\nfor: 7h',
    ],
)
def test_rule_without_doubt(world: Any, tmp_path: Path, more: str) -> None:
    """What can be, or of which nothing certain is known, is not doubted."""
    assert said(world, tmp_path, rule(more)) == []


@pytest.mark.parametrize(
    "when",
    [
        level(above=-1),
        level(at_most=100),
        level(above=50, clear_below=0),
        level(below=50, clear_above=100),
        "{window: {property: device.battery_level, function: sum, over: 1h, at_least: 0}}",
    ],
)
def test_rule_that_can_never_clear(world: Any, tmp_path: Path, when: str) -> None:
    """A limit that every possible value is beyond, or a clear limit that none is."""
    (doubt,) = said(world, tmp_path, rule(f"when: {when}"))

    assert "once fired it stays for ever" in doubt


@pytest.mark.parametrize(
    "more",
    [
        "when: {state_changed: {property: waste.lid_open, within: 10m}}\nfor: 10m",
        "when: {all_of: {conditions: [" + level(above=9) + ', {schedule: {from: "22:00", to: "06:00"}}]}}\nfor: 8h',
    ],
)
def test_rule_that_must_last_longer_than_it_can(world: Any, tmp_path: Path, more: str) -> None:
    """`for` is longer than the condition can hold."""
    (doubt,) = said(world, tmp_path, rule(more))

    assert doubt.startswith("7: one.rule.for: can never fire: ")


def test_names_the_doubtful_level_in_words(world: Any, tmp_path: Path) -> None:
    """The message says what is possible and what was asked for."""
    assert said(world, tmp_path, rule(f"when: {level(above=120)}")) == [
        "6: one.rule.when: can never fire: device.battery_level is between 0 and 100, never above 120"
    ]


@pytest.mark.parametrize(
    "first, second, needless",
    [
        (level(above=80), level(above=90), ["two.rule"]),
        (level(above=80), level(at_least=80), ["one.rule"]),
        (level(above=80), level(above=80), ["two.rule"]),
        (level(above=80), level(below=20), []),
        (level(below=20), level(below=10), ["two.rule"]),
        (level(levels="{minor: {above: 70}, major: {above: 80}}"), level(above=90), ["two.rule"]),
        (level(levels="{minor: {above: 70}, major: {above: 95}}"), level(above=90), []),
    ],
)
def test_one_rule_implies_the_other(world: Any, tmp_path: Path, first: str, second: str, needless: list[str]) -> None:
    """Of two rules of one property and the same devices the narrower one is needless."""
    found = said(world, tmp_path, rule(f"when: {first}"), rule(f"when: {second}", id="two.rule"))

    assert [one.split(": ")[1].removesuffix(".when") for one in found] == needless


@pytest.mark.parametrize(
    "more, changes",
    [
        ("", {"severity": "critical"}),
        ("", {"domain": "traffic"}),
        ("subject: cell", {}),
        ("quality: [good]", {}),
        ("case: {category: bin_full, verify: {normal_for: 5m, give_up_after: 1h}}", {}),
    ],
)
def test_rule_that_says_more_is_not_needless(world: Any, tmp_path: Path, more: str, changes: dict[str, str]) -> None:
    """It is worse, or about others, or it opens a case."""
    second = rule(f"when: {level(above=90)}\n{more}", id="two.rule", **changes)

    assert said(world, tmp_path, rule(f"when: {level(above=80)}"), second) == []


def test_quicker_rule_is_not_needless(world: Any, tmp_path: Path) -> None:
    """The narrower one fires at once, the other after ten minutes; and it does not cover devices that it leaves out."""
    slow = rule(f"when: {level(above=80)}\nfor: 10m")
    few = rule(f"when: {level(above=80)}\nwhere: {{kind: waste_bin, size: [a, b]}}")
    quick = rule(f"when: {level(above=90)}", id="two.rule")

    assert said(world, tmp_path, slow, quick) == []
    assert said(world, tmp_path, few, quick) == []
    assert (
        len(said(world, tmp_path, few, rule(f"when: {level(above=90)}\nwhere: {{kind: waste_bin, size: a}}", id="x.y")))
        == 1
    )


def test_suppression_that_does_nothing(world: Any, tmp_path: Path) -> None:
    """A rule that is not there, one of other subjects, and two that suppress each other."""
    when = f"when: {level(above=50)}"
    found = said(
        world,
        tmp_path,
        rule(f"{when}\nsuppresses: [no.rule, two.rule, area.rule]"),
        rule(f"when: {level(below=20)}\nsuppresses: [one.rule]", id="two.rule"),
        rule(f"when: {level(below=10)}\nsubject: cell", id="area.rule"),
    )

    assert [one.partition(": ")[2] for one in found] == [
        "one.rule.suppresses: area.rule speaks about a cell, never the same subject",
        "one.rule.suppresses: there is no rule 'no.rule' among those that are checked",
        "one.rule.suppresses: two.rule and this one suppress each other",
        "two.rule.suppresses: one.rule and this one suppress each other",
    ]


def test_catalogue_has_no_doubts(world: Any) -> None:
    """What is shipped can fire and clear, and each rule says something of its own."""
    loaded, _ = load_with_tests([CATALOG], world.dictionary)

    assert list(doubts(loaded, world.dictionary)) == []
