"""Units: from what a device says (UCUM, UN/CEFACT codes, SenML names, common spellings) to the canonical UCUM unit.

A unit text is first translated to UCUM (`ALIASES`), then read by UCUM's grammar (terms joined by `.` and `/`, metric
prefixes, powers, annotations in braces) and handed to pint, which knows dimensions and factors. The result for a pair
of units is a factor and an offset, kept, so that converting is one multiplication and one addition.

UCUM is case-sensitive: `Cel` is the degree Celsius, `C` the coulomb; `kW.h` is the kilowatt-hour. Only of a temperature
`C` and `F` are degrees, since no temperature is in coulombs or farads. A level (decibel,
bel) converts to none of another reference. An angle is not a ratio, although both are dimensionless.

The share of a gas in the air (ppm, ppb) becomes a mass in a volume (ug/m3) by its molar mass, at 25 °C and 1013.25 hPa:
the reference state of GB 3095-2012 since its amendment of 2018.
"""

from __future__ import annotations

import functools
import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any, cast

import msgspec
import pint

if TYPE_CHECKING:
    from pint.facets.context.objects import Transformation


class Conversion(msgspec.Struct, frozen=True):
    """`canonical value = value · factor + offset`."""

    factor: float
    offset: float = 0.0


# UN/CEFACT recommendation 20 codes (NGSI-LD `unitCode`), SenML unit names (RFC 8428, RFC 8798) and common spellings,
# Chinese ones too. Code 28 (kg/m2) is that of rain: a kilogram of water on a square metre stands 1 mm high.
ALIASES = {
    "CEL": "Cel", "KEL": "K", "FAH": "[degF]", "P1": "%", "C62": "1", "H87": "1", "59": "[ppm]",
    "61": "[ppb]", "A97": "hPa", "PAL": "Pa", "KPA": "kPa", "BAR": "bar", "MBR": "mbar",
    "MMT": "mm", "CMT": "cm", "MTR": "m", "KMT": "km", "INH": "[in_i]", "FOT": "[ft_i]", "SMI": "[mi_i]",
    "MTS": "m/s", "KMH": "km/h", "HM": "[mi_i]/h", "KNT": "[kn_i]", "C16": "mm/s", "H67": "mm/h", "2M": "cm/s",
    "28": "mm", "4H": "um", "F79": "[in_i'Hg]", "B60": "lx", "CMQ": "cm3", "B98": "us", "MAW": "MW", "MWH": "MW.h",
    "AMH": "A.h", "E09": "mA.h",
    "DD": "deg", "C81": "rad", "LUX": "lx", "LUM": "lm", "CDL": "cd", "D54": "W/m2", "GQ": "ug/m3", "GP": "mg/m3",
    "VLT": "V", "2Z": "mV", "KVT": "kV", "AMP": "A", "4K": "mA", "WTT": "W", "KWT": "kW", "D46": "V.A", "KVA": "kV.A",
    "KWH": "kW.h", "WHR": "W.h", "JOU": "J", "KJO": "kJ", "HTZ": "Hz", "KHZ": "kHz", "MHZ": "MHz", "OHM": "Ohm",
    "C26": "ms", "SEC": "s", "MIN": "min", "HUR": "h", "DAY": "d",
    "KGM": "kg", "GRM": "g", "TNE": "t", "LTR": "L", "MTQ": "m3", "DBM": "dB[mW]", "2N": "dB",
    "%RH": "%", "%EL": "%", "/": "1", "/100": "%", "/1000": "[ppth]", "count": "1", "ppm": "[ppm]", "ppb": "[ppb]",
    "dBm": "dB[mW]", "dBW": "dB[W]", "Wh": "W.h", "kWh": "kW.h", "Ah": "A.h", "VA": "V.A", "kVA": "kV.A",
    "°C": "Cel", "℃": "Cel", "degC": "Cel", "°F": "[degF]", "℉": "[degF]", "°": "deg", "Ω": "Ohm", "lux": "lx",
    "％": "%", "‰": "[ppth]", "mph": "[mi_i]/h", "dBA": "dB[SPL]", "dB(A)": "dB[SPL]", "Bspl": "B[SPL]",
    "percent": "%", "celsius": "Cel", "Celsius": "Cel", "degree": "deg", "degrees": "deg", "Lux": "lx", "Lx": "lx",
    "kmh": "km/h", "kph": "km/h", "km/hr": "km/h", "mm/hr": "mm/h", "veh/h": "{veh}/h", "vehicles/h": "{veh}/h",
    "PPM": "[ppm]", "PPB": "[ppb]", "kpa": "kPa", "hpa": "hPa", "inHg": "[in_i'Hg]", "in": "[in_i]", "inch": "[in_i]",
    "ft": "[ft_i]", "kw": "kW", "KW": "kW", "kwh": "kW.h", "KWh": "kW.h", "mAh": "mA.h", "sec": "s", "hours": "h",
    "摄氏度": "Cel", "百帕": "hPa", "帕": "Pa", "千帕": "kPa", "毫米": "mm", "厘米": "cm", "米": "m", "公里": "km",
    "千米": "km", "米/秒": "m/s", "公里/小时": "km/h", "千米/小时": "km/h", "毫米/小时": "mm/h", "勒克斯": "lx",
    "微克/立方米": "ug/m3", "毫克/立方米": "mg/m3", "伏": "V", "毫伏": "mV", "安": "A", "毫安": "mA", "瓦": "W",
    "千瓦": "kW", "千瓦时": "kW.h", "秒": "s", "分钟": "min", "小时": "h", "千克": "kg", "公斤": "kg", "吨": "t",
    "次": "1", "辆": "{veh}", "辆/小时": "{veh}/h", "百分比": "%",
}  # fmt: skip

_ATOMS = {
    "m": "meter", "s": "second", "g": "gram", "K": "kelvin", "Cel": "degC", "[degF]": "degF", "A": "ampere",
    "V": "volt", "W": "watt", "J": "joule", "C": "coulomb", "Hz": "hertz", "Pa": "pascal", "bar": "bar", "N": "newton",
    "lx": "lux", "lm": "lumen", "cd": "candela", "rad": "radian", "L": "liter", "l": "liter", "Ohm": "ohm",
    "S": "siemens", "deg": "degree", "min": "minute", "h": "hour", "d": "day", "t": "metric_ton", "%": "percent",
    "[ppm]": "ppm", "[ppb]": "ppb", "[ppth]": "ppth", "[ft_i]": "foot", "[in_i]": "inch",
    "[mi_i]": "mile", "[kn_i]": "knot", "[in_i'Hg]": "inch_Hg", "1": "1",
}  # fmt: skip
_METRIC = frozenset(
    (
        "m",
        "s",
        "g",
        "K",
        "A",
        "V",
        "W",
        "J",
        "C",
        "Hz",
        "Pa",
        "bar",
        "N",
        "lx",
        "lm",
        "cd",
        "rad",
        "L",
        "l",
        "Ohm",
        "S",
        "t",
    )
)
_PREFIXES = {
    "G": "giga", "M": "mega", "k": "kilo", "h": "hecto", "d": "deci", "c": "centi", "m": "milli", "u": "micro",
    "n": "nano",
}  # fmt: skip
_DEGREES = {"C": "Cel", "F": "[degF]"}
_ANGLES = frozenset({"deg", "rad"})
_LEVELS = {  # what a level refers to, and how many decibels one of it is
    "dB": ("", 1.0), "dB[mW]": ("mW", 1.0), "dB[W]": ("W", 1.0), "dB[SPL]": ("SPL", 1.0), "B[SPL]": ("SPL", 10.0),
}  # fmt: skip
_TERM = re.compile(r"(?P<atom>\[[\w']+\]|[A-Za-z%]+|1)?(?P<power>[+-]?[0-9])?(?P<note>\{[^{}]*\})?")
_MAX_LENGTH = 40
_MAX_DENOMINATOR, _NOISE = 1000, 1e-11
_MOLAR_VOLUME_M3 = 0.024465  # of a gas at 298.15 K and 101 325 Pa
_TYPOGRAPHY = str.maketrans("⋅·⁻¹²³µμ", "..-123uu", "^")


def is_known(text: str) -> bool:
    """Say whether devices may state this unit: a UCUM unit or one of the other spellings."""
    plain = text.translate(_TYPOGRAPHY)
    return is_unit(ALIASES.get(plain, plain))


def is_unit(text: str) -> bool:
    """Say whether `text` is a UCUM unit that can be converted (or a decibel level)."""
    return text in _LEVELS or _expression(text) is not None


@functools.lru_cache(maxsize=1024)
def conversion(unit: str, canonical: str, molar_g: float | None = None) -> Conversion | None:
    """Return how values in `unit` become values in the UCUM unit `canonical`; None when they cannot.

    `molar_g` is the molar mass of the gas that is measured, in g/mol: with it shares become masses in a volume.
    """
    unit = unit.translate(_TYPOGRAPHY)
    unit = ALIASES.get(unit, unit) if canonical != "Cel" else _DEGREES.get(unit) or ALIASES.get(unit, unit)
    if unit == canonical:
        return Conversion(1.0)
    if unit in _LEVELS and canonical in _LEVELS:
        (reference, decibels), (expected, per) = _LEVELS[unit], _LEVELS[canonical]
        return Conversion(decibels / per) if reference == expected else None
    source, target = _expression(unit), _expression(canonical)
    if source is None or target is None or (unit in _ANGLES) is not (canonical in _ANGLES):
        return None
    registry = _registry()
    try:
        units = registry.Unit(source), registry.Unit(target)
        contexts = ("gas",) if molar_g is not None and not _ANGLES & {unit, canonical} else ()
        with registry.context(*contexts, molar=molar_g or 0.0):
            start, end = (registry.Quantity(x, units[0]).to(units[1]).magnitude for x in (0.0, 1.0))
    except pint.PintError:  # another dimension, or a sum of temperatures that means nothing
        return None
    return Conversion(_exact(float(end - start)), _exact(float(start)) if abs(start) > _NOISE else 0.0)


def _exact(number: float) -> float:
    """Take the last digits off that binary arithmetic has spoilt: 0.55555555555554 is 5/9."""
    whole = Fraction(number).limit_denominator(_MAX_DENOMINATOR)
    return float(whole) if abs(whole - Fraction(number)) < _NOISE and whole else float(f"{number:.12g}")


@functools.cache
def _registry() -> pint.UnitRegistry[float]:
    registry: pint.UnitRegistry[float] = pint.UnitRegistry()
    registry.define("ppb = 1e-9")
    registry.define("ppth = 1e-3")
    per_m3 = registry.Unit("gram / meter ** 3")

    def to_mass(_: Any, share: Any, *, molar: float) -> Any:
        return share * (molar / _MOLAR_VOLUME_M3) * per_m3

    def to_share(_: Any, mass: Any, *, molar: float) -> Any:
        return mass * (_MOLAR_VOLUME_M3 / molar) / per_m3

    gas = pint.Context("gas", defaults={"molar": 0.0})
    gas.add_transformation("", "[mass] / [length] ** 3", cast("Transformation", to_mass))
    gas.add_transformation("[mass] / [length] ** 3", "", cast("Transformation", to_share))
    registry.add_context(gas)
    return registry


def _expression(unit: str) -> str | None:
    """Translate a UCUM unit into an expression of pint."""
    if not unit or len(unit) > _MAX_LENGTH:
        return None
    product = []
    for position, factors in enumerate(unit.split("/")):
        if not factors and position:
            return None
        terms = [_term(term) for term in factors.split(".")] if factors else ["1"]
        if None in terms:
            return None
        product.append("*".join(f"({term})" for term in terms))
    return "/".join(product)


def _term(text: str) -> str | None:
    match = _TERM.fullmatch(text)
    if match is None or not text:
        return None
    atom, power = match["atom"], match["power"]
    if atom is None:
        return "dimensionless" if match["note"] and not power else None
    name = _atom(atom)
    if name is not None and power and int(power) == 0:
        return "dimensionless"
    return name if name is None or not power else f"{name}**{power}"


def _atom(text: str) -> str | None:
    if text == "1":
        return "dimensionless"
    if text in _ATOMS:
        return _ATOMS[text]
    prefix, rest = text[:1], text[1:]
    return _PREFIXES[prefix] + _ATOMS[rest] if prefix in _PREFIXES and rest in _METRIC else None
