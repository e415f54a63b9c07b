"""Field names that devices commonly use, and what they mean: shared by the dialects whose field names are free.

A field is looked up by its name in small letters (`FillLevel`, `fill_level` and `fill-level` are one). The first of
its properties that belongs to the device's domain (or to `device`) and to the unit is taken. The unit is the stated
one, else the device's attribute `unit.NAME`, else the usual one of the table; a field without any is refused, because
nobody can know what it says. `field.NAME` of the device's attributes gives a meaning to any other name.

    attributes of a bin: height_cm=120;unit.distance=mm;field.level=distance

`distance` is measured from the lid down to the waste: with the bin's `height_cm` it becomes a fill level.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from ingest.errors import Reason, shown, unacceptable
from ingest.model import Device, Frame, Lookup, Observation, Series
from ingest.normalise import converted, number
from ingest.units import conversion


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """What a message says in one field; `unit` is None where it states none."""

    name: str
    value: object
    time_ms: int
    unit: str | None = None


_DISTANCE = "distance"
_FILL_LEVEL = "waste.fill_level"
_EMPTY_MARGIN_PERCENT = -10.0  # the floor of an empty bin may lie a little deeper than its nominal height

# name: the properties it may mean, and the unit that a bare number is in (None: must be stated)
_TABLE: tuple[tuple[str, tuple[str, ...], str | None], ...] = (
    ("temperature temp air_temperature tempc_sht sensecap_4097", ("weather.temperature", "waste.temperature"), "Cel"),
    (
        "humidity humi hum hum_sht relative_humidity air_humidity sensecap_4098",
        ("weather.humidity", "waste.humidity"),
        "%",
    ),
    ("pressure air_pressure atmospheric_pressure barometric_pressure barometer", ("weather.pressure",), "hPa"),
    ("sensecap_4101", ("weather.pressure",), "Pa"),
    ("wind_speed sensecap_4105", ("weather.wind_speed",), "m/s"),
    ("wind_gust gust gust_speed maximum_wind_speed", ("weather.wind_gust",), "m/s"),
    ("wind_direction sensecap_4104", ("weather.wind_direction",), "deg"),
    ("precipitation rain_increment", ("weather.rain_increment",), "mm"),
    ("rain_rate rain_intensity", ("weather.rain_rate",), "mm/h"),
    ("rain_total cumulative_rain rain_accumulation", ("weather.rain_total",), "mm"),
    ("dew_point", ("weather.dew_point",), "Cel"),
    ("water_temperature", ("weather.water_temperature",), "Cel"),
    ("road_temperature road_surface_temperature", ("weather.road_temperature",), "Cel"),
    ("uv_index", ("weather.uv_index",), "1"),
    ("visibility", ("weather.visibility",), "m"),
    ("water_level", ("weather.water_level",), None),
    (
        "illuminance illumination luminosity light lux sensecap_4099",
        ("weather.illuminance", "lighting.illuminance"),
        "lx",
    ),
    ("solar_radiation", ("weather.solar_radiation",), "W/m2"),
    ("co2 co2_concentration", ("weather.co2",), "[ppm]"),
    ("pm1 pm_1 pm1_0 pm1_mass_concentration", ("weather.pm1",), "ug/m3"),
    ("pm2_5 pm25 pm2.5 pm_2_5 pm2_5_mass_concentration", ("weather.pm2_5",), "ug/m3"),
    ("pm10 pm_10 pm10_mass_concentration", ("weather.pm10",), "ug/m3"),
    ("co", ("weather.co",), None),
    ("no", ("weather.no",), None),
    ("no2", ("weather.no2",), None),
    ("so2", ("weather.so2",), None),
    ("o3 ozone", ("weather.o3",), None),
    ("tvoc", ("weather.tvoc",), None),
    ("noise noise_level sound_level laeq", ("weather.noise",), "dB[SPL]"),
    ("water_leak", ("weather.water_present",), "1"),
    ("occupied parking_occupied", ("traffic.parking_occupied",), "1"),
    ("speed average_speed mean_speed", ("traffic.speed",), "km/h"),
    ("flow traffic_flow", ("traffic.flow",), "{veh}/h"),
    ("occupancy", ("traffic.occupancy",), "%"),
    ("travel_time", ("traffic.travel_time",), "s"),
    ("power active_power", ("lighting.power",), "W"),
    ("voltage", ("lighting.voltage",), "V"),
    ("current", ("lighting.current",), "A"),
    ("dimming dimming_level", ("lighting.dimming_level",), "%"),
    ("frequency", ("lighting.frequency",), "Hz"),
    ("on lamp_on", ("lighting.lamp_on",), "1"),
    ("lamp_failure", ("lighting.lamp_failure",), "1"),
    ("door_open", ("lighting.door_open",), "1"),
    ("leakage_current", ("lighting.leakage_current",), "mA"),
    ("energy", ("lighting.energy",), "kW.h"),
    ("power_factor", ("lighting.power_factor",), "1"),
    ("fill_level filling_level fillinglvl", (_FILL_LEVEL,), "%"),
    ("level", (_FILL_LEVEL,), None),
    ("distance", (_DISTANCE,), None),
    ("lidar_distance", (_DISTANCE,), "cm"),
    ("tilt_angle angle angle_of_inclination inclination", ("waste.tilt",), "deg"),
    ("weight", ("waste.weight",), "kg"),
    ("lid_open cover_open", ("waste.lid_open",), "1"),
    ("battery_voltage battery_vol bat_v vbat bat volt", ("device.battery_voltage",), "V"),
    ("battery_level battery_percentage bat_percentage", ("device.battery_level",), "%"),
    ("battery", ("device.battery_voltage", "device.battery_level"), None),
    ("rssi", ("device.rssi",), "dB[mW]"),
    ("snr", ("device.snr",), "dB"),
)
# names that vendors use for quite different things: passed over, not refused, unless the unit says what it is
_AMBIGUOUS = frozenset({"battery", "level", "co", "no", "no2", "so2", "o3", "ozone", "tvoc"})
_CHANNEL = re.compile(r"_\d+$")  # of Cayenne LPP: temperature_3


def _key(name: str) -> str:
    name = re.sub(r"[-. ]", "_", name.lower())
    return name if any(letter.isdigit() for letter in name) else name.replace("_", "")


_FIELDS = {_key(name): (properties, unit) for names, properties, unit in _TABLE for name in names.split()}


def observe(
    stated: Iterable[Stated], device: Device, frame: Frame, lookup: Lookup, *, usual_units: bool
) -> list[Observation]:
    """Return an observation for each field that is known, in order, the first where two say the same.

    `usual_units`: whether a bare number is in the unit of the table, or must have its unit beside it.
    """
    observations: dict[tuple[int, int], Observation] = {}
    distances: list[Stated] = []
    for field in stated:
        found = _meaning(field, device, lookup, usual_units=usual_units)
        if found is None:
            continue
        properties, unit = found
        if properties[0] == _DISTANCE:
            distances.append(Stated(name=field.name, value=field.value, time_ms=field.time_ms, unit=unit))
            continue
        series = lookup.series(device.id, properties[0])
        if series is not None:
            value = converted(_amount(field, unit), unit, series, field.name)
            _add(observations, Observation(series, value, field.time_ms, frame.received_at_ms))
    for field in distances:  # a fill level that the device itself states comes first
        fill = _fill_level(field, device, lookup)
        if fill is not None:
            _add(observations, Observation(*fill, field.time_ms, frame.received_at_ms))
    return list(observations.values())


def _add(observations: dict[tuple[int, int], Observation], observation: Observation) -> None:
    observations.setdefault((observation.series.id, observation.phenomenon_time_ms), observation)


def _meaning(field: Stated, device: Device, lookup: Lookup, *, usual_units: bool) -> tuple[tuple[str, ...], str] | None:
    """Return the properties that a field may mean, best first, and its unit; None for a field that is not known."""
    properties, usual = _properties(field.name, device, lookup)
    unit = field.unit or device.attributes.get(f"unit.{field.name}")
    if unit is None and (usual_units or usual == "1" or properties == (field.name,)):
        unit = usual
    fitting = tuple(name for name in properties if _fits(unit or "", name, lookup))
    ambiguous = _key(field.name) in _AMBIGUOUS and (not fitting or isinstance(field.value, bool))
    if not properties or ambiguous:
        return None
    if unit is None:
        mend = f"state it, or set the attribute unit.{field.name} of device {device.id}"
        raise unacceptable(Reason.UNIT, f"{field.name} has no unit: {mend}")
    return fitting or properties, unit


def _properties(name: str, device: Device, lookup: Lookup) -> tuple[tuple[str, ...], str | None]:
    """Return what a field may mean and its usual unit: by the register, by the dictionary's own name, by the table."""
    given = device.attributes.get(f"field.{name}")
    if given is not None:
        return (given,), None
    own = lookup.property(name)
    if own is not None:
        return (own.name,), own.unit
    properties, usual = _FIELDS.get(_key(name)) or _FIELDS.get(_key(_CHANNEL.sub("", name))) or ((), None)
    return tuple(name for name in properties if _belongs(name, device)), usual


def _belongs(name: str, device: Device) -> bool:
    return name.partition(".")[0] in {device.domain, "device"} or (name == _DISTANCE and device.domain == "waste")


def _fits(unit: str, name: str, lookup: Lookup) -> bool:
    """Say whether a unit is one of a property, or of a distance."""
    known = lookup.property(name)
    found = conversion(unit, known.unit, known.molar_g) if known is not None else conversion(unit, "cm")
    return found is not None


def _amount(field: Stated, unit: str) -> float:
    """Return the number of a field; a truth value is one only where the unit is 1 (a flag)."""
    if isinstance(field.value, bool) and unit == "1":
        return float(field.value)
    return number(field.value, field.name)


def _fill_level(field: Stated, device: Device, lookup: Lookup) -> tuple[Series, float] | None:
    """Return the fill level of a bin by the distance down to the waste, if the register knows how high the bin is."""
    series = lookup.series(device.id, _FILL_LEVEL)
    height_cm = device.attributes.get("height_cm")
    factors = conversion(field.unit or "", "cm")
    if factors is None:
        raise unacceptable(Reason.UNIT, f"{field.name} is in {shown(field.unit)}, not a unit of length")
    if series is None or height_cm is None:
        return None
    depth = number(field.value, field.name) * factors.factor / float(height_cm)
    fill = number(100.0 - 100.0 * depth, field.name)
    return series, 0.0 if _EMPTY_MARGIN_PERCENT <= fill < 0 else fill
