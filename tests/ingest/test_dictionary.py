"""The data dictionary is loaded, and its faults told with their lines."""

from __future__ import annotations

from pathlib import Path

from ingest import dictionary
from ingest.model import Statistic

GOOD = """\
properties:
  waste.odour:
    unit: "[ppm]"
    title: {zh: 臭气, en: Odour}
    possible: [0, null]
"""


def test_base_dictionary() -> None:
    """The shipped dictionary has no fault, and bounds that hold one another."""
    properties, faults = dictionary.load()

    assert faults == ()
    assert properties["traffic.speed"].unit == "km/h"
    assert properties["waste.fill_level"].title_zh == "满溢度"
    assert all(one.title_zh and one.title_en for one in properties.values())
    assert {name.partition(".")[0] for name in properties} == {"traffic", "weather", "lighting", "waste", "device"}


def test_base_dictionary_says_what_values_stand_for() -> None:
    """Every shipped property has a resolution; a flag is 0 or 1; the growth of a total goes to a sum or a count."""
    properties, _ = dictionary.load()
    flags = [one for one in properties.values() if one.statistic is Statistic.STATUS]
    totals = [one for one in properties.values() if one.increments]

    assert len(properties) >= 60
    assert [one.name for one in properties.values() if one.resolution is None] == []
    assert {(one.unit, one.low, one.high) for one in flags} == {("1", 0.0, 1.0)}
    assert {one.statistic for one in totals} == {Statistic.TOTAL}
    assert properties["lighting.energy"].increments == "lighting.energy_used"


def test_site_adds_and_replaces(tmp_path: Path) -> None:
    """A later file adds properties and replaces whole ones."""
    file = tmp_path / "dictionary.yaml"
    file.write_text(GOOD + "  traffic.speed: {unit: m/s, title: {zh: 车速, en: Speed}}\n", encoding="utf-8")
    properties, faults = dictionary.load(dictionary.BASE, file)

    assert faults == ()
    assert (properties["waste.odour"].low, properties["waste.odour"].high) == (0.0, None)
    assert (properties["traffic.speed"].unit, properties["traffic.speed"].high) == ("m/s", None)
    assert "waste.fill_level" in properties


def test_faults_have_lines(tmp_path: Path) -> None:
    """Every fault of a file is told, each with its line and path."""
    file = tmp_path / "dictionary.yaml"
    file.write_text(
        """\
properties:
  Odour:
    unit: "[ppm]"
    title: {zh: 臭气, en: Odour}
  waste.a:
    unit: furlong
    title: {zh: 甲, en: A}
  waste.b:
    unit: m
    title: {zh: 乙, en: B}
    possible: [5, 1]
    plausible: [0, 9]
""",
        encoding="utf-8",
    )
    _, faults = dictionary.load(file)

    assert [str(fault).removeprefix(str(file)) for fault in faults] == [
        ":3: properties.Odour: 'Odour' is not a property name (domain.word in small letters)",
        ":6: properties.waste.a.unit: 'furlong' is not a UCUM unit",
        ":11: properties.waste.b.possible: the low bound 5 is not below the high bound 1",
        ":12: properties.waste.b.plausible: does not lie inside `possible`",
    ]


def test_faults_of_shape(tmp_path: Path) -> None:
    """Unknown keys, missing keys and wrong types are faults at their lines."""
    file = tmp_path / "dictionary.yaml"
    file.write_text(
        "properties:\n  waste.a:\n    unit: m\n    titel: {zh: 甲, en: A}\n    possible: [low, .inf]\n",
        encoding="utf-8",
    )
    _, faults = dictionary.load(file)

    assert sorted((fault.line, fault.path) for fault in faults) == [
        (3, "properties.waste.a.title"),
        (4, "properties.waste.a.titel"),
        (5, "properties.waste.a.possible.0"),
        (5, "properties.waste.a.possible.1"),
    ]


def test_faults_of_increments(tmp_path: Path) -> None:
    """The growth of a total goes to a sum or count of the same dimension, of this file or of one before it."""
    file = tmp_path / "dictionary.yaml"
    title = "title: {zh: 甲, en: A}"
    file.write_text(
        f"""\
properties:
  waste.a: {{unit: kg, {title}, increments: waste.b}}
  waste.b: {{unit: kg, {title}, statistic: sum}}
  waste.c: {{unit: t, {title}, statistic: total, increments: waste.b}}
  waste.d: {{unit: m, {title}, statistic: total, increments: waste.b}}
  waste.e: {{unit: kg, {title}, statistic: total, increments: waste.weight}}
  waste.f: {{unit: kg, {title}, statistic: total, increments: waste.g}}
  waste.h: {{unit: mm, {title}, statistic: total, increments: weather.rain_increment, resolution: 0}}
  waste.i: {{unit: mm, {title}, statistic: often}}
  waste.j: {{unit: "[ppm]", {title}, molar_mass: 16}}
""",
        encoding="utf-8",
    )
    _, faults = dictionary.load(file)
    assert sorted(fault.line for fault in faults) == [8, 9]
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join([*lines[:1], lines[-1]]) + "\n", encoding="utf-8")
    _, faults = dictionary.load(file)
    assert [fault.message for fault in faults] == ["[ppm] is not a mass in a volume, as ug/m3"]

    file.write_text("\n".join(lines[:7]) + "\n", encoding="utf-8")
    _, faults = dictionary.load(file)
    assert [(fault.line, fault.message) for fault in faults] == [
        (2, "only a total has increments, and the statistic of waste.a is instant"),
        (5, "waste.b is kept in kg, which m does not convert to"),
        (6, "waste.weight is of the statistic instant, not sum or count"),
        (7, "'waste.g' is not a property of the dictionary"),
    ]


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there is one fault."""
    _, faults = dictionary.load(tmp_path / "none.yaml")

    assert [fault.message for fault in faults] == ["cannot be read: No such file or directory"]
