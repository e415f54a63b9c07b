"""Where the sun stands: decides when lamps burn and how bright the day is."""

from __future__ import annotations

import math

_DAY_MS = 86_400_000
_J2000_MS = 946_728_000_000  # 2000-01-01T12:00Z


def elevation_deg(at_ms: int, lat: float, lon: float) -> float:
    """Return the sun's height above the horizon in degrees (low-precision formula of the Astronomical Almanac).

    Good to about 0.1° from 1950 to 2050, refraction left out.
    """
    days = (at_ms - _J2000_MS) / _DAY_MS
    mean_longitude = 280.460 + 0.9856474 * days
    anomaly = math.radians(357.528 + 0.9856003 * days)
    ecliptic = math.radians(mean_longitude + 1.915 * math.sin(anomaly) + 0.020 * math.sin(2 * anomaly))
    tilt = math.radians(23.439 - 0.0000004 * days)
    declination = math.asin(math.sin(tilt) * math.sin(ecliptic))
    right_ascension = math.atan2(math.cos(tilt) * math.sin(ecliptic), math.cos(ecliptic))
    sidereal_deg = 280.46062 + 360.98564737 * days
    hour_angle = math.radians(sidereal_deg + lon) - right_ascension
    height = math.sin(math.radians(lat)) * math.sin(declination)
    height += math.cos(math.radians(lat)) * math.cos(declination) * math.cos(hour_angle)
    return math.degrees(math.asin(height))
