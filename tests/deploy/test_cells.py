"""The cell generator: valid codes, polygons that do not overlap, the same file for the same seed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import shapely
from shapely.geometry import Polygon, shape
from typer.testing import CliRunner

from deploy import cells
from deploy.cli import build
from deploy.commands._base import UserError

BOX = cells.Box.of(107.764158, 22.756934, 108.3584, 23.104372)
CORE = cells.Box.of(108.235, 22.795, 108.345, 22.905)


@pytest.fixture(scope="module")
def divisions(site_folder: Path) -> tuple[cells.Division, ...]:
    """Return the divisions of the sample site."""
    found, faults = cells.load_divisions(site_folder / "divisions.csv")
    assert faults == ()
    return found


def features(text: str) -> list[dict[str, Any]]:
    """Return the features of a GeoJSON text."""
    found: list[dict[str, Any]] = json.loads(text)["features"]
    return found


def test_generate_same_seed_same_bytes(divisions: tuple[cells.Division, ...], site_folder: Path) -> None:
    """Seed 7 gives the file that the site has; another seed gives another."""
    shipped = (site_folder / "cells.geojson").read_text(encoding="utf-8")

    assert shipped == cells.generate(divisions, 7, BOX, CORE)
    assert shipped != cells.generate(divisions, 8, BOX, CORE)


def test_generate_codes(divisions: tuple[cells.Division, ...]) -> None:
    """Every community has two cells or more, numbered from 001 without a gap."""
    codes = [feature["properties"]["code"] for feature in features(cells.generate(divisions, 7, BOX, CORE))]
    communities = [division.code for division in divisions if division.level == "community"]

    assert len(communities) == 159
    assert len(codes) == len(set(codes)) >= 320
    assert all(re.fullmatch(r"450107\d{9}", code) for code in codes)
    for community in communities:
        own = [code[12:] for code in codes if code.startswith(community)]
        assert [f"{number:03d}" for number in range(1, len(own) + 1)] == own
        assert len(own) >= 2


@pytest.mark.parametrize("seed", [1, 7, 20])
def test_generate_polygons(divisions: tuple[cells.Division, ...], seed: int) -> None:
    """Cells are valid, closed, synthetic polygons inside the district's box that touch and never overlap."""
    found = features(cells.generate(divisions, seed, BOX, CORE))
    polygons = [Polygon(feature["geometry"]["coordinates"][0]) for feature in found]
    tree = shapely.STRtree(polygons)
    district = shapely.box(107.764158, 22.756934, 108.3584, 23.104372)

    assert all(feature["properties"]["synthetic"] is True for feature in found)
    assert all(feature["properties"]["area_m2"] > 10_000 for feature in found)
    for index, polygon in enumerate(polygons):
        assert polygon.is_valid
        assert polygon.exterior.is_ccw
        assert district.contains(polygon)
        others = [polygons[other] for other in tree.query(polygon) if other > index]
        assert all(polygon.intersection(other).area < 1e-12 for other in others)


def test_generate_sequence_follows_rows(divisions: tuple[cells.Division, ...]) -> None:
    """The first cell of a community is at its northern edge."""
    found = features(cells.generate(divisions, 7, BOX, CORE))
    tops: dict[str, list[float]] = {}
    for feature in found:
        tops.setdefault(feature["properties"]["code"][:12], []).append(shape(feature["geometry"]).bounds[3])

    assert all(top[0] > max(top) - 2 * 0.0022 for top in tops.values())


def test_load_divisions_lists_every_fault(tmp_path: Path) -> None:
    """Wrong level, code, parent and a repeated code are all reported with their lines."""
    path = tmp_path / "divisions.csv"
    path.write_text(
        "level,code,name,parent\n"
        "district,450107,西乡塘区,450100\n"
        "subdistrict,450107001,衡阳街道,450107\n"
        "street,450107002,北湖街道,450107\n"
        "subdistrict,45010700x,?,450107\n"
        "subdistrict,450107001,衡阳街道,450107\n"
        "community,450107009001,石埠,450107009\n",
        encoding="utf-8",
    )

    _, faults = cells.load_divisions(path)

    assert [str(fault).removeprefix(f"{path}:") for fault in faults] == [
        "4: level is 'street', not one of district, subdistrict, community",
        "5: code of a subdistrict is '45010700x', not 9 digits",
        "6: code 450107001 stands in line 3 too",
        "7: parent '450107009' of 450107009001 is not a row above that begins it",
    ]


def test_cells_command_writes_the_file(site_folder: Path, tmp_path: Path) -> None:
    """The command with its defaults writes the sample site's file, and says how many cells it has."""
    out = tmp_path / "cells.geojson"
    arguments = [
        "cells",
        "generate",
        "--divisions",
        str(site_folder / "divisions.csv"),
        "--seed",
        "7",
        "--out",
        str(out),
    ]

    result = CliRunner().invoke(build(), arguments)

    assert result.exit_code == 0
    assert result.output == f"{out}: 495 cells of 159 communities\n"
    assert out.read_bytes() == (site_folder / "cells.geojson").read_bytes()


@pytest.mark.parametrize(
    "more, message",
    [
        (["--box", "1,2,3"], "--box is '1,2,3': give four numbers, as in 107.7,22.7,108.3,23.1"),
        (["--box", "9,2,3,4"], "--box is '9,2,3,4': west must be less than east, and south less than north"),
        (["--core", "1,2,3,4"], "--core must lie inside --box"),
        (["--divisions", "absent.csv"], "the divisions have faults:\nabsent.csv:1: cannot be read: No such file"),
        (["--out", "absent/cells.geojson"], "absent/cells.geojson cannot be written: No such file or directory"),
    ],
)
def test_cells_command_mistakes(site_folder: Path, tmp_path: Path, more: list[str], message: str) -> None:
    """Each mistake is told with its remedy."""
    paths = ["--divisions", str(site_folder / "divisions.csv"), "--out", str(tmp_path / "cells.geojson")]

    result = CliRunner().invoke(build(), ["cells", "generate", *paths, *more])

    assert isinstance(result.exception, UserError)
    assert str(result.exception).startswith(message)
