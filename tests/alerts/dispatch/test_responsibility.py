"""The responsibility matrix: who is named, holes, contradictions, and each mistake of the file with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.cases import categories
from alerts.cases.categories import Categories
from alerts.dispatch.coverage import contradictions, holes
from alerts.dispatch.crew_choice import choose
from alerts.dispatch.matrix import Assignment, Matrix, Unassigned
from alerts.dispatch.responsibility import load
from ingest.located import load_csv

GOOD = """\
version: 1
units:
  drainage:
    title: {zh: 排水所, en: Drainage}
    supervisor: {zh: 值班长, en: Supervisor}
    crews:
      drainage-1: {title: {zh: 一队, en: One}, areas: ["450107001"]}
      drainage-2: {title: {zh: 二队, en: Two}, areas: ["450107002"]}
  emergency:
    title: {zh: 应急队, en: Emergency}
    supervisor: {zh: 值班长, en: Supervisor}
    crews:
      emergency-1: {title: {zh: 应急一队, en: One}, areas: ["450107"]}
duties:
  - {unit: emergency, area: "450107", post: {zh: 应急, en: E}, duty: {zh: 处置, en: H}}
  - {unit: drainage, area: "450107", domain: weather, post: {zh: 排水, en: D}, duty: {zh: 抽排, en: P}}
  - {unit: emergency, area: "450107", domain: weather, hours: night, post: {zh: 夜班, en: N}, duty: {zh: 抽排, en: P}}
  - {unit: drainage, area: "450107001", categories: [road_flooding], hours: night, days: working,
     post: {zh: 抢险, en: R}, duty: {zh: 抽排, en: P}}
"""
ONE, TWO = "450107001003001", "450107002003001"


@pytest.fixture(scope="module")
def classes(site_folder: Path) -> Categories:
    """Return the sample site's categories."""
    return categories.load(site_folder / "categories.yaml")[0]


def _load(tmp_path: Path, text: str, classes: Categories) -> tuple[Matrix, list[str]]:
    path = tmp_path / "responsibility.yaml"
    path.write_text(text, encoding="utf-8")
    matrix, faults = load(path, classes)
    return matrix, [str(fault).partition("responsibility.yaml:")[2] for fault in faults]


@pytest.mark.parametrize(
    "category, cell, minute, worked, expected",
    [
        # the domain's unit by day
        ("gully_blocked", ONE, 12 * 60, True, ("drainage", "排水", ("drainage-1",))),
        # the crew of the other quarter
        ("gully_blocked", TWO, 12 * 60, True, ("drainage", "排水", ("drainage-2",))),
        # by night the emergency team has the domain
        ("gully_blocked", ONE, 23 * 60, True, ("emergency", "夜班", ("emergency-1",))),
        # a category wins over a domain, on working nights in this quarter
        ("road_flooding", ONE, 23 * 60, True, ("drainage", "抢险", ("drainage-1",))),
        # not on a holiday's night
        ("road_flooding", ONE, 23 * 60, False, ("emergency", "夜班", ("emergency-1",))),
        # not in the other quarter
        ("road_flooding", TWO, 23 * 60, True, ("emergency", "夜班", ("emergency-1",))),
        # seven in the morning is day, one minute before is night
        ("gully_blocked", ONE, 7 * 60, True, ("drainage", "排水", ("drainage-1",))),
        ("gully_blocked", ONE, 7 * 60 - 1, True, ("emergency", "夜班", ("emergency-1",))),
        # twenty-two o'clock is night
        ("gully_blocked", ONE, 22 * 60, True, ("emergency", "夜班", ("emergency-1",))),
        # whatever nobody else has
        ("bin_full", ONE, 12 * 60, True, ("emergency", "应急", ("emergency-1",))),
    ],
)
def test_assign(
    tmp_path: Path,
    classes: Categories,
    category: str,
    cell: str,
    minute: int,
    worked: bool,  # noqa: FBT001 - a table
    expected: tuple[str, str, tuple[str, ...]],
) -> None:
    """This category, here and at this time, is this unit's, on this post, with these crews."""
    matrix, _ = _load(tmp_path, GOOD, classes)

    found = matrix.assign(classes[category], cell, minute, worked=worked)

    assert isinstance(found, Assignment)
    assert (found.unit.id, found.post.zh, found.crews) == expected


def test_assign_where_nobody_is(tmp_path: Path, classes: Categories) -> None:
    """A cell of another district has no duty; a quarter without a crew has none either; both are named."""
    matrix, _ = _load(tmp_path, GOOD, classes)

    elsewhere = matrix.assign(classes["bin_full"], "450102001001001", 0, worked=True)
    third = matrix.assign(classes["gully_blocked"], "450107003001001", 12 * 60, worked=True)

    assert elsewhere == Unassigned(
        reason="no_duty", detail="no duty covers bin_full in 450102001001001 (night, working days)"
    )
    assert third == Unassigned(reason="no_crew", detail="unit drainage has no crew for 450107003001001")


def test_load_good(tmp_path: Path, classes: Categories) -> None:
    """A matrix without holes has no faults."""
    assert _load(tmp_path, GOOD, classes)[1] == []


@pytest.mark.parametrize(
    "old, new, expected",
    [
        # a unit that is not there
        ('{unit: drainage, area: "450107",', '{unit: x, area: "450107",', "16: duties.1.unit: there is no unit 'x'"),
        # a category that is not there
        ("[road_flooding]", "[flood]", "18: duties.3.categories.0: there is no category 'flood' in categories.yaml"),
        # category and domain in one row
        ("hours: night, days", "domain: waste, days", "18: duties.3.domain: stands beside categories: drop one"),
        # one crew in two units
        ("emergency-1:", "drainage-1:", "13: units.emergency.crews.drainage-1: crew 'drainage-1' stands under unit"),
        # an area that is no code
        ('areas: ["450107002"]', 'areas: ["4501"]', "8: units.drainage.crews.drainage-2.areas.0: String should match"),
        # an hour that is none
        ("hours: night, post", "hours: noon, post", "17: duties.2.hours: must be 'all', 'day' or 'night'"),
        # two rows of which neither is more specific
        ("hours: night, post", "post", "17: duties.2: is as specific as duties.1 and fits the same cases"),
    ],
)
def test_load_faults(tmp_path: Path, classes: Categories, old: str, new: str, expected: str) -> None:
    """Each mistake is told with its line."""
    _, faults = _load(tmp_path, GOOD.replace(old, new), classes)

    assert [fault.startswith(expected) for fault in faults] == [True], faults


def test_load_tells_categories_without_anybody(tmp_path: Path, classes: Categories) -> None:
    """Without the row for everything else, each category that is left over is a fault."""
    text = GOOD.replace('  - {unit: emergency, area: "450107", post: {zh: 应急, en: E}, duty: {zh: 处置, en: H}}\n', "")

    _, faults = _load(tmp_path, text, classes)

    assert (
        "15: duties: category 'bin_full' has nobody: no duty covers bin_full in 450107001 (day, working days)" in faults
    )
    assert not any("gully_blocked" in fault for fault in faults)


def test_load_tells_a_quarter_without_a_crew(tmp_path: Path, classes: Categories) -> None:
    """The unit is responsible, but no crew of it serves the quarter."""
    text = GOOD.replace('areas: ["450107002"]', 'areas: ["450107003"]').replace(
        'area: "450107", domain: weather, post', 'area: "450107002", domain: weather, post'
    )

    _, faults = _load(tmp_path, text, classes)

    assert "15: duties: category 'gully_blocked' has nobody: unit drainage has no crew for 450107002" in faults


def test_sample_site_covers_every_community(site_folder: Path, classes: Categories) -> None:
    """In the sample site every category has a crew in every community, day and night, on every day."""
    matrix, faults = load(site_folder / "responsibility.yaml", classes)
    rows, _ = load_csv(site_folder / "divisions.csv", ("level", "code"))
    communities = [row["code"] for _, row in rows if row["level"] == "community"]

    assert faults == ()
    assert len(communities) == 159
    assert list(holes(matrix, classes, communities)) == []
    assert list(contradictions(matrix.duties)) == []
    assert len(matrix.crews) >= 8


@pytest.mark.parametrize(
    "tasks, without, expected",
    [
        # the one with the fewest open tasks
        ({"a": 2, "b": 1, "c": 3}, (), "b"),
        # no task at all
        ({"a": 2, "b": 1}, (), "c"),
        # equal: by name
        ({}, (), "a"),
        # those who gave the case back come last
        ({"b": 5, "c": 9}, ("a",), "b"),
        # but rather they than nobody
        ({"a": 1}, ("a", "b", "c"), "b"),
    ],
)
def test_choose(tasks: dict[str, int], without: tuple[str, ...], expected: str) -> None:
    """Of three crews this one gets the task."""
    assert choose(("a", "b", "c"), tasks, without) == expected


def test_choose_nobody() -> None:
    """Without crews there is no choice."""
    assert choose((), {}) is None
