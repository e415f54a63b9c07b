"""Units of devices become canonical units, or nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.units import ALIASES, conversion, is_known, is_unit


@pytest.mark.parametrize(
    "unit, canonical, value, expected",
    [
        ("Cel", "Cel", 25.5, 25.5),
        ("[degF]", "Cel", 212.0, 100.0),
        ("K", "Cel", 273.15, 0.0),
        ("℃", "Cel", -3.0, -3.0),
        ("1", "%", 0.54, 54.0),
        ("/", "%", 1.0, 100.0),
        ("%", "1", 50.0, 0.5),
        ("P1", "%", 54.0, 54.0),
        ("Pa", "hPa", 99_890.0, 998.9),
        ("kPa", "hPa", 95.96, 959.6),
        ("A97", "hPa", 998.9, 998.9),
        ("mbar", "hPa", 1013.0, 1013.0),
        ("m/s", "km/h", 10.0, 36.0),
        ("m⋅s⁻¹", "km/h", 10.0, 36.0),
        ("KMH", "m/s", 36.0, 10.0),
        ("[mi_i]/h", "km/h", 10.0, 16.09344),
        ("{veh}/min", "{veh}/h", 20.0, 1200.0),
        ("1/min", "{veh}/h", 20.0, 1200.0),
        ("mm", "cm", 183.0, 18.3),
        ("MTR", "cm", 0.18, 18.0),
        ("L/m2", "mm", 12.5, 12.5),
        ("mV", "V", 3600.0, 3.6),
        ("Wh", "kW.h", 1500.0, 1.5),
        ("J", "kW.h", 3_600_000.0, 1.0),
        ("rad", "deg", 1.5707963267948966, 90.0),
        ("mg/m3", "ug/m3", 0.02, 20.0),
        ("µg⋅m⁻³", "ug/m3", 12.0, 12.0),
        ("dBm", "dB[mW]", -80.0, -80.0),
        ("A", "mA", 0.03, 30.0),
        ("t", "kg", 1.5, 1500.0),
        ("m0", "1", 2.0, 2.0),
    ],
)
def test_conversion(unit: str, canonical: str, value: float, expected: float) -> None:
    """A value in a unit that fits is multiplied and shifted."""
    found = conversion(unit, canonical)

    assert found is not None
    assert value * found.factor + found.offset == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize(
    "unit, canonical",
    [
        ("mm", "Cel"),
        ("C", "Cel"),  # a coulomb
        ("1", "deg"),  # both are dimensionless, but a ratio is no angle
        ("dB", "dB[mW]"),
        ("HPA", "hPa"),  # hectolitres of pure alcohol
        ("kWh ", "kW.h"),
        ("Cel2", "Cel"),
        ("m/", "m"),
        ("m//s", "m/s"),
        ("", "%"),
        ("grad", "deg"),
        ("__import__", "m"),
        ("m" * 100, "m"),
        ("\udcff", "m"),
    ],
)
def test_conversion_impossible(unit: str, canonical: str) -> None:
    """Another dimension, and what is no unit at all, has no conversion."""
    assert conversion(unit, canonical) is None


@given(
    unit=st.text(max_size=12) | st.from_regex(r"[munk]?[msgKAVW%]{1,2}[-1-9]?([./][a-z]{1,3}[1-9]?)?", fullmatch=True)
)
def test_conversion_of_any_text(unit: str) -> None:
    """Any text has a conversion or none, and nothing else happens."""
    for canonical in ("Cel", "%", "km/h", "{veh}/h", "dB"):
        found = conversion(unit, canonical)
        assert found is None or found.factor > 0


def test_aliases_are_units() -> None:
    """Every other spelling stands for a UCUM unit."""
    assert [alias for alias, unit in ALIASES.items() if not is_unit(unit)] == []
    assert is_known("CEL")
    assert is_known("µg/m³")
    assert not is_unit("CEL")
    assert not is_known("furlong")
