"""Rules that no device of a site feeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ingest.devices import Register
from ingest.profiles import loading as profiles
from rules.schema import load_with_tests
from rules.unfed import unfed

RULE = """\
id: one.rule
title: {{zh: 一, en: One}}
domain: waste
severity: major
runbook: {{zh: 一, en: One}}
where: {{kind: waste_bin}}
when: {when}
"""


def said(world: Any, folder: Path, when: str, devices: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what is said of a rule at a site with these devices."""
    path = folder / "rule.yaml"
    path.write_text(RULE.format(when=when), encoding="utf-8")
    loaded, faults = load_with_tests([path], world.dictionary)
    models, more = profiles.load([profiles.SHIPPED], world.dictionary)
    assert (faults, more) == ((), ())
    made = [world.device(f"d{number}", domain="waste", **one) for number, one in enumerate(devices)]
    register = Register({one.id: one for one in made}, world.dictionary, models)
    return [one.message for one in unfed(loaded, register, lambda _cell: (OTHER,))]


OTHER = "450107003013002"
BIN: dict[str, Any] = {"kind": "waste_bin", "attributes": {}}
FILL = "{threshold: {property: waste.fill_level, above: 80}}"
WEIGHT = "{threshold: {property: waste.weight, above: 80}}"
KNOWN = {"attributes": {"model": "decentlab-dl-mbx"}}


def test_no_device_is_selected(world: Any, tmp_path: Path) -> None:
    """The site has none of that kind."""
    assert said(world, tmp_path, FILL, [{"kind": "gateway"}]) == ["selects no device of the site"]


def test_profile_does_not_report_it(world: Any, tmp_path: Path) -> None:
    """What a model reports is known; of a device without a profile it is not."""
    assert said(world, tmp_path, FILL, [BIN | KNOWN]) == []
    assert said(world, tmp_path, WEIGHT, [BIN]) == []
    assert said(world, tmp_path, WEIGHT, [BIN | KNOWN, BIN]) == []
    assert said(world, tmp_path, WEIGHT, [BIN | KNOWN]) == [
        "no device that it selects reports waste.weight, as their profiles say"
    ]


@pytest.mark.parametrize(
    "when, needs",
    [
        ("{window: {property: waste.fill_level, function: avg, over: 1h, above: 80, min_samples: 3}}", 3),
        ("{flat_line: {property: waste.fill_level, over: 1h, min_samples: 4}}", 4),
        ("{repeated: {times: 3, of: 5, within: 1h, condition: " + FILL + "}}", 3),
        ("{rate_of_change: {property: waste.fill_level, over: 30m, above: 5}}", 2),
        ("{none_of: {conditions: [{rate_of_change: {property: waste.fill_level, over: 30m, above: 5}}]}}", 2),
    ],
)
def test_no_device_reports_often_enough(world: Any, tmp_path: Path, when: str, needs: int) -> None:
    """With an hour between values a window of an hour never has so many; with a quarter it has."""
    (told,) = said(world, tmp_path, when, [BIN | {"cadence_s": 3600}])

    assert told.startswith(f"needs {needs} values in ")
    assert told.endswith("no device that it selects reports oftener than each 1h")
    assert said(world, tmp_path, when, [BIN | {"cadence_s": 3600}, BIN | {"cadence_s": 900}]) == []


def test_silence_and_plain_values_need_nothing(world: Any, tmp_path: Path) -> None:
    """One value is enough to judge a threshold, none to judge silence."""
    slow = [BIN | {"cadence_s": 86_400}]

    assert said(world, tmp_path, FILL, slow) == []
    assert said(world, tmp_path, "{no_data: {}}", slow) == []


def test_nobody_has_enough_neighbours(world: Any, tmp_path: Path) -> None:
    """Two bins in cells that touch are one neighbour each, and none within ten metres if they are a degree apart."""
    bins = [BIN, BIN | {"cell": OTHER, "lat": 23.8}]

    def of(where: str, least: int) -> list[str]:
        agree = f"{{neighbours_agree: {{condition: {FILL}, {where}, at_least: {least}}}}}"
        return said(world, tmp_path, agree, bins)

    assert of("area: adjacent_cells", 1) == []
    assert of("area: adjacent_cells", 2) == [
        "needs 2 other devices in its cell and those that touch it, but none that it selects has so many"
    ]
    assert of("within_m: 10", 1) == ["needs 1 other devices within 10 m, but none that it selects has so many"]
