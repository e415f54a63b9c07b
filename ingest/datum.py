"""Geodetic datums of Chinese map services, to WGS 84: GCJ-02 (Gaode, Tencent) and BD-09 (Baidu).

GCJ-02 is WGS 84 with a shift that depends on the place, 100 to 700 m, computed on the ellipsoid of Krasovsky; BD-09 is
GCJ-02 shifted once more. Outside of a rectangle around China both are WGS 84 unshifted. Only the way there is
published; the way back is found by iteration, far below 0.1 m. CGCS2000 differs from WGS 84 by centimetres.

The formulas are those that the public implementations agree on (eviltransform and coordtransform, 2013 to 2015); their
test vectors are in the tests. None of the packages for Python is kept up, hence this page.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable
from typing import NamedTuple

_A, _EE = 6_378_245.0, 0.00669342162296594323  # Krasovsky 1940: semi-major axis in m, eccentricity squared
_SOUTH, _NORTH, _WEST, _EAST = 0.8293, 55.8271, 72.004, 137.8347
_BD_TURN = math.pi * 3000.0 / 180.0
_CLOSE_DEGREES = 1e-10  # 0.01 mm
_MOST_STEPS = 50
_EARTH_RADIUS_M = 6_371_008.8  # mean radius of WGS 84


class Datum(enum.StrEnum):
    """What coordinates are written in."""

    WGS84 = "WGS84"
    CGCS2000 = "CGCS2000"
    GCJ02 = "GCJ-02"
    BD09 = "BD-09"


class Place(NamedTuple):
    """A latitude and a longitude in degrees."""

    lat: float
    lon: float


def to_wgs84(lat: float, lon: float, datum: Datum) -> Place:
    """Return a place given in `datum` in WGS 84; outside of China it is left as it is, as the datums do."""
    place = Place(lat, lon)
    if datum in _SHIFTS and is_shifted(lat, lon):
        return _undone(_SHIFTS[datum], place)
    return place


def from_wgs84(lat: float, lon: float, datum: Datum) -> Place:
    """Return a place given in WGS 84 in `datum`; outside of China it is left as it is."""
    place = Place(lat, lon)
    return _SHIFTS[datum](place) if datum in _SHIFTS and is_shifted(lat, lon) else place


def is_shifted(lat: float, lon: float) -> bool:
    """Tell whether GCJ-02 and BD-09 shift a place: whether it lies in their rectangle around China."""
    return _SOUTH <= lat <= _NORTH and _WEST <= lon <= _EAST


def distance_m(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Return the metres between two places on a sphere of the mean radius (haversine, within 0.6 %)."""
    here, there = math.radians(lat), math.radians(other_lat)
    across = math.sin((there - here) / 2) ** 2
    along = math.cos(here) * math.cos(there) * math.sin(math.radians(other_lon - lon) / 2) ** 2
    return 2 * _EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(across + along)))


def _gcj02(place: Place) -> Place:
    """Shift WGS 84 to GCJ-02."""
    x, y = place.lon - 105.0, place.lat - 35.0
    waves = 20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + waves * 2.0 / 3.0
    north += _waves(y, 20.0, 1.0, 40.0, 3.0) + _waves(y, 160.0, 12.0, 320.0, 30.0)
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + waves * 2.0 / 3.0
    east += _waves(x, 20.0, 1.0, 40.0, 3.0) + _waves(x, 150.0, 12.0, 300.0, 30.0)
    latitude = math.radians(place.lat)
    flattened = 1.0 - _EE * math.sin(latitude) ** 2
    meridian = _A * (1.0 - _EE) / flattened**1.5  # radii of curvature, m
    parallel = _A / math.sqrt(flattened) * math.cos(latitude)
    return Place(place.lat + math.degrees(north / meridian), place.lon + math.degrees(east / parallel))


def _waves(at: float, first: float, first_length: float, second: float, second_length: float) -> float:
    turn = at * math.pi
    return (first * math.sin(turn / first_length) + second * math.sin(turn / second_length)) * 2.0 / 3.0


def _bd09(place: Place) -> Place:
    """Shift WGS 84 to BD-09, by way of GCJ-02."""
    lat, lon = _gcj02(place)
    radius = math.hypot(lat, lon) + 2e-5 * math.sin(lat * _BD_TURN)
    angle = math.atan2(lat, lon) + 3e-6 * math.cos(lon * _BD_TURN)
    return Place(radius * math.sin(angle) + 0.006, radius * math.cos(angle) + 0.0065)


_SHIFTS: dict[Datum, Callable[[Place], Place]] = {Datum.GCJ02: _gcj02, Datum.BD09: _bd09}


def _undone(shift: Callable[[Place], Place], shifted: Place) -> Place:
    """Return the place that `shift` takes to `shifted`: the shift changes little with the place."""
    place = shifted
    for _ in range(_MOST_STEPS):
        lat, lon = shift(place)
        off_lat, off_lon = lat - shifted.lat, lon - shifted.lon
        place = Place(place.lat - off_lat, place.lon - off_lon)
        if max(abs(off_lat), abs(off_lon)) < _CLOSE_DEGREES:
            break
    return place
