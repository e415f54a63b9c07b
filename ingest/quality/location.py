"""Location: a position that is not on the earth, and one that jumps.

Half a position is FAIL, none is MISSING; a jump of more than `range_max_m` from the position before is SUSPECT.
"""

from __future__ import annotations

import math

from ingest.model import Quality

Position = tuple[float | None, float | None]
_EARTH_M = 6_371_008.8
_LAT, _LON = 90.0, 180.0


def judge(position: Position, before: Position | None = None, range_max_m: float | None = None) -> Quality:
    """Return the flag of a position (longitude, latitude in degrees, WGS 84)."""
    lon, lat = position
    if lon is None and lat is None:
        return Quality.MISSING
    if lon is None or lat is None or abs(lat) > _LAT or abs(lon) > _LON:
        return Quality.FAIL
    if range_max_m is not None and before is not None:
        lon_before, lat_before = before
        known = lon_before is not None and lat_before is not None
        if known and distance_m((lon, lat), (lon_before or 0.0, lat_before or 0.0)) > range_max_m:
            return Quality.SUSPECT
    return Quality.GOOD


def distance_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the great-circle distance of two places (longitude, latitude) in metres."""
    lat_a, lat_b = math.radians(one[1]), math.radians(other[1])
    half_lat, half_lon = (lat_b - lat_a) / 2, math.radians(other[0] - one[0]) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin(half_lon) ** 2
    return 2 * _EARTH_M * math.asin(min(1.0, math.sqrt(chord)))
