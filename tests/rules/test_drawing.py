"""A failing test of a rule, as it is drawn in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rules.drawing import draw, reasons
from rules.schema import load_with_tests
from rules.testing import Outcome, run

RULE = """\
id: flood.road
title: {{zh: 道路积水, en: Road flooding}}
domain: weather
severity: {severity}
when: {when}
{more}
runbook: {{zh: 抽水, en: Pump}}
tests:
  - name: x
    series: {series}
    expect: {expect}
"""
WHEN = "{threshold: {property: weather.water_level, above: 15}}"
LIMITS = "{info: {above: 5}, minor: {above: 15}, critical: {above: 25}}"
LEVELS = "{threshold: {property: weather.water_level, levels: " + LIMITS + "}}"


@pytest.fixture
def tried(world: Any, tmp_path: Path) -> Any:
    """Return a function that makes the outcome of a rule's test of a series, or of several by their names."""

    def outcome(series: str | dict[str, str], expect: str = "[]", when: str = WHEN, more: str = "") -> Outcome:
        named = {"weather.water_level": series} if isinstance(series, str) else series
        said = "{" + ", ".join(f'{name}: "{values}"' for name, values in named.items()) + "}"
        severity = "critical" if "critical" in when else "major"
        text = RULE.format(severity=severity, when=when, more=more, series=said, expect=expect)
        (tmp_path / "rule.yaml").write_text(text, encoding="utf-8")
        (loaded,), faults = load_with_tests([tmp_path / "rule.yaml"], world.dictionary)
        assert faults == ()
        (made,) = run(loaded, world.dictionary)
        return made

    return outcome


def test_series_and_both_outcomes(tried: Any) -> None:
    """What it is about is seen at a glance: the gap, what was pending, where both differ."""
    outcome = tried("10 16x5 _ 8x2 12", "[{at: 4m, state: firing}]", more="for: 2m\nkeep_firing_for: 5m")

    assert draw(outcome).splitlines() == [
        "weather.water_level  ▃█████ ▁▁▅  8 … 16",
        "got                  .PPFFFFFFF  3m firing",
        "expected             ....FFFFFF  4m firing",
    ]
    assert [line.partition(": ")[0] for line in reasons(outcome)] == ["1m pending", "3m firing"]
    assert reasons(outcome)[1].startswith("3m firing: weather.water_level is 16 cm, above 15, for 2 min")


def test_each_level_has_its_letter(tried: Any) -> None:
    """Rises and falls are seen, in what is expected only if severities are named."""
    expect = "[{at: 1m, state: firing, severity: info}, {at: 2m, state: firing, severity: critical}]"
    outcome = tried("0 10 30x2 20 10 0", expect, LEVELS)

    said = "1m firing info, 2m firing critical, 4m firing minor, 5m firing info, 6m resolved"
    assert draw(outcome).splitlines()[1:] == [
        f"got                  .iCCmi.  {said}",
        "expected             .iCCCCC  1m firing info, 2m firing critical",
    ]
    assert "rises from info to critical" in reasons(outcome)[1]
    assert draw(tried("0 10 0", "[{at: 1m, state: firing}]", LEVELS)).splitlines()[1:] == [
        "got                  .i.  1m firing, 2m resolved",
        "expected             .FF  1m firing",
    ]


def test_several_devices_have_a_row_each(tried: Any) -> None:
    """Those of a cell together; a series may be shorter than the others, or have no value at all."""
    series = {"weather.water_level": "5x6", "other/weather.water_level": "5 16x2", "third/weather.water_level": "_x6"}

    assert draw(tried(series, more="subject: cell")).splitlines() == [
        "weather.water_level        ▁▁▁▁▁▁  5 … 5",
        "other/weather.water_level  ▁██     5 … 16",
        "third/weather.water_level          no values",
        "got                        .FFFFF  1m firing",
        "expected                   ......  nothing",
    ]


def test_flapping_has_a_letter(tried: Any) -> None:
    """It is told once, and drawn until it ends."""
    picture = draw(tried("5 16 5 16 5x3", more="flapping: {firings: 2, within: 10m}")).splitlines()[1]

    assert picture.startswith("got                  .F.~~~~")


def test_long_series_are_thinned_and_nothing_short_is_lost(tried: Any) -> None:
    """A day of minutes fits the line; a spike of one minute and its firing are still seen, and what a column is."""
    lines = draw(tried("5x1000 _x200 5x7 16 5x232")).splitlines()
    series, got, expected, column = lines

    assert max(map(len, lines)) < 150
    assert column == "one column is 15m"
    picture, states = series[21:117], got[21:117]
    assert picture.count("█") == 1
    assert picture.index("█") == states.index("F")
    assert states.count("F") == 1
    assert " " in picture
    assert "F" not in expected.partition("  ")[2]


def test_many_changes_are_not_all_said(tried: Any) -> None:
    """The drawing stays a drawing; the reasons are shortened too."""
    outcome = tried(" ".join(["5 16"] * 30))

    assert ", and 47 more" in draw(outcome)
    assert len(reasons(outcome)) == 41
    assert reasons(outcome)[-1] == "and 19 more"
