"""The categories file: what it says, code schemes, and each mistake with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.cases.categories import Fold, load
from alerts.cases.deadlines import LimitType
from alerts.cases.schemes import SCHEMES, fault_of
from ingest.located import load_csv

GOOD = """\
version: 1
scheme: gb30428.2-2013
categories:
  road_flooding:
    kind: event
    code: "0506"
    title: {zh: 道路积水, en: Road flooding}
    domain: weather
    condition: 深度>15cm
    limit: 2紧急工作时
    limit_source: a standard
    measured: partial
    fold: near
"""


def _load(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "categories.yaml"
    path.write_text(text, encoding="utf-8")
    return [str(fault).partition("categories.yaml:")[2] for fault in load(path)[1]]


def test_load(tmp_path: Path) -> None:
    """A good file gives categories under their keys, with the limit read."""
    path = tmp_path / "categories.yaml"
    path.write_text(GOOD, encoding="utf-8")

    categories, faults = load(path)

    assert faults == ()
    found = categories["road_flooding"]
    assert (found.scheme, found.kind, found.code, found.fold) == ("gb30428.2-2013", "event", "0506", Fold.NEAR)
    assert (found.limit.value, found.limit.type) == (2, LimitType.URGENT_HOUR)
    assert (found.measured, found.verify_first, found.is_local_extension) == ("partial", False, False)


def test_load_marks_local_extensions_in_the_title(tmp_path: Path) -> None:
    """A local class is told apart by its Chinese title."""
    path = tmp_path / "categories.yaml"
    path.write_text(GOOD.replace('"0506"', '"0499"') + "    is_local_extension: true\n", encoding="utf-8")

    categories, faults = load(path)

    assert (faults, categories["road_flooding"].title.zh) == ((), "道路积水（自定义）")


@pytest.mark.parametrize(
    "old, new, expected",
    [
        # a number that YAML reads as one
        ('"0506"', "506", "6: categories.road_flooding.code: must be a valid string (is 506)"),
        # five digits under the four-digit scheme
        (
            '"0506"',
            '"05060"',
            "6: categories.road_flooding.code: '05060' is no event of gb30428.2-2013: it must have 4",
        ),
        # an event of a major class that components have
        ('"0506"', '"0706"', "6: categories.road_flooding.code: '0706' is no event of gb30428.2-2013"),
        # a local number that does not say so
        (
            '"0506"',
            '"0599"',
            "6: categories.road_flooding.code: 0599 is in the range of local extensions: set is_local",
        ),
        # a limit that is none
        ("2紧急工作时", "soon", "10: categories.road_flooding.limit: 'soon' is no limit: write a number above 0"),
        # a scheme that nobody knows
        (
            "gb30428.2-2013",
            "gb1-1999",
            "2: scheme: must be one of gb30428.2-2013, gb47678.5-2026, local (is 'gb1-1999')",
        ),
        # a domain that is none
        (
            "domain: weather",
            "domain: noise",
            "8: categories.road_flooding.domain: must be 'traffic', 'weather'",
        ),
        # looking first at what is fully measured
        (
            "partial",
            "full\n    verify_first: true",
            "13: categories.road_flooding.verify_first: is for categories whose",
        ),
        # a key that no rule can name
        ("  road_flooding:", "  Road:", "5: categories.Road.[key]: String should match pattern"),
        # nothing at all
        (GOOD.partition("categories:")[2], " {}\n", "3: categories: has too few keys: at least 1 must stand here"),
    ],
)
def test_load_faults(tmp_path: Path, old: str, new: str, expected: str) -> None:
    """Each mistake is told with its line and what would be right."""
    found = _load(tmp_path, GOOD.replace(old, new))

    assert len(found) == 1
    assert found[0].startswith(expected)


def test_load_tells_all_faults(tmp_path: Path) -> None:
    """Two mistakes are told at once."""
    found = _load(tmp_path, GOOD.replace("weather", "noise").replace("2紧急工作时", "soon"))

    assert [fault.partition(":")[0] for fault in found] == ["8", "10"]


@pytest.mark.parametrize(
    "scheme, kind, code, fits",
    [
        # road flooding, and a fence at the water: the same four digits are two things
        ("gb30428.2-2013", "event", "0506", True),
        ("gb30428.2-2013", "component", "0506", True),
        # components have five major classes, events six
        ("gb30428.2-2013", "component", "0601", False),
        ("gb30428.2-2013", "event", "0601", True),
        # minor 00 is no class
        ("gb30428.2-2013", "event", "0500", False),
        # five digits since 2026
        ("gb47678.5-2026", "event", "06042", True),
        ("gb47678.5-2026", "event", "0604", False),
        ("gb47678.5-2026", "event", "06000", False),
        # digits of another script are no digits
        ("gb30428.2-2013", "event", "０５０６", False),
        # a city's own
        ("local", "event", "NN-12", True),
        ("local", "event", "", False),
    ],
)
def test_fault_of(scheme: str, kind: str, code: str, fits: bool) -> None:  # noqa: FBT001 - a table
    """Each scheme knows the shape of its codes."""
    assert (fault_of(scheme, kind, code) is None) is fits


def test_sample_site_has_the_limits_of_the_standards(site_folder: Path) -> None:
    """Every category of the sample site has a source for its limit, and none is taken for the district's own."""
    categories, faults = load(site_folder / "categories.yaml")

    assert faults == ()
    assert len(categories) == 15
    assert all("to be replaced" in one.limit_source or "choice" in one.limit_source for one in categories.values())


@pytest.mark.corpora
def test_sample_site_agrees_with_published_standards(site_folder: Path, corpora: Path) -> None:
    """Code and limit of each category that a published standard has are in that standard."""
    categories, _ = load(site_folder / "categories.yaml")
    columns = ("kind", "code4", "limit_type", "limit_value")
    rows, _ = load_csv(corpora / "seed" / "case_standards.csv", columns)
    types = {"hour": "work_hour"}  # rows written `N小时` only
    published = {
        (row["kind"], row["code4"], types.get(row["limit_type"], row["limit_type"]), row["limit_value"])
        for _, row in rows
    }
    own = [one for one in categories.values() if "Yuncheng" in one.limit_source or "Taiyuan" in one.limit_source]

    assert len(own) == 13
    for one in own:
        assert (one.kind, one.code, one.limit.type.value, f"{one.limit.value:g}") in published, one.key


def test_schemes_are_named_in_the_column() -> None:
    """A scheme's name fits the store."""
    assert all(len(name) <= 24 for name in SCHEMES)
