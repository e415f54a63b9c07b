"""Coordinates of Chinese map services become WGS 84, and come back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.datum import Datum, distance_m, from_wgs84, is_shifted, to_wgs84

SHIFTED = st.sampled_from([Datum.GCJ02, Datum.BD09])
IN_CHINA = st.tuples(st.floats(1.0, 55.5), st.floats(72.5, 137.5))

# (lat, lon) in WGS 84 and in GCJ-02: the published test vectors of eviltransform (three) and of coordtransform
GCJ02_VECTORS = [
    ((31.1774276, 121.5272106), (31.17530398364597, 121.531541859215)),
    ((22.543847, 113.912316), (22.540796131694766, 113.9171764808363)),
    ((39.911954, 116.377817), (39.91334545536069, 116.38404722455657)),
    ((39.915, 116.404), (39.91640428150164, 116.41024449916938)),
]
# in GCJ-02 and in BD-09: that of coordtransform, and what coord-convert 0.2.1 gives
BD09_VECTORS = [
    ((39.915, 116.404), (39.92133699351021, 116.41036949371029)),
    (from_wgs84(29.196131605295484, 120.00877901149691, Datum.GCJ02), (29.19969689859407, 120.01984841777677)),
]


@pytest.mark.parametrize("wgs84, gcj02", GCJ02_VECTORS)
def test_published_gcj02(wgs84: tuple[float, float], gcj02: tuple[float, float]) -> None:
    """Both ways agree with the published vectors to a millimetre."""
    assert distance_m(*from_wgs84(*wgs84, Datum.GCJ02), *gcj02) < 0.001
    assert distance_m(*to_wgs84(*gcj02, Datum.GCJ02), *wgs84) < 0.001


@pytest.mark.parametrize("gcj02, bd09", BD09_VECTORS)
def test_published_bd09(gcj02: tuple[float, float], bd09: tuple[float, float]) -> None:
    """By way of WGS 84, both ways agree with the published vectors to a millimetre."""
    assert distance_m(*from_wgs84(*to_wgs84(*gcj02, Datum.GCJ02), Datum.BD09), *bd09) < 0.001
    assert distance_m(*from_wgs84(*to_wgs84(*bd09, Datum.BD09), Datum.GCJ02), *gcj02) < 0.001


@given(datum=SHIFTED, place=IN_CHINA)
def test_round_trip(datum: Datum, place: tuple[float, float]) -> None:
    """A place in China goes there and back to within a millimetre, and is shifted by no more than two kilometres."""
    there = from_wgs84(*place, datum)

    assert distance_m(*to_wgs84(*there, datum), *place) < 0.001
    assert distance_m(*there, *place) < 2000


@given(datum=SHIFTED, place=IN_CHINA)
def test_round_trip_of_shifted(datum: Datum, place: tuple[float, float]) -> None:
    """What the register says in the other datum, converted and shifted again, is what it said."""
    assert distance_m(*from_wgs84(*to_wgs84(*place, datum), datum), *place) < 0.1


@given(datum=st.sampled_from(list(Datum)), lat=st.floats(-90, 90), lon=st.floats(-180, 180))
def test_any_place_of_the_world(datum: Datum, lat: float, lon: float) -> None:
    """Any place has an answer; one outside of China, or in WGS 84 or CGCS2000, is left as it is."""
    found = to_wgs84(lat, lon, datum)

    if datum in {Datum.WGS84, Datum.CGCS2000} or not is_shifted(lat, lon):
        assert found == (lat, lon) == from_wgs84(lat, lon, datum)
    else:
        assert distance_m(*found, lat, lon) < 2500


def test_distance() -> None:
    """A degree of latitude is 111.2 km, a degree of longitude at 60° half of it; antipodes are half way round."""
    assert distance_m(0, 0, 1, 0) == pytest.approx(111_195, abs=1)
    assert distance_m(60, 10, 60, 11) == pytest.approx(55_597, abs=10)
    assert distance_m(0, 0, 0, 180) == pytest.approx(20_015_115, abs=10)
    assert distance_m(22.8, 108.3, 22.8, 108.3) == 0
