"""Cells are loaded from GeoJSON, found by place, and faults told with their lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ingest import cells

WEST, MIDDLE, EAST = "450107003013001", "450107003013002", "450107003014001"


def feature(code: Any, west: float, **changes: Any) -> dict[str, Any]:
    """Return the feature of a square cell of 0.01° whose west side is at `west`."""
    ring = [[west, 22.8], [west + 0.01, 22.8], [west + 0.01, 22.81], [west, 22.81], [west, 22.8]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"code": code, "name": "格"}, "geometry": geometry} | changes


def write(path: Path, *features: Any, text: str | None = None) -> Path:
    """Write a collection, one feature a line from line 2 on."""
    lines = ",\n".join(json.dumps(one) for one in features)
    path.write_text(text or '{"type": "FeatureCollection", "features": [\n' + lines + "\n]}\n", encoding="utf-8")
    return path


def test_load(tmp_path: Path) -> None:
    """Cells keep the order of the file, and know their codes, places and neighbours."""
    file = write(tmp_path / "cells.geojson", feature(WEST, 108.30), feature(MIDDLE, 108.31), feature(EAST, 108.32))
    found, faults = cells.load(file)
    west = found.get(WEST)

    assert faults == ()
    assert [cell.code for cell in found] == [WEST, MIDDLE, EAST]
    assert west is not None
    assert (west.name, west.community, west.subdistrict) == ("格", "450107003013", "450107003")
    assert (len(found), WEST in found, "1" in found, found.get("1")) == (3, True, False, None)
    assert found.at(22.805, 108.315) == MIDDLE
    assert found.at(22.805, 108.31) == WEST  # the border belongs to the lower code
    assert found.at(0.0, 0.0) is None
    assert found.neighbours(MIDDLE) == (WEST, EAST)
    assert found.neighbours("1") == ()


def test_neighbours_drawn_apart(tmp_path: Path) -> None:
    """A gap of half a metre between borders is none; one of two metres is, unless more is allowed."""
    half, two = 0.5 / 111_195, 2 / 111_195
    shapes = feature(WEST, 108.30), feature(MIDDLE, 108.31 + half), feature(EAST, 108.32 + half + two)
    found, _ = cells.load(write(tmp_path / "cells.geojson", *shapes))

    assert found.neighbours(MIDDLE) == (WEST,)
    assert found.neighbours(MIDDLE, 3) == (WEST, EAST)


def test_multipolygon(tmp_path: Path) -> None:
    """A cell may have several parts."""
    one, two = feature(WEST, 108.30), feature(WEST, 108.35)
    parts = [one["geometry"]["coordinates"], two["geometry"]["coordinates"]]
    file = write(tmp_path / "c", feature(WEST, 0, geometry={"type": "MultiPolygon", "coordinates": parts}))
    found, faults = cells.load(file)

    assert faults == ()
    assert found.at(22.805, 108.355) == WEST


@pytest.mark.parametrize(
    "bad, message",
    [
        (feature("123", 1), "code '123' is not a text of 15 digits"),
        (feature(450107003013001, 1), "code 450107003013001 is not a text of 15 digits"),
        (feature("450107003013000", 1), "cell 450107003013000: the sequence 000 is not a cell (it begins at 001)"),
        (feature(WEST, 1), f"cell {WEST} stands twice"),
        ({"type": "Feature"}, "is not a GeoJSON Feature with properties and a geometry"),
        (7, "is not a GeoJSON Feature with properties and a geometry"),
        (
            feature(MIDDLE, 1, geometry={"type": "Point", "coordinates": [1, 2]}),
            f"cell {MIDDLE}: geometry 'Point' is not a Polygon or MultiPolygon with coordinates",
        ),
        (
            feature(MIDDLE, 1, geometry={"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]}),
            f"cell {MIDDLE}: the polygon is not closed (its last point is not its first)",
        ),
        (
            feature(MIDDLE, 1, geometry={"type": "Polygon", "coordinates": [[[0, 0], [1, 0]]]}),
            f"cell {MIDDLE}: a ring has fewer than 4 points",
        ),
        (
            feature(MIDDLE, 1, geometry={"type": "Polygon", "coordinates": [[[0, 0], [200, 0], [1, 1], [0, 0]]]}),
            f"cell {MIDDLE}: [200, 0] is not a [longitude, latitude] in degrees",
        ),
        (
            feature(MIDDLE, 1, geometry={"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}),
            f"cell {MIDDLE}: the polygon is not valid (Self-intersection[0.5 0.5])",
        ),
        (feature(MIDDLE, 1, properties={"code": MIDDLE, "name": 5}), f"cell {MIDDLE}: name 5 is not a text"),
    ],
)
def test_faults(tmp_path: Path, bad: Any, message: str) -> None:
    """A faulty cell is left out and told with its line; the others stay."""
    file = write(tmp_path / "cells.geojson", feature(WEST, 108.30), bad, feature(EAST, 108.32))
    found, faults = cells.load(file)

    assert [(fault.line, fault.message) for fault in faults] == [(3, message)]
    assert [cell.code for cell in found] == [WEST, EAST]


@pytest.mark.parametrize(
    "text, message",
    [
        ("{", "is not JSON: Expecting property name enclosed in double quotes"),
        ("[]", "is not a GeoJSON FeatureCollection"),
        ('{"type": "FeatureCollection"}', "is not a GeoJSON FeatureCollection"),
        ('{"type": "FeatureCollection", "features": [NaN]}', "is not JSON: NaN is not a JSON number"),
    ],
)
def test_not_a_collection(tmp_path: Path, text: str, message: str) -> None:
    """A file that is no collection is one fault and no cell."""
    found, faults = cells.load(write(tmp_path / "cells.geojson", text=text))

    assert [fault.message for fault in faults] == [message]
    assert len(found) == 0


def test_unreadable(tmp_path: Path) -> None:
    """A missing file, one that is not text, and one nested without end are one fault each."""
    binary, deep = tmp_path / "binary", tmp_path / "deep"
    binary.write_bytes(b"\xff\xfe")
    deep.write_text("[" * 100_000, encoding="utf-8")

    for file in (tmp_path / "none", binary, deep):
        assert len(cells.load(file)[1]) == 1
