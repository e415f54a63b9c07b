"""Makes synthetic unit grid cells (单元网格) for a district: real codes and names, invented polygons.

Real cell polygons are not published, so a site begins with generated ones, and every feature says `synthetic: true`.
Two boxes hold the layout: sub-districts whose `setting` is `urban` fill the core box, `rural` ones what lies west of
it. A box is split again and again across its longer side, by number of communities, east before west and north before
south; the leaves of a community are its cells. All corners are then bent by one smooth seeded wave. Neighbours share
every corner on their border, so that cells touch and never overlap.

Cell code (DOMAIN: 15 digits) = community (12) + sequence 001…, counted north to south by rows, west to east in a row.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from ingest.located import Fault, load_csv
from simulators.noise import between, draw

Item = TypeVar("Item")
Point = tuple[int, int]  # millionths of a degree: longitude, latitude

_DEGREE = 1_000_000
_METRES_PER_DEGREE = 111_319.49  # on the WGS 84 sphere of 6,378,137 m
_COLUMNS = ("level", "code", "name", "parent")
_CODE_DIGITS = {"district": 6, "subdistrict": 9, "community": 12}
_FEWEST_CELLS, _MOST_CELLS = 2, 4
_WAVE, _HEIGHT = 32_000, 2_200  # of the bending, millionths of a degree: flat enough that it cannot fold


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Division:
    """A row of divisions.csv: a `district`, `subdistrict` or `community` with its statistical code and its parent's."""

    level: str
    code: str
    name: str
    parent: str
    urban: bool
    line: int


@dataclasses.dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in millionths of a degree (WGS 84)."""

    west: int
    south: int
    east: int
    north: int

    @staticmethod
    def of(west: float, south: float, east: float, north: float) -> Box:
        """Return the box with these edges in degrees."""
        return Box(*(round(edge * _DEGREE) for edge in (west, south, east, north)))

    @property
    def is_wide(self) -> bool:
        """Tell whether it is longer from west to east, in metres, than from south to north."""
        shrink = math.cos(math.radians((self.south + self.north) / 2 / _DEGREE))
        return (self.east - self.west) * shrink > self.north - self.south

    def holds(self, other: Box) -> bool:
        """Tell whether the other box lies inside this one, away from its border."""
        return self.west < other.west < other.east < self.east and self.south < other.south < other.north < self.north

    def inset(self, by: int) -> Box:
        """Return the box without a margin of `by` millionths of a degree."""
        return Box(self.west + by, self.south + by, self.east - by, self.north - by)

    def cut(self, share: float) -> tuple[Box, Box]:
        """Return the eastern (or northern) part, which has `share` of the area, and the rest."""
        if self.is_wide:
            at = round(self.east - (self.east - self.west) * share)
            return dataclasses.replace(self, west=at), dataclasses.replace(self, east=at)
        at = round(self.north - (self.north - self.south) * share)
        return dataclasses.replace(self, south=at), dataclasses.replace(self, north=at)


def load_divisions(path: Path) -> tuple[tuple[Division, ...], tuple[Fault, ...]]:
    """Read divisions.csv (level, code, name, parent, optional setting); return its rows and every fault in it."""
    rows, faults = load_csv(path, _COLUMNS)
    found: dict[str, Division] = {}
    mistakes = list(faults)
    for line, row in rows:
        level, code, parent = row["level"], row["code"], row["parent"]
        digits = _CODE_DIGITS.get(level)
        if digits is None:
            mistakes.append(Fault(str(path), line, f"level is {level!r}, not one of {', '.join(_CODE_DIGITS)}"))
        elif not (code.isascii() and code.isdigit() and len(code) == digits):
            mistakes.append(Fault(str(path), line, f"code of a {level} is {code!r}, not {digits} digits"))
        elif code in found:
            mistakes.append(Fault(str(path), line, f"code {code} stands in line {found[code].line} too"))
        elif level != "district" and (parent not in found or not code.startswith(parent)):
            mistakes.append(Fault(str(path), line, f"parent {parent!r} of {code} is not a row above that begins it"))
        else:
            urban = row.get("setting", "urban") != "rural"
            found[code] = Division(level=level, code=code, name=row["name"], parent=parent, urban=urban, line=line)
    return tuple(found.values()), tuple(mistakes)


def short_name(community: str) -> str:
    """Return what people call a community: without the name of its committee (居委会, 村委会)."""
    return community.removesuffix("居委会").removesuffix("委会")


def generate(divisions: Sequence[Division], seed: int, box: Box, core: Box) -> str:
    """Return cells.geojson for these divisions: the same text for the same arguments, one feature a line."""
    names = {division.code: division.name for division in divisions}
    tiles = list(_tiles(divisions, seed, box.inset(_HEIGHT), core))
    corners = {corner for _, tile in tiles for corner in _corners(tile)}
    bend = _bending(seed)
    lines = []
    for code, tile in tiles:
        ring = [bend(point) for point in _ring(tile, corners)]
        lines.append(json.dumps(_feature(code, names, ring), ensure_ascii=False, separators=(",", ":")))
    head = (
        '{"type":"FeatureCollection","synthetic":true,"datum":"WGS84",'
        f'"generator":"wangge cells generate","seed":{seed},"features":[\n'
    )
    return head + ",\n".join(lines) + "\n]}\n"


def _tiles(divisions: Sequence[Division], seed: int, box: Box, core: Box) -> Iterator[tuple[str, Box]]:
    """Yield (cell code, rectangle) in order of the codes."""
    of_parent: dict[str, list[Division]] = {}
    for division in divisions:
        of_parent.setdefault(division.parent, []).append(division)
    west = dataclasses.replace(box, east=core.west)
    for area, urban in ((core, True), (west, False)):
        parts = [part for part in divisions if part.level == "subdistrict" and part.urban is urban]
        sized = [(part, float(len(of_parent.get(part.code, ())))) for part in parts if part.code in of_parent]
        for part, place in _split(area, sized, seed):
            inside = [(community, between(0.8, 1.25, seed, community.code)) for community in of_parent[part.code]]
            for community, ground in _split(place, inside, seed):
                count = _FEWEST_CELLS + int(draw(seed, "cells", community.code) * (_MOST_CELLS - _FEWEST_CELLS + 1))
                leaves = [tile for _, tile in _split(ground, [(index, 1.0) for index in range(count)], seed)]
                leaves.sort(key=lambda tile: (-tile.north, tile.west))
                for sequence, tile in enumerate(leaves, start=1):
                    yield f"{community.code}{sequence:03d}", tile


def _split(box: Box, items: Sequence[tuple[Item, float]], seed: int) -> Iterator[tuple[Item, Box]]:
    """Yield each item with its part of the box; areas are as the weights."""
    if not items:
        return
    if len(items) == 1:
        yield items[0][0], box
        return
    total, before, halfway = sum(weight for _, weight in items), 0.0, 1
    for index, (_, weight) in enumerate(items[:-1], start=1):
        before += weight
        halfway = index
        if before + items[index][1] / 2 >= total / 2:
            break
    first, second = box.cut(before / total)
    yield from _split(first, items[:halfway], seed)
    yield from _split(second, items[halfway:], seed)


def _corners(box: Box) -> tuple[Point, Point, Point, Point]:
    return (box.west, box.south), (box.east, box.south), (box.east, box.north), (box.west, box.north)


def _ring(box: Box, corners: set[Point]) -> list[Point]:
    """Return the closed ring, counter-clockwise (RFC 7946), with every corner of a neighbour that lies on it."""
    inside = [(x, y) for x, y in corners if box.west <= x <= box.east and box.south <= y <= box.north]
    south = sorted(point for point in inside if point[1] == box.south)
    east = sorted(point for point in inside if point[0] == box.east)
    north = sorted((point for point in inside if point[1] == box.north), reverse=True)
    west = sorted((point for point in inside if point[0] == box.west), reverse=True)
    return [*south[:-1], *east[:-1], *north[:-1], *west]


def _bending(seed: int) -> Callable[[Point], Point]:
    """Return a smooth seeded map of the plane that moves no point further than `_HEIGHT` either way."""
    phases = [between(0, 2 * math.pi, seed, "bend", index) for index in range(4)]
    turn = 2 * math.pi / _WAVE

    def bend(point: Point) -> Point:
        x, y = point
        dx = _HEIGHT * (math.sin(turn * y + phases[0]) + math.sin(1.7 * turn * (x + y) + phases[1])) / 2
        dy = _HEIGHT * (math.sin(turn * x + phases[2]) + math.sin(1.7 * turn * (x - y) + phases[3])) / 2
        return round(x + dx), round(y + dy)

    return bend


def _feature(code: str, names: dict[str, str], ring: Sequence[Point]) -> dict[str, object]:
    community = short_name(names[code[:12]])
    return {
        "type": "Feature",
        "properties": {
            "code": code,
            "name": f"{names[code[:9]]}{community}{code[12:]}",
            "area_m2": round(_area_m2(ring)),
            "synthetic": True,
        },
        "geometry": {"type": "Polygon", "coordinates": [[[x / _DEGREE, y / _DEGREE] for x, y in ring]]},
    }


def _area_m2(ring: Sequence[Point]) -> float:
    """Return the area by the shoelace formula on a plane that touches the earth at the ring (cells are small)."""
    middle = sum(y for _, y in ring) / len(ring) / _DEGREE
    twice = sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in itertools.pairwise(ring)) / _DEGREE**2
    return abs(twice) / 2 * _METRES_PER_DEGREE**2 * math.cos(math.radians(middle))
