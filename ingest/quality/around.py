"""Which devices are neighbours: of the same kind, within a radius, the nearest eight; by the register's coordinates."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable

from ingest.model import Device
from ingest.quality.location import distance_m

MOST = 8
_DEGREE_M = 111_000.0  # of latitude, a little less than it is anywhere


class Around:
    """The devices of a shard by kind, in order of latitude, so that a look around passes over a band only."""

    def __init__(self, devices: Iterable[Device]) -> None:
        self._by_kind: dict[str, list[Device]] = {}
        for device in sorted(devices, key=lambda one: (one.lat, one.id)):
            self._by_kind.setdefault(device.kind, []).append(device)
        self._lats = {kind: [one.lat for one in devices] for kind, devices in self._by_kind.items()}

    def neighbours(self, of: Device, radius_m: float) -> tuple[Device, ...]:
        """Return the nearest others of the kind within the radius, nearest first."""
        devices, lats = self._by_kind.get(of.kind, []), self._lats.get(of.kind, [])
        reach = radius_m / _DEGREE_M
        band = devices[bisect_left(lats, of.lat - reach) : bisect_left(lats, math.nextafter(of.lat + reach, math.inf))]
        found = sorted((distance_m((of.lon, of.lat), (one.lon, one.lat)), one.id, one) for one in band if one is not of)
        return tuple(one for distance, _, one in found[:MOST] if distance <= radius_m)
