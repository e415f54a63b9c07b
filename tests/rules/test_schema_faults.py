"""Rule files that are wrong: every fault with its line, and what would be right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rules.schema import kinds, load
from tests.rules.rule_text import RULE, write


def faults_of(world: Any, folder: Path, text: str) -> list[tuple[int, str, str]]:
    """Return (line, path, message) of the faults of a rule file."""
    rules, faults = load([write(folder, text)], world.dictionary)
    assert rules == () or faults == ()
    return [(fault.line, fault.path, fault.message) for fault in faults]


@pytest.mark.parametrize(
    "old, new, expected",
    [
        (
            "weather.water_level, above",
            "weather.water_lvl, above",
            [(6, "0.when.threshold.property", "'weather.water_lvl' is not in the data dictionary")],
        ),
        (
            "clear_below: 10",
            "clear_below: 16",
            [(6, "0.when.threshold", "clear_below 16 is on the wrong side of above 15")],
        ),
        (
            "clear_below: 10",
            "clear_above: 10",
            [(6, "0.when.threshold", "clear_above does not go with above: use clear_below")],
        ),
        (
            "clear_below: 10",
            "below: 10",
            [(6, "0.when.threshold", "exactly one of above, at_least, below, at_most is needed")],
        ),
        ("above: 15", "above: high", [(6, "0.when.threshold.above", "must be a valid number (is 'high')")]),
        ("above: 15", "above: .inf", [(6, "0.when.threshold.above", "must be a finite number (is inf)")]),
        (
            "threshold:",
            "treshold:",
            [(6, "0.when.treshold", f"there is no condition 'treshold' (there are: {', '.join(kinds())})")],
        ),
        (
            "for: 2m",
            "for: 2",
            [
                (
                    7,
                    "0.for",
                    "is not a duration: write a number with its unit, such as 30s, 5m, 2h, 1d, 1h30m (is 2)",
                )
            ],
        ),
        (
            "severity: critical",
            "severty: critical",
            [(1, "0.severity", "is missing"), (9, "0.severty", "is not a key that may stand here: is it 'severity'?")],
        ),
        ("    category: road_flooding\n", "", [(11, "0.case.category", "is missing")]),
        (
            "give_up_after: 20m",
            "give_up_after: 2m",
            [(12, "0.case.verify", "give_up_after is shorter than normal_for")],
        ),
        ("place: [road, bridge]", "place: []", [(4, "0.where", "place: [] is neither a word nor a list of words")]),
        ("place: [road, bridge]", "place: yes", [(4, "0.where", "place: True is neither a word nor a list of words")]),
        (
            "id: flood.road",
            "id: Flood",
            [(1, "0.id", "String should match pattern '^[a-z][a-z0-9_]*(\\.[a-z0-9_]+)+$' (is 'Flood')")],
        ),
        (
            "10 16x5",
            "10 16*5",
            [
                (
                    17,
                    "0.tests.0.series.weather.water_level",
                    "'16*5' is not a value (16), a repeat (16x5), steps (20+2x4) or a gap (_, _x3) (is '10 16*5')",
                )
            ],
        ),
        (
            "{weather.water_level:",
            "{weather.wter_level:",
            [(17, "0.tests.0.series.weather.wter_level", "'weather.wter_level' is not in the data dictionary")],
        ),
        (
            "state: firing",
            "state: fired",
            [
                (
                    18,
                    "0.tests.0.expect.0.state",
                    "must be 'pending', 'firing', 'flapping' or 'resolved' (is 'fired')",
                )
            ],
        ),
        ("at: 3m", "at: 6m", [(18, "0.tests.0.expect.0.at", "is after the last value of the series")]),
        (
            "{at: 3m, state: firing}",
            "firing",
            [(18, "0.tests.0.expect.0", "must be keys with values, as `key: value`, not 'firing'")],
        ),
    ],
)
def test_load_reports_a_fault_at_its_line(
    world: Any, tmp_path: Path, old: str, new: str, expected: list[tuple[int, str, str]]
) -> None:
    """Each mistake is named where it stands."""
    assert old in RULE
    assert expected == faults_of(world, tmp_path, RULE.replace(old, new))


def test_load_reports_all_faults(world: Any, tmp_path: Path) -> None:
    """Faults of every rule of every file come together, in the order of files and lines."""
    write(tmp_path, RULE.replace("for: 2m", "for: 2").replace("above: 15", "abov: 15"), "a.yaml")
    write(tmp_path, "- [", "b.yaml")
    write(tmp_path, "just words", "c.yaml")
    rules, faults = load([tmp_path, tmp_path / "missing.yaml"], world.dictionary)

    assert rules == ()
    assert [(Path(fault.file).name, fault.line, fault.message) for fault in faults] == [
        ("a.yaml", 6, "is not a key that may stand here: is it 'above'?"),
        ("a.yaml", 7, "is not a duration: write a number with its unit, such as 30s, 5m, 2h, 1d, 1h30m (is 2)"),
        ("b.yaml", 1, "is not YAML: expected the node content, but found '<stream end>'"),
        ("c.yaml", 1, "is neither a rule nor a list of rules"),
        ("missing.yaml", 1, "cannot be read: No such file or directory"),
    ]


def test_load_refuses_times_for_a_condition_of_the_clock(world: Any, tmp_path: Path) -> None:
    """`for` would say the same as for_intervals, in another way."""
    text = RULE.replace("threshold: {property: weather.water_level, above: 15, clear_below: 10}", "no_data: {}")
    faults = faults_of(world, tmp_path, text)

    message = "has no meaning for a condition that looks at the clock"
    assert [(7, "0.for", message), (8, "0.keep_firing_for", message)] == faults


def test_load_refuses_an_id_twice_in_a_folder(world: Any, tmp_path: Path) -> None:
    """The second one is the fault, and names the first."""
    write(tmp_path, RULE, "a.yaml")
    write(tmp_path, "# again\n" + RULE, "b.yaml")
    _, faults = load([tmp_path], world.dictionary)

    assert [f"{tmp_path}/b.yaml:2: 0.id: the id 'flood.road' is taken by {tmp_path}/a.yaml:1"] == list(map(str, faults))


@pytest.mark.parametrize(
    "when, expected",
    [
        (
            "all_of: {conditions: [{threshold: {property: weather.water_level, above: 15}}, {no_data: {}}]}",
            [("0.when.all_of.conditions.1", "looks at the clock: it can only stand alone")],
        ),
        (
            "any_of: {conditions: [{threshold: {property: weather.level, above: x}}, 5]}",
            [
                ("0.when.any_of.conditions.0.threshold.property", "'weather.level' is not in the data dictionary"),
                ("0.when.any_of.conditions.0.threshold.above", "must be a valid number (is 'x')"),
                ("0.when.any_of.conditions.1", "is not one condition with its options, such as `threshold: {…}`"),
                ("0.when.any_of.conditions.1", "must be keys with values, as `key: value`, not 5"),
            ],
        ),
        (
            "none_of: {conditions: [{threshold: {property: weather.pm10, levels: {info: {above: 1}, major: {}}}}]}",
            [
                (
                    "0.when.none_of.conditions.0.threshold.levels.major",
                    "exactly one of above, at_least, below, at_most is needed",
                )
            ],
        ),
        (
            "any_of: {conditions:[{threshold: {property: weather.o3, levels: {info: {above: 1}, major: {above: 2}}}}]}",
            [("0.when.any_of.conditions.0", "has levels: only a condition that stands alone can")],
        ),
        (
            "repeated: {times: 1, of: 2, condition: {flat_line: {property: weather.water_level, over: 5m}}}",
            [("0.when.repeated", "condition: must be one of values, such as threshold or state_equals")],
        ),
        (
            "threshold: {property: weather.water_level, levels: {info: {above: 1}, major: {above: 2}}}",
            [("0.severity", "must be that of the worst level, major")],
        ),
        (
            "threshold: {property: weather.water_level, levels: {info: {above: 3}, critical: {above: 2}}}",
            [("0.when.threshold", "levels: a worse one must be further out on the same side")],
        ),
        (
            "any_of: {conditions: [" * 6 + "{no_data: {}}" + "]}" * 6,
            [
                (
                    "0.when" + ".any_of.conditions.0" * 5 + ".any_of",
                    "conditions stand in each other deeper than 4 levels",
                )
            ],
        ),
    ],
)
def test_load_reports_faults_of_parts_at_their_place(
    world: Any, tmp_path: Path, when: str, expected: list[tuple[str, str]]
) -> None:
    """A condition inside another has its own line and path."""
    text = RULE.replace("threshold: {property: weather.water_level, above: 15, clear_below: 10}", when)
    text = text.replace("any_of: {conditions: [" * 2, "any_of: {conditions: [{any_of: {conditions: [").replace(
        "[any_of", "[{any_of"
    )
    text = text.replace("]}" * 6, "]}}" * 5 + "]}") if "deeper" in expected[0][1] else text

    assert sorted(expected) == sorted((path, message) for _, path, message in faults_of(world, tmp_path, text))


def test_load_refuses_what_the_clock_does_not_know(world: Any, tmp_path: Path) -> None:
    """Silence has no flags, no flapping and no area."""
    text = (
        "id: weather.silent\ntitle: {zh: 无, en: Silent}\ndomain: weather\nwhen: {no_data: {}}\nsubject: cell\n"
        "quality: [good]\nflapping: {firings: 4, within: 30m}\nseverity: info\nrunbook: {zh: 看, en: Look}\n"
    )

    assert [path for _, path, _ in faults_of(world, tmp_path, text)] == ["subject", "quality", "flapping"]
