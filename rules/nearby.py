"""Which devices stand around one: within a distance, and never beyond the sub-district (partitions judge alone)."""

from __future__ import annotations

import math
from collections.abc import Iterable

from ingest.model import Device

_EARTH_M = 6_371_008.8  # mean radius (IUGG)
_AREA_DIGITS = 9


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
