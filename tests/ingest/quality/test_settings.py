"""The quality settings of a dictionary: read, changed by a site, and told with their line where they are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest import dictionary
from ingest.checks import AttenuatedSignal, Checks, ClimateSpan, FlatLine, Neighbours, RateOfChange, Spike, TimeGap
from ingest.model import Property

ENTRY = """
properties:
  weather.soil:
    unit: Cel
    title: {zh: 地温, en: Soil temperature}
    quality:
"""


def read(folder: Path, *texts: str) -> tuple[dict[str, Property], list[str]]:
    """Return the dictionary with files of these texts over it, and the faults with their lines."""
    paths = []
    for number, text in enumerate(texts):
        path = folder / f"{number}.yaml"
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    found, faults = dictionary.load(*paths)
    return found, [f"{fault.line}: {fault.path}: {fault.message}" for fault in faults]


def test_every_test_can_be_set(tmp_path: Path) -> None:
    """The settings of each test arrive in the units of the hot path."""
    text = """
      rate_of_change: {suspect_per_minute: 3, fail_per_minute: 12}
      spike: {suspect: 2, method: differential}
      flat_line: {tolerance: 0.1, suspect_after_s: 600, fail_after_s: 6000}
      attenuated_signal: {suspect: 0.5, period_s: 3600}
      time_gap: {fail_after_s: 7200}
      climatology: [{month: [12, 2], hour: [0, 5], plausible: [0, 20], possible: [-5, 30]}]
      neighbours: {suspect: 5}
      source: default
"""
    found, faults = read(tmp_path, ENTRY + text)

    assert faults == []
    assert found["weather.soil"].checks == Checks(
        rate_of_change=RateOfChange(0.05, 0.2),
        spike=Spike(2.0, None, "differential"),
        flat_line=FlatLine(0.1, 600.0, 6000.0),
        attenuated_signal=AttenuatedSignal(0.5, 0.0, 3600.0, "range", 2),
        time_gap=TimeGap(None, 7200.0),
        climatology=(ClimateSpan((("month", 12.0, 2.0), ("hour", 0.0, 5.0)), (0.0, 20.0), (-5.0, 30.0)),),
        neighbours=Neighbours(5.0),
        source="default",
    )
    assert found["weather.soil"].looks_back


def test_site_changes_single_tests(tmp_path: Path) -> None:
    """A site replaces one test, switches off another, and leaves the rest as it is."""
    tests = "spike: {suspect: 2}", "time_gap: {fail_after_s: 7200}", "flat_line: {tolerance: 1, fail_after_s: 9}"
    base = "".join(f"      {one}\n" for one in tests)
    change = "properties: {}\nquality:\n  weather.soil: {spike: {suspect: 9}, time_gap: null}\n"

    found, faults = read(tmp_path, ENTRY + base, change)

    assert faults == []
    assert found["weather.soil"].checks == Checks(spike=Spike(9.0), flat_line=FlatLine(1.0, None, 9.0))


def test_site_switches_all_off(tmp_path: Path) -> None:
    """A property without any test keeps no history."""
    change = "properties: {}\nquality:\n  weather.soil: {spike: null}\n"

    found, _ = read(tmp_path, ENTRY + "      spike: {suspect: 2}\n      source: somebody\n", change)

    assert found["weather.soil"].checks is None
    assert not found["weather.soil"].looks_back


@pytest.mark.parametrize(
    "line, message",
    [
        ("spike: {suspect: 5, fail: 5}", "suspect is not below fail"),
        ("spike: {method: average}", "neither suspect nor fail is there"),
        ("spike: {suspect: 1, method: best}", "must be 'average' or 'differential' (is 'best')"),
        ("rate_of_change: {}", "neither suspect_per_minute nor fail_per_minute is there"),
        ("flat_line: {suspect_after_s: 60}", "is missing"),
        ("attenuated_signal: {suspect: 1, fail: 2, period_s: 60}", "fail is above suspect: the less a signal"),
        ("time_gap: {suspect_after_s: 9, fail_after_s: 8}", "suspect_after_s is not below fail_after_s"),
        ("climatology: [{plausible: [1, 2]}]", "names none of month, quarter"),
        ("climatology: [{hour: [0, 24], plausible: [1, 2]}]", "hour is not within 0 to 23"),
        ("climatology: [{hour: [0, 5], plausible: [2, 1]}]", "plausible: the low bound is not below"),
        ("climatology: [{hour: [0, 5], plausible: [1, 3], possible: [2, 4]}]", "plausible does not lie inside"),
        ("neighbours: {fail: 3}", "suspect is missing"),
        ("neighbours: {suspect: 3, least: 1}", "greater than or equal to 2 (is 1)"),
        ("trust: {}", "is not a key that may stand here"),
    ],
)
def test_faults_are_told_with_their_line(tmp_path: Path, line: str, message: str) -> None:
    """What is wrong is told at its line."""
    _, faults = read(tmp_path, f"{ENTRY}      {line}\n")

    assert len(faults) == 1
    assert faults[0].startswith("7: properties.weather.soil.quality.")
    assert message in faults[0]


def test_change_of_unknown_property(tmp_path: Path) -> None:
    """A site cannot change the tests of a property that is not there."""
    _, faults = read(tmp_path, "properties: {}\nquality:\n  weather.mood: {spike: {suspect: 1}}\n")

    assert faults == ["3: quality.weather.mood: 'weather.mood' is not a property of the dictionary"]
