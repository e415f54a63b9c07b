"""The data dictionary is loaded, and its faults told with their lines."""

from __future__ import annotations

from pathlib import Path

from ingest import dictionary

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


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there is one fault."""
    _, faults = dictionary.load(tmp_path / "none.yaml")

    assert [fault.message for fault in faults] == ["cannot be read: No such file or directory"]
