"""Unit grid cells (单元网格): the coded polygons that a district is divided into.

They are read from a GeoJSON FeatureCollection (RFC 7946: WGS 84, longitude first); each feature is a Polygon or
MultiPolygon with the property `code` and, if it has one, `name`. A code has 15 digits: county (6), sub-district (3),
community (3), sequence (3, from 001).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import msgspec
import shapely
from shapely import STRtree
from shapely.geometry import MultiPolygon, Point, Polygon, shape

from ingest.located import Fault

SUBDISTRICT_DIGITS = 9
COMMUNITY_DIGITS = 12
TOUCH_M = 1.0
"""How far apart the borders of cells may be drawn that are one border, in metres."""
_METRES_A_DEGREE = 111_195.0  # of latitude; one of longitude is shorter, so less is allowed east and west
_CODE = re.compile(r"[1-9][0-9]{14}")
_GAP = re.compile(r"[\s,]*")
_FEATURES = re.compile(r'"features"\s*:\s*\[')


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One cell; `polygon` has (longitude, latitude) points in WGS 84 degrees."""

    code: str
    name: str
    polygon: Polygon | MultiPolygon

    @property
    def subdistrict(self) -> str:
        """Return the code of the sub-district (9 digits)."""
        return self.code[:SUBDISTRICT_DIGITS]

    @property
    def community(self) -> str:
        """Return the code of the community (12 digits)."""
        return self.code[:COMMUNITY_DIGITS]


class Cells:
    """All cells of a site, in the order of the file, with an index by place."""

    def __init__(self, cells: tuple[Cell, ...]) -> None:
        self._cells = cells
        self._by_code = {cell.code: cell for cell in cells}
        self._tree = STRtree([cell.polygon for cell in cells])

    def __iter__(self) -> Iterator[Cell]:
        """Go over the cells in the order of the file."""
        return iter(self._cells)

    def __len__(self) -> int:
        """Return the number of cells."""
        return len(self._cells)

    def __contains__(self, code: object) -> bool:
        """Say whether the site has a cell of this code."""
        return code in self._by_code

    def get(self, code: str) -> Cell | None:
        """Return the cell of this code, or None."""
        return self._by_code.get(code)

    def at(self, lat: float, lon: float) -> str | None:
        """Return the code of the cell that holds the place (degrees, WGS 84), or None; on a border, the lowest code."""
        found = self._tree.query(Point(lon, lat), predicate="intersects")
        return min((self._cells[index].code for index in found), default=None)

    def neighbours(self, code: str, within_m: float = TOUCH_M) -> tuple[str, ...]:
        """Return the codes of the cells that touch this one, in order; of an unknown cell, none.

        Those touch that share a side or a corner. Drawn by hand, they may be `within_m` metres apart.
        """
        cell = self._by_code.get(code)
        if cell is None:
            return ()
        found = self._tree.query(cell.polygon, predicate="dwithin", distance=within_m / _METRES_A_DEGREE)
        return tuple(sorted(self._cells[index].code for index in found if self._cells[index] is not cell))


def load(path: Path) -> tuple[Cells, tuple[Fault, ...]]:
    """Read cells from a GeoJSON file; return those without fault, and every fault with its line."""
    file = str(path)
    try:
        text = path.read_text(encoding="utf-8")
        collection = json.loads(text, parse_constant=_refuse_constant)
    except OSError as exc:
        return Cells(()), (Fault(file, 1, f"cannot be read: {exc.strerror}"),)
    except json.JSONDecodeError as exc:
        return Cells(()), (Fault(file, exc.lineno, f"is not JSON: {exc.msg}", column=exc.colno),)
    except (ValueError, RecursionError) as exc:  # not UTF-8, NaN, digits without end, nested without end
        return Cells(()), (Fault(file, 1, f"is not JSON: {exc}"),)
    whole = isinstance(collection, dict) and collection.get("type") == "FeatureCollection"
    if not whole or not isinstance(collection.get("features"), list):
        return Cells(()), (Fault(file, 1, "is not a GeoJSON FeatureCollection"),)
    cells: dict[str, Cell] = {}
    messages: dict[int, str] = {}
    for index, feature in enumerate(collection["features"]):
        result = _cell(feature)
        if isinstance(result, str):
            messages[index] = result
        elif result.code in cells:
            messages[index] = f"cell {result.code} stands twice"
        else:
            cells[result.code] = result
    lines = _lines(text, len(collection["features"])) if messages else ()
    return Cells(tuple(cells.values())), tuple(Fault(file, lines[index], messages[index]) for index in messages)


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a JSON number")


def _lines(text: str, count: int) -> list[int]:
    """Return the line that each of the `count` features of a valid FeatureCollection begins on."""
    decoder = json.JSONDecoder()
    for opening in _FEATURES.finditer(text):
        position, lines = opening.end(), []
        while (begin := _GAP.match(text, position)) and text[begin.end()] != "]":
            lines.append(text.count("\n", 0, begin.end()) + 1)
            _, position = decoder.raw_decode(text, begin.end())
        if len(lines) == count:
            return lines
    return [1] * count


def _cell(feature: Any) -> Cell | str:
    """Return the cell of a feature, or what is wrong with it."""
    properties = feature.get("properties") if isinstance(feature, dict) else None
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    if not isinstance(properties, dict) or not isinstance(geometry, dict):
        return "is not a GeoJSON Feature with properties and a geometry"
    code, name = properties.get("code"), properties.get("name", "")
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        return f"code {code!r} is not a text of 15 digits"
    if code.endswith("000"):
        return f"cell {code}: the sequence 000 is not a cell (it begins at 001)"
    fault = _geometry_fault(geometry)
    polygon = None if fault else shape(geometry)
    if polygon is not None and not polygon.is_valid:
        fault = f"the polygon is not valid ({shapely.is_valid_reason(polygon)})"
    if not isinstance(name, str):
        fault = f"name {name!r} is not a text"
    if fault or not isinstance(polygon, Polygon | MultiPolygon):
        return f"cell {code}: {fault}"
    return Cell(code=code, name=name, polygon=polygon)


def _geometry_fault(geometry: dict[str, Any]) -> str | None:
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind not in {"Polygon", "MultiPolygon"} or not isinstance(coordinates, list) or not coordinates:
        return f"geometry {kind!r} is not a Polygon or MultiPolygon with coordinates"
    polygons = coordinates if kind == "MultiPolygon" else [coordinates]
    for polygon in polygons:
        if not isinstance(polygon, list) or not polygon:
            return "a polygon has no ring"
        for ring in polygon:
            fault = _ring_fault(ring)
            if fault:
                return fault
    return None


_RING_POINTS = 4  # a triangle and its first point again (RFC 7946 §3.1.6)


def _ring_fault(ring: Any) -> str | None:
    if not isinstance(ring, list) or len(ring) < _RING_POINTS:
        return f"a ring has fewer than {_RING_POINTS} points"
    for point in ring:
        if not _is_place(point):
            return f"{point!r} is not a [longitude, latitude] in degrees"
    return None if ring[0] == ring[-1] else "the polygon is not closed (its last point is not its first)"


def _is_place(point: Any) -> bool:
    if not isinstance(point, list) or len(point) not in {2, 3} or any(type(x) not in {int, float} for x in point):
        return False
    longitude, latitude = abs(point[0]), abs(point[1])
    return bool(longitude <= 180 and latitude <= 90)  # noqa: PLR2004 - degrees of the whole world
