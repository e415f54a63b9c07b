"""Where generated devices stand: seeded places inside cells, and rows of lamps along a street."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec
from shapely.geometry import LineString, MultiPolygon, Point, Polygon

from deploy.cells import Division, short_name
from ingest.cells import Cells
from simulators.noise import between, draw

Candidate = TypeVar("Candidate")

_TRIES = 2_000
_LAMP_ROW_DEGREES = (0.0025, 0.0055)  # 250 to 550 m from the first lamp of a circuit to the last


class Ground(msgspec.Struct, frozen=True):
    """A cell to put devices in: its code, its polygon (lon, lat), and what its place is called."""

    code: str
    polygon: Polygon | MultiPolygon
    place: str
    urban: bool


class Place(msgspec.Struct, frozen=True):
    """Where a device stands: WGS 84 degrees, and the cell that holds them."""

    cell: str
    lat: float
    lon: float


def grounds(divisions: Sequence[Division], cells: Cells) -> tuple[Ground, ...]:
    """Return the cells as grounds, named by their community."""
    by_code = {division.code: division for division in divisions}
    return tuple(
        Ground(cell.code, cell.polygon, short_name(by_code[cell.community].name), by_code[cell.subdistrict].urban)
        for cell in cells
        if cell.community in by_code and cell.subdistrict in by_code
    )


def choose(grounds: Sequence[Ground], seed: int, device_id: str) -> Ground:
    """Return the ground that the seed draws for a device."""
    return grounds[int(draw(seed, device_id, "cell") * len(grounds))]


def place(ground: Ground, seed: int, device_id: str) -> Place:
    """Return a seeded place inside the ground; raises ValueError where it has no room."""
    lon, lat = _inside(ground.polygon, seed, device_id)
    return Place(ground.code, lat, lon)


def _inside(polygon: Polygon | MultiPolygon, seed: int, key: str) -> tuple[float, float]:
    west, south, east, north = polygon.bounds

    def at(turn: int) -> tuple[float, float]:
        return (
            round(between(west, east, seed, key, "lon", turn), 6),
            round(between(south, north, seed, key, "lat", turn), 6),
        )

    return _first(at, lambda point: bool(polygon.contains(Point(point))))


def lamp_row(ground: Ground, seed: int, circuit_id: str, lamps: int) -> list[tuple[float, float]]:
    """Return the (lon, lat) of lamps in a straight row inside the ground; raises ValueError where it has no room."""

    def at(turn: int) -> tuple[tuple[float, float], tuple[float, float]]:
        first, last = (_inside(ground.polygon, seed, f"{circuit_id} {end}{turn}") for end in "ab")
        return first, last

    def fits(ends: tuple[tuple[float, float], tuple[float, float]]) -> bool:
        line = LineString(ends)
        shortest, longest = _LAMP_ROW_DEGREES
        return shortest <= line.length <= longest and bool(ground.polygon.contains(line))

    (lon1, lat1), (lon2, lat2) = _first(at, fits)
    steps = [index / (lamps - 1) for index in range(lamps)]
    return [(round(lon1 + (lon2 - lon1) * step, 6), round(lat1 + (lat2 - lat1) * step, 6)) for step in steps]


def _first(candidate: Callable[[int], Candidate], fits: Callable[[Candidate], bool]) -> Candidate:
    """Return the first seeded candidate that fits; of many, one always does unless a cell is no place for devices."""
    for turn in range(_TRIES):
        found = candidate(turn)
        if fits(found):
            return found
    raise ValueError(f"no place was found in {_TRIES} tries: a cell is too thin or too small")


def eui(seed: int, device_id: str) -> str:
    """Return a locally administered EUI-64 (upper-case hexadecimal)."""
    left, right = (int(draw(seed, device_id, "eui", half) * 2**28) for half in ("left", "right"))
    return f"02{left:07X}{right:07X}"
