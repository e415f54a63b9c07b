"""A site folder: the sample loads whole and fast; a broken copy is told every fault with file and line."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.app import case_context
from deploy.cli import build
from deploy.commands._base import UserError
from deploy.site import load_site
from ingest.datum import Datum, to_wgs84


@pytest.fixture
def copy(site_folder: Path, tmp_path: Path) -> Path:
    """Return a copy of the sample site that a test may break."""
    return Path(shutil.copytree(site_folder, tmp_path / "site"))


def _change(folder: Path, name: str, change: Callable[[str], str]) -> None:
    path = folder / name
    before = path.read_text(encoding="utf-8")
    after = change(before)
    assert after != before
    path.write_text(after, encoding="utf-8")


def _told(folder: Path) -> list[str]:
    """Return the faults of a folder, without the folder's path."""
    site, faults = load_site(folder)
    assert site is None
    return [str(fault).removeprefix(f"{folder}/") for fault in faults]


def test_load_site_sample(site_folder: Path) -> None:
    """The sample site has no fault, cells and devices enough, and loads in under three seconds."""
    began = time.perf_counter()
    site, faults = load_site(site_folder)
    took_s = time.perf_counter() - began

    assert faults == ()
    assert site is not None
    assert (site.id, site.division, site.zone.key) == ("xixiangtang", "450107", "Asia/Shanghai")
    assert len(site.cells) >= 320
    assert len(site.register.devices) >= 1_500
    assert len({rule.domain for rule in site.rules}) == 4
    assert site.places["450107003013"] == "广西大学社区"
    assert took_s < 3


def test_case_context(site_folder: Path) -> None:
    """Alerts and cases are given the site's own values."""
    site, _ = load_site(site_folder)
    assert site is not None

    context = case_context(site)

    assert (context.site_id, context.division) == ("xixiangtang", "450107")
    assert context.device("wl-001") is site.register.devices["wl-001"]
    assert set(context.rules) == {rule.id for rule in site.rules}


def test_load_site_reports_all_files_at_once(copy: Path) -> None:
    """One fault in each of several files: each is told, with its file and line, in order."""
    _change(copy, "site.yaml", lambda text: text.replace("datum: WGS84 ", "datum: GCJ02 "))
    _change(copy, "divisions.csv", lambda text: text.replace("subdistrict,450107001,", "street,450107001,"))
    _change(copy, "devices.csv", lambda text: text.replace(",gateway,", ",gate way,", 1))
    _change(copy, "calendar.yaml", lambda text: text.replace("version: 1", "version: one"))
    (copy / "rules").mkdir(exist_ok=True)
    (copy / "rules" / "own.yaml").write_text("- id: own.rule\n  when: {threshold: {}}\n", encoding="utf-8")

    told = _told(copy)

    assert {line.split(":")[0] for line in told} == {
        "site.yaml", "divisions.csv", "devices.csv", "calendar.yaml", "rules/own.yaml",
    }  # fmt: skip
    assert "site.yaml:7: datum: 'GCJ02' is not one of WGS84, CGCS2000, GCJ-02, BD-09" in (
        line.replace(" (is 'GCJ02')", "") for line in told
    )
    assert "divisions.csv:3: level is 'street', not one of district, subdistrict, community" in told
    assert "devices.csv:2: gw-001: kind 'gate way' is not a word of small letters, digits and _" in told


def test_load_site_in_another_datum(copy: Path) -> None:
    """Devices and the site's own position may be written in GCJ-02; the site has them in WGS 84."""
    before, _ = load_site(copy)
    _change(copy, "site.yaml", lambda text: text.replace("datum: WGS84 ", "datum: GCJ-02 "))
    after, faults = load_site(copy)

    assert before is not None
    assert after is not None, faults
    assert after.datum is Datum.GCJ02
    assert after.position == to_wgs84(*before.position, Datum.GCJ02)
    lamp, moved = before.register.devices["lamp-00001"], after.register.devices["lamp-00001"]
    assert (moved.lat, moved.lon) == to_wgs84(lamp.lat, lamp.lon, Datum.GCJ02)


def test_load_site_newer_version_is_one_line(copy: Path) -> None:
    """A site of a newer version: only that is told, whatever else is in the folder."""
    _change(copy, "site.yaml", lambda text: text.replace("version: 1", "version: 2"))
    _change(copy, "devices.csv", lambda text: text.replace(",gateway,", ",gate way,", 1))

    assert _told(copy) == [
        "site.yaml:2: version: is 2, and this program reads up to 1: install a newer Wangge for this site"
    ]


@pytest.mark.parametrize(
    "name, change, expected",
    [
        # the division of site.yaml is not the one of the other files
        (
            "site.yaml",
            lambda text: text.replace('"450107"', '"450102"'),
            "divisions.csv:2: district 450107 is not the division 450102 of site.yaml",
        ),
        # a cell of another district
        (
            "cells.geojson",
            lambda text: text.replace("450107001001002", "450102001001002", 1),
            "cells.geojson:3: cell 450102001001002 lies in another district",
        ),
        # a cell of a community that is not listed
        (
            "cells.geojson",
            lambda text: text.replace("450107001001002", "450107001999002", 1),
            "cells.geojson:3: cell 450107001999002 lies in a community that divisions.csv lacks",
        ),
        # a community without a cell
        (
            "divisions.csv",
            lambda text: text + "community,450107454499,新社区居委会,450107454,\n",
            "divisions.csv:177: community 450107454499 has no cell",
        ),
        # a device in a cell that does not exist
        (
            "devices.csv",
            lambda text: text.replace(",450107010202003,", ",450107010202099,", 1),
            "devices.csv:2: gw-001: cell '450107010202099' is not a cell of the site",
        ),
        # latitude and longitude swapped
        (
            "devices.csv",
            lambda text: text.replace("22.810262,108.254147", "8.254147,22.810262", 1),
            "devices.csv:2: gw-001: lat 8.25415, lon 22.8103 is far from its cell 450107010202003",
        ),
    ],
)
def test_load_site_cross_checks(copy: Path, name: str, change: Callable[[str], str], expected: str) -> None:
    """Each row breaks the agreement of two files in one place."""
    _change(copy, name, change)

    assert expected in _told(copy)


def test_load_site_rule_with_unknown_category(copy: Path) -> None:
    """A rule that opens cases of a category that the site lacks is told at the rule."""
    _change(copy, "categories.yaml", lambda text: text.replace("  bin_tilted:", "  bin_leaning:"))

    assert [
        line
        for line in _told(copy)
        if "waste.tilt.case.category: there is no category 'bin_tilted' in categories.yaml" in line
    ]


def test_load_site_missing_files(tmp_path: Path) -> None:
    """Every missing file is told; a missing folder is told alone."""
    assert {line.split(":")[0] for line in _told(tmp_path)} >= {
        "site.yaml", "divisions.csv", "cells.geojson", "devices.csv", "categories.yaml", "calendar.yaml",
        "responsibility.yaml",
    }  # fmt: skip
    assert "is not a folder: name the folder that holds site.yaml" in _told(tmp_path / "absent")[0]


def test_site_check_prints_a_summary(site_folder: Path) -> None:
    """Without fault the command says what the site has."""
    result = CliRunner().invoke(build(), ["site", "check", str(site_folder)])

    assert result.exit_code == 0
    for text in ("南宁市西乡塘区", "cells", "street_light", "rules", "categories", "crews"):
        assert text in result.output


def test_site_check_fails_with_every_fault(copy: Path) -> None:
    """With faults it prints each with file and line, and ends as a mistake of the user."""
    _change(copy, "site.yaml", lambda text: text.replace("timezone: Asia/Shanghai", "timezone: Asia/Nanning"))
    _change(copy, "devices.csv", lambda text: text.replace(",gateway,", ",gate way,", 1))

    result = CliRunner().invoke(build(), ["site", "check", str(copy)])

    assert isinstance(result.exception, UserError)
    assert str(result.exception) == f"{copy} has 2 faults"
    assert "devices.csv:2: gw-001: kind 'gate way'" in result.output
    assert "site.yaml:6: timezone: 'Asia/Nanning' is not a time zone such as Asia/Shanghai" in result.output


def test_site_check_json(copy: Path, site_folder: Path) -> None:
    """For a machine: faults as objects, or none and the summary."""
    good = json.loads(CliRunner().invoke(build(), ["site", "check", "--json", str(site_folder)]).output)
    _change(copy, "devices.csv", lambda text: text.replace(",gateway,", ",gate way,", 1))
    bad = json.loads(CliRunner().invoke(build(), ["site", "check", "--json", str(copy)]).output)

    assert (good["faults"], good["summary"]["devices"]) == ([], 1_700)
    assert [(fault["line"], fault["path"]) for fault in bad["faults"]] == [(2, "gw-001")]
