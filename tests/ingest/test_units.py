"""Units of devices become canonical units, or nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import dictionary
from ingest.units import ALIASES, conversion, is_known, is_unit

PROPERTIES, _ = dictionary.load()


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
        ("/100", "%", 54.0, 54.0),
        ("/1000", "%", 540.0, 54.0),
        ("‰", "%", 540.0, 54.0),
        ("KMH", "m/s", 90.0, 25.0),
        ("[kn_i]", "m/s", 10.0, 5.144444444),
        ("mph", "km/h", 10.0, 16.09344),
        ("WHR", "kW.h", 2500.0, 2.5),
        ("kVA", "V.A", 1.2, 1200.0),
        ("2Z", "V", 3650.0, 3.65),
        ("C81", "deg", 3.141592653589793, 180.0),
        ("dB(A)", "dB[SPL]", 61.5, 61.5),
        ("l/m2", "mm", 3.0, 3.0),
        ("61", "[ppm]", 420_000.0, 420.0),
        ("m0", "1", 2.0, 2.0),
        ("C", "Cel", 21.5, 21.5),
        ("F", "Cel", 50.0, 10.0),
        ("Bspl", "dB[SPL]", 6.15, 61.5),
        ("28", "mm", 4.5, 4.5),
        ("ug/m^3", "ug/m3", 35.0, 35.0),
        ("inHg", "hPa", 29.92, 1013.2074812),
        ("公里/小时", "m/s", 36.0, 10.0),
        ("千瓦时", "kW.h", 1.5, 1.5),
    ],
)
def test_conversion(unit: str, canonical: str, value: float, expected: float) -> None:
    """A value in a unit that fits is multiplied and shifted, also where devices trap (kPa, mV, km/h, rad, 0-1)."""
    found = conversion(unit, canonical)

    assert found is not None
    assert value * found.factor + found.offset == pytest.approx(expected, abs=1e-7)


def test_conversion_is_exact() -> None:
    """Where factor or offset is a simple fraction no noise of binary arithmetic is left: 32 °F are 0 °C."""
    found = conversion("[degF]", "Cel")

    assert found is not None
    assert [fahrenheit * found.factor + found.offset for fahrenheit in (32.0, 50.0, 212.0)] == [0.0, 10.0, 100.0]


@pytest.mark.parametrize(
    "unit, canonical",
    [
        ("kg٣", "kg"),
        ("mm", "Cel"),
        ("C", "A"),  # a coulomb
        ("C", "kW.h"),
        ("1", "deg"),  # both are dimensionless, but a ratio is no angle
        ("dB", "dB[mW]"),
        ("Bspl", "dB[mW]"),
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


@pytest.mark.parametrize(
    "unit, name, value, expected",
    [
        ("[ppb]", "weather.no2", 100.0, 188.05),
        ("61", "weather.o3", 50.0, 98.09),
        ("ppm", "weather.so2", 1.0, 2618.6),
        ("ppm", "weather.co", 9.0, 10.304),
        ("mg/m3", "weather.no2", 0.04, 40.0),
        ("%", "weather.co", 0.001, 11.449),
    ],
)
def test_gas(unit: str, name: str, value: float, expected: float) -> None:
    """The share of a gas in the air becomes a mass in a volume by its molar mass (25 °C, 1013.25 hPa)."""
    gas = PROPERTIES[name]
    found = conversion(unit, gas.unit, gas.molar_g)

    assert found is not None
    assert value * found.factor + found.offset == pytest.approx(expected, rel=1e-4)
    assert conversion("[ppb]", "ug/m3") is None
    assert conversion("deg", "ug/m3", 46.0) is None
    assert conversion("Cel", "ug/m3", 46.0) is None


# units that devices state, by what they measure
FAMILIES = (
    ("Cel", "K", "[degF]"),
    ("%", "1", "[ppm]", "[ppb]", "[ppth]"),
    ("Pa", "hPa", "kPa", "mbar", "bar"),
    ("mm", "cm", "m", "km", "[ft_i]", "[in_i]"),
    ("m/s", "km/h", "[kn_i]", "[mi_i]/h", "mm/h", "L/m2/h"),
    ("V", "mV", "kV"),
    ("A", "mA"),
    ("W", "kW", "V.A"),
    ("kW.h", "W.h", "J", "kJ", "MJ"),
    ("deg", "rad"),
    ("ug/m3", "mg/m3", "g/m3"),
    ("s", "ms", "min", "h", "d"),
    ("kg", "g", "t"),
    ("{veh}/h", "{veh}/min", "1/s"),
)


@given(family=st.sampled_from(FAMILIES), data=st.data(), value=st.floats(-1e6, 1e6))
def test_there_and_back(family: tuple[str, ...], data: st.DataObject, value: float) -> None:
    """A value goes to another unit of its kind and back, and by way of a third unit it comes to the same."""
    first, second, third = (data.draw(st.sampled_from(family)) for _ in range(3))
    there, back, further, direct = (
        conversion(*pair) for pair in ((first, second), (second, first), (second, third), (first, third))
    )
    assert there is not None
    assert back is not None
    assert further is not None
    assert direct is not None
    middle = value * there.factor + there.offset

    assert middle * back.factor + back.offset == pytest.approx(value, rel=1e-9, abs=1e-6)
    end = value * direct.factor + direct.offset
    assert middle * further.factor + further.offset == pytest.approx(end, rel=1e-9, abs=1e-6 * max(1, direct.factor))


@given(pair=st.sampled_from([(a, b) for a in FAMILIES for b in FAMILIES if a is not b]), data=st.data())
def test_kinds_do_not_mix(pair: tuple[tuple[str, ...], tuple[str, ...]], data: st.DataObject) -> None:
    """A unit of one kind has no conversion to a unit of another."""
    assert conversion(*(data.draw(st.sampled_from(family)) for family in pair)) is None


def test_dictionary() -> None:
    """Every property is kept in a unit that devices may state, and that is itself."""
    for one in PROPERTIES.values():
        found = conversion(one.unit, one.unit, one.molar_g)
        assert found is not None
        assert (found.factor, found.offset) == (1.0, 0.0)
        assert is_known(one.unit)


def test_aliases_are_units() -> None:
    """Every other spelling stands for a UCUM unit."""
    assert [alias for alias, unit in ALIASES.items() if not is_unit(unit)] == []
    assert is_known("CEL")
    assert is_known("µg/m³")
    assert not is_unit("CEL")
    assert not is_known("furlong")
