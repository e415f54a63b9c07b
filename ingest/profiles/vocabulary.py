"""What makers call things: names of fields, the properties that they may mean, and the units that they may come in.

A name is taken apart into words in small letters (`TempC_SHT` → temp, c, sht); usual Chinese ones are said in English
first. A word at its end may be the unit (`distanceCm`). A row of `ROWS` is known by a pattern
over these words, joined by blanks; the first row that is found counts, so the particular stand before the general.
`{domain}` in a property is that of the device. Units stand in the order in which they are tried; `sure` is False where
makers use the word for quite different things.
"""

from __future__ import annotations

import re

import msgspec

_PARTS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+(?:[._]\d+)?")


class Row(msgspec.Struct, frozen=True):
    """A meaning of names. `surface` marks distances to, and levels of, a surface."""

    pattern: re.Pattern[str]
    properties: tuple[str, ...]
    units: tuple[str, ...]
    sure: bool = True
    surface: str | None = None


def _row(pattern: str, properties: str, units: str = "1", *, sure: bool = True, surface: str | None = None) -> Row:
    return Row(re.compile(rf"\b(?:{pattern})\b"), tuple(properties.split()), tuple(units.split()), sure, surface)


_INSIDE = r"internal|cpu\w*|chip|board|mcu|device|lidar|pcb"

ROWS = (
    _row(r"(?:gust|max\w* wind) ?\w*|wind (?:gust|peak|max)\w*", "weather.wind_gust", "m/s km/h"),
    _row(r"(?:east|north|west|south)\w* wind\w*", ""),
    _row(r"(?:operating|burning|lamp|running?) (?:hours|time)", "lighting.operating_hours", "h", sure=False),
    _row(r"percent full|full percent\w*", "waste.fill_level", "% 1"),
    _row(r"fire(?: alarm)?|burning", "waste.burning"),
    _row(r"full(?: alarm)?$", "waste.full"),
    _row(r"max\w*|min\w*|set|threshold|alarm|interval|period|limit|version|time|timestamp|counter|serial|enabled?", ""),
    _row(rf"(?:{_INSIDE}).* temp\w*|temp\w*.* (?:{_INSIDE})|cputemp", "device.internal_temperature", "Cel"),
    _row(r"bat\w* (?:v|vol|volt|voltage|mv)|batv|vbat|volt|vdd|bat\w*voltage", "device.battery_voltage", "V mV"),
    _row(r"bat\w* (?:low|alarm)|low bat\w*", "device.battery_low"),
    _row(r"bat\w* (?:level|percent\w*|capacity|soc)|batlevel|soc", "device.battery_level", "%"),
    _row(r"bat(?:t|tery)?", "device.battery_level device.battery_voltage", "% V mV", sure=False),
    _row(r"rssi", "device.rssi", "dB[mW]"),
    _row(r"snr", "device.snr", "dB"),
    _row(r"tamper\w*", "device.tampered"),
    _row(r"dew ?point", "weather.dew_point", "Cel"),
    _row(r"water temp\w*", "weather.water_temperature", "Cel"),
    _row(r"road(?: surface)? temp\w*", "weather.road_temperature", "Cel"),
    _row(r"(?:water|soil|road|surface|object|ds|probe|ext\w*).* temp\w*|temp\w*.* (?:water|road|ds|ext\w*|probe)",
         "{domain}.temperature", "Cel", sure=False),
    _row(r"temp\w*|tem", "{domain}.temperature", "Cel"),
    _row(r"\w*hum(?:i|idity)?|rh", "{domain}.humidity", "% 1"),
    _row(r"(?:\w*press\w*|baro\w*|atm\w*)", "weather.pressure", "hPa Pa kPa"),
    _row(r"wind ?dir\w*|wind .*(?:angle|direction)", "weather.wind_direction", "deg"),
    _row(r"wind ?speed\w*|wind", "weather.wind_speed", "m/s km/h"),
    _row(r"(?:rain|precip)\w* (?:rate|intensity)", "weather.rain_rate", "mm/h"),
    _row(r"(?:cumul\w*|total|acc\w*) (?:rain|precip)\w*|(?:rain|precip)\w* (?:cumul\w*|total|acc\w*)",
         "weather.rain_total", "mm"),
    _row(r"(?:rain|precip)\w*", "weather.rain_increment", "mm", sure=False),
    _row(r"visib\w*", "weather.visibility", "m km"),
    _row(r"solar \w+|\w*radiation|irradiance|tsr|pyr\w*", "weather.solar_radiation", "W/m2"),
    _row(r"lux|illum\w*|light(?: intensity)?|luminosity|brightness", "weather.illuminance", "lx klx"),
    _row(r"uv(?: ?index|i)?", "weather.uv_index"),
    _row(r"pm ?2[._ ]?5\b.*|fpm", "weather.pm2_5", "ug/m3"),
    _row(r"pm[ _]?10\b.*|rpm", "weather.pm10", "ug/m3"),
    _row(r"pm[ _]?1(?:[._ ]0)?\b.*|upm", "weather.pm1", "ug/m3"),
    _row(r"co ?2", "weather.co2", "[ppm]"),
    _row(r"co", "weather.co", "[ppm] mg/m3", sure=False),
    _row(r"aqi|air quality index", "weather.air_quality_index"),
    _row(r"t?voc", "weather.tvoc", "[ppb] [ppm]", sure=False),
    _row(r"no ?2", "weather.no2", "ug/m3 [ppb]", sure=False),
    _row(r"so ?2", "weather.so2", "ug/m3 [ppb]", sure=False),
    _row(r"o ?3|ozone", "weather.o3", "ug/m3 [ppb]", sure=False),
    _row(r"noise|sound|spl|leq|laeq", "weather.noise", "dB[SPL]"),
    _row(r"fill\w* ?(?:level|lvl|percent\w*|degree)?|fillinglvl|fullness", "waste.fill_level", "% 1"),
    _row(r"dim\w*(?: level)?", "lighting.dimming_level", "% 1"),
    _row(r"distance|dist|prox\w*|ullage", "{surface}", "mm cm m", surface="distance"),
    _row(r"water ?(?:level|depth)|depth", "weather.water_level", "mm cm m", surface=None),
    _row(r"level", "{surface}", "mm cm m", sure=False, surface="level"),
    _row(r"tilt ?angle|angle|inclin\w*|angle of inclination|tilt deg\w*", "waste.tilt", "deg rad"),
    _row(r"weight|load|mass", "waste.weight", "kg g t"),
    _row(r"lid|cover", "waste.lid_open"),
    _row(r"tilt|tipped|fall\w*", "waste.tipped"),
    _row(r"mov(?:ed|ing)", "waste.moved"),
    _row(r"occupied|occupancy|parking|car presence", "traffic.parking_occupied"),
    _row(r"pax|people|persons?|pedestrians?|visitors?", "traffic.pedestrian_count", sure=False),
    _row(r"(?:vehicles?|cars?)(?: count)?", "traffic.count", "{veh}", sure=False),
    _row(r"speed", "traffic.speed", "km/h m/s"),
    _row(r"(?:control )?gear fail\w*|driver fail\w*", "lighting.gear_failure"),
    _row(r"lamp (?:fail\w*|fault|error)", "lighting.lamp_failure"),
    _row(r"(?:lamp|light) (?:on|state|status)", "lighting.lamp_on", sure=False),
    _row(r"(?:water )?leak(?: detected)?$", "weather.water_present"),
    _row(r"door(?: open| status)?", "lighting.door_open", sure=False),
    _row(r"power ?factor|pf|cos ?phi", "lighting.power_factor"),
    _row(r"leak\w*(?: current)?", "lighting.leakage_current", "mA A"),
    _row(r"energy|kwh", "lighting.energy", "kW.h W.h"),
    _row(r"(?:active ?)?power", "lighting.power", "W kW"),
    _row(r"voltage", "lighting.voltage device.battery_voltage", "V", sure=False),
    _row(r"current", "lighting.current", "A mA"),
    _row(r"freq\w*", "lighting.frequency", "Hz"),
)  # fmt: skip

SENSECAP = {
    "4097": "temperature", "4098": "humidity", "4099": "illuminance", "4101": "pressure", "4104": "wind direction",
    "4105": "wind speed", "4113": "rain rate", "4190": "uv index", "4191": "wind gust",
}  # fmt: skip
"""Names of the measurement ids of SenseCAP."""


_CHINESE = {  # the long before the short ones that are parts of them
    "电池电压": "battery voltage", "电池电量": "battery level", "剩余电量": "battery level", "用电量": "energy",
    "累计雨量": "total rain", "雨量": "rain", "风速": "wind speed", "风向": "wind direction", "能见度": "visibility",
    "水温": "water temperature", "温度": "temperature", "湿度": "humidity", "气压": "pressure", "噪声": "noise",
    "噪音": "noise", "光照": "illuminance", "照度": "illuminance", "积水深度": "water level", "水位": "water level",
    "液位": "water level", "满溢度": "fill level", "满溢率": "fill level", "距离": "distance", "倾斜角": "tilt angle",
    "倾角": "tilt angle", "倾斜": "tipped", "倾倒": "tipped", "重量": "weight", "火警": "fire", "电能": "energy",
    "功率因数": "power factor", "功率": "power", "电压": "voltage", "电流": "current", "漏电": "leakage",
    "调光": "dimming", "亮度": "dimming", "车速": "speed", "速度": "speed", "电池": "battery", "信号强度": "rssi",
    "信噪比": "snr",
}  # fmt: skip
_UNITS = {
    "mm": "mm", "cm": "cm", "m": "m", "ppb": "[ppb]", "ppm": "[ppm]", "percent": "%", "pct": "%", "mv": "mV",
    "ma": "mA", "hpa": "hPa", "kpa": "kPa", "pa": "Pa", "kmh": "km/h", "kph": "km/h", "mph": "[mi_i]/h",
    "kwh": "kW.h", "wh": "W.h", "w": "W", "kw": "kW", "c": "Cel", "celsius": "Cel", "f": "[degF]",
    "fahrenheit": "[degF]", "lux": "lx", "kg": "kg", "degrees": "deg", "v": "V", "a": "A",
}  # fmt: skip
_SETTINGS = re.compile(r"mask|flags?|config\w*|settings?|thresholds?")


def is_setting(key: str) -> bool:
    """Say whether what lies under a key says how a device is set, and measures nothing."""
    return _SETTINGS.search(words(key)) is not None


def words(name: str) -> str:
    """Return the words of a name in small letters, joined by blanks."""
    for chinese, english in _CHINESE.items():
        name = name.replace(chinese, f" {english} ")
    return " ".join(part.lower() for part in _PARTS.findall(name.replace("_", " ") if not _has_size(name) else name))


def unit_in(name: str) -> str | None:
    """Return the unit that a name ends in: `distanceCm`, `no2_ppb`, `batteryVoltageMv`."""
    *before, last = words(name).split() or [""]
    return _UNITS.get(last) if before else None


def _has_size(name: str) -> bool:
    return bool(re.search(r"\d[._]\d", name))


def meaning(name: str) -> Row | None:
    """Return the first row that a name is known by, None for one that says nothing of use."""
    text = words(name)
    return next((row if row.properties else None for row in ROWS if row.pattern.search(text)), None)
