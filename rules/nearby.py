"""Which devices stand around one: within a distance, or in cells that touch.

Never beyond the sub-district: partitions judge alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

from ingest.model import Device

_EARTH_M = 6_371_008.8  # mean radius (IUGG)
_AREA_DIGITS = 9


class Near(NamedTuple):
    """Which devices are neighbours: those within a distance in metres, or, without one, by their cells."""

    within_m: float | None


class Adjoining:
    """An index of devices by cell; `touching` tells which cells touch one."""

    def __init__(self, devices: Iterable[Device], touching: Callable[[str], Iterable[str]]) -> None:
        self._touching = touching
        self._cells: dict[str, list[str]] = {}
        for device in devices:
            self._cells.setdefault(device.cell, []).append(device.id)
        self._around: dict[str, list[str]] = {}

    def of(self, device: Device) -> tuple[str, ...]:
        """Return the ids of the devices in the cell and those that touch it, in order; itself is left out."""
        around = self._around.get(device.cell)
        if around is None:
            area = device.cell[:_AREA_DIGITS]
            cells = {device.cell, *(cell for cell in self._touching(device.cell) if cell.startswith(area))}
            around = sorted(one for cell in cells for one in self._cells.get(cell, ()))
            self._around[device.cell] = around
        return tuple(one for one in around if one != device.id)


class Nearby:
    """An index of devices by place: squares of the distance that is asked for."""

    def __init__(self, devices: Iterable[Device], distance_m: float) -> None:
        self._distance_m = distance_m
        self._squares: dict[tuple[str, int, int], list[Device]] = {}
        for device in devices:
            self._squares.setdefault(self._square(device), []).append(device)

    def of(self, device: Device) -> tuple[str, ...]:
        """Return the ids of the devices within the distance, in order; itself is left out."""
        area, row, column = self._square(device)
        found = [
            other.id
            for north in (-1, 0, 1)
            for east in (-1, 0, 1)
            for other in self._squares.get((area, row + north, column + east), ())
            if other.id != device.id and distance_m(device, other) <= self._distance_m
        ]
        return tuple(sorted(found))

    def _square(self, device: Device) -> tuple[str, int, int]:
        area = device.cell[:_AREA_DIGITS]
        side_deg = math.degrees(self._distance_m / _EARTH_M) * 1.01
        shrink = math.cos(math.radians(round(device.lat)))  # the same for all of a district
        return area, math.floor(device.lat / side_deg), math.floor(device.lon * shrink / side_deg)


def distance_m(one: Device, other: Device) -> float:
    """Return the great-circle distance of two devices in metres."""
    lat1, lon1, lat2, lon2 = (math.radians(angle) for angle in (one.lat, one.lon, other.lat, other.lon))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * _EARTH_M * math.asin(min(1.0, math.sqrt(half)))
