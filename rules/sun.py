"""Where the sun stands. Asked for with each observation of a lamp, so it is a formula, not a library."""

from __future__ import annotations

import math
from functools import lru_cache

_DAY_MS = 86_400_000
_J2000_MS = 946_728_000_000  # 2000-01-01T12:00Z
_MINUTE_MS = 60_000


def elevation_deg(at_ms: int, lat: float, lon: float) -> float:
    """Return the sun's height above the horizon in degrees, without refraction, to the minute and a tenth of a degree.

    Low-precision formula of the Astronomical Almanac, good to about 0.1° from 1950 to 2050.
    """
    return _elevation_deg(at_ms // _MINUTE_MS, round(lat, 1), round(lon, 1))


@lru_cache(maxsize=4096)
def _elevation_deg(minute: int, lat: float, lon: float) -> float:
    days = (minute * _MINUTE_MS - _J2000_MS) / _DAY_MS
    anomaly = math.radians(357.528 + 0.9856003 * days)
    longitude = 280.460 + 0.9856474 * days + 1.915 * math.sin(anomaly) + 0.020 * math.sin(2 * anomaly)
    ecliptic, tilt = math.radians(longitude), math.radians(23.439 - 0.0000004 * days)
    declination = math.asin(math.sin(tilt) * math.sin(ecliptic))
    ascension = math.atan2(math.cos(tilt) * math.sin(ecliptic), math.cos(ecliptic))
    hour_angle = math.radians(280.46062 + 360.98564737 * days + lon) - ascension
    place = math.radians(lat)
    height = math.sin(place) * math.sin(declination) + math.cos(place) * math.cos(declination) * math.cos(hour_angle)
    return math.degrees(math.asin(max(-1.0, min(1.0, height))))
