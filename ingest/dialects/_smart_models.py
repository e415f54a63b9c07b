"""What the attributes of the Smart Data Models measure: plain data of the dialect `smart_data_models`.

Sources: the subjects Transportation, Weather, Environment, Streetlighting, WasteManagement and Alert of
smart-data-models.org; a unit is given only where the model's text defines one. What is our own choice says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

# model: {attribute: (property, unit that the model defines; None for a count of the period)}
MODELS: dict[str, dict[str, tuple[str, str | None]]] = {
    "TrafficFlowObserved": {
        "averageVehicleSpeed": ("traffic.speed", "km/h"),
        "occupancy": ("traffic.occupancy", "1"),
        "intensity": ("traffic.flow", None),
        "averageVehicleLength": ("traffic.vehicle_length", "m"),
        "averageGapDistance": ("traffic.gap", "m"),
        "averageHeadwayTime": ("traffic.headway", "s"),
    },
    "WeatherObserved": {
        "temperature": ("weather.temperature", "Cel"),
        "feelsLikeTemperature": ("weather.feels_like", "Cel"),
        "dewPoint": ("weather.dew_point", "Cel"),
        "relativeHumidity": ("weather.humidity", "1"),
        "atmosphericPressure": ("weather.pressure", "hPa"),
        "windSpeed": ("weather.wind_speed", "m/s"),
        "gustSpeed": ("weather.wind_gust", "m/s"),
        "windDirection": ("weather.wind_direction", "deg"),
        "precipitation": ("weather.rain_increment", "mm"),  # a litre on a square metre
        "visibility": ("weather.visibility", "m"),
        "illuminance": ("weather.illuminance", "lx"),
        "solarRadiation": ("weather.solar_radiation", "W/m2"),
        "streamGauge": ("weather.water_level", "cm"),
        "snowHeight": ("weather.snow_depth", "cm"),
        "uVIndexMax": ("weather.uv_index", "1"),
        "uvIndexMax": ("weather.uv_index", "1"),  # as the examples write it
        "airQualityIndex": ("weather.air_quality_index", "1"),
    },
    "AirQualityObserved": {
        "temperature": ("weather.temperature", "Cel"),
        "relativeHumidity": ("weather.humidity", "1"),
        "pressure": ("weather.pressure", "hPa"),
        "windSpeed": ("weather.wind_speed", "m/s"),
        "windDirection": ("weather.wind_direction", "deg"),
        "precipitation": ("weather.rain_increment", "mm"),
        "pm1": ("weather.pm1", "ug/m3"),  # the model defines no unit of particles; everybody states them in ug/m3
        "pm25": ("weather.pm2_5", "ug/m3"),
        "pm10": ("weather.pm10", "ug/m3"),
        "airQualityIndex": ("weather.air_quality_index", "1"),
    },
    "FloodMonitoring": {},  # `_flood` of the dialect
    "Streetlight": {
        "powerFactor": ("lighting.power_factor", "1"),
        "illuminanceLevel": ("lighting.dimming_level", "1"),
    },
    "StreetlightGroup": {"illuminanceLevel": ("lighting.dimming_level", "1")},
    "StreetlightControlCabinet": {
        "totalActivePower": ("lighting.power", "kW"),
        "energyConsumed": ("lighting.energy", "kW.h"),
        "frequency": ("lighting.frequency", "Hz"),
        "cosPhi": ("lighting.power_factor", "1"),
        "activePowerR": ("lighting.power_r", "kW"),
        "activePowerS": ("lighting.power_s", "kW"),
        "activePowerT": ("lighting.power_t", "kW"),
        "intensityR": ("lighting.current_r", "A"),
        "intensityS": ("lighting.current_s", "A"),
        "intensityT": ("lighting.current_t", "A"),
        "voltageR": ("lighting.voltage_r", "V"),
        "voltageS": ("lighting.voltage_s", "V"),
        "voltageT": ("lighting.voltage_t", "V"),
        "powerFactorR": ("lighting.power_factor_r", "1"),
        "powerFactorS": ("lighting.power_factor_s", "1"),
        "powerFactorT": ("lighting.power_factor_t", "1"),
    },
    "WasteContainer": {
        "fillingLevel": ("waste.fill_level", "1"),
        "temperature": ("waste.temperature", "Cel"),
        "cargoWeight": ("waste.weight", "kg"),
    },
    "Alert": {},  # what another system concluded
}
# models of the state that a thing is in: they have no time of observation that must be stated, and without any hold for
# the moment of receipt; the others are observations and must say when
STATES = frozenset({"Streetlight", "StreetlightGroup", "StreetlightControlCabinet", "WasteContainer"})
# whose unit no model defines: read where the message or the register states it: {attribute: property}
IF_STATED: dict[str, dict[str, str]] = {
    "AirQualityObserved": {
        "co": "weather.co",
        "co2": "weather.co2",
        "no": "weather.no",
        "no2": "weather.no2",
        "nox": "weather.nox",
        "so2": "weather.so2",
        "o3": "weather.o3",
        "volatileOrganicCompoundsTotal": "weather.tvoc",
        # as the older form of the model writes them
        "CO": "weather.co",
        "CO2": "weather.co2",
        "NO": "weather.no",
        "NO2": "weather.no2",
        "NOx": "weather.nox",
        "SO2": "weather.so2",
        "O3": "weather.o3",
    },
    "FloodMonitoring": {"measuredDistance": "weather.water_distance"},
    "Streetlight": {
        "powerConsumption": "lighting.power",
        "powerRating": "lighting.power_rating",
        "voltage": "lighting.voltage",
        "current": "lighting.current",
        "lifetimePowerConsumption": "lighting.energy",
    },
    "WasteContainer": {"methaneConcentration": "waste.methane"},
}
# model: {attribute: {word: flags}}; other words say nothing
_LAMP_STATES: dict[str | bool, tuple[tuple[str, float], ...]] = {
    "on": (("lighting.lamp_on", 1.0),),
    "low": (("lighting.lamp_on", 1.0),),
    "off": (("lighting.lamp_on", 0.0),),
    True: (("lighting.lamp_on", 1.0),),
    False: (("lighting.lamp_on", 0.0),),
}
_BIN_FLAGS = {
    "lidOpen": "waste.lid_open",
    "dropped": "waste.tipped",
    "moved": "waste.moved",
    "vandalized": "waste.vandalized",
    "burning": "waste.burning",
}
WORDS: dict[str, dict[str, Mapping[str | bool, tuple[tuple[str, float], ...]]]] = {
    "TrafficFlowObserved": {
        "congested": {True: (("traffic.congested", 1.0),), False: (("traffic.congested", 0.0),)},
    },
    "Streetlight": {
        "status": {
            "ok": (("lighting.lamp_failure", 0.0), ("lighting.column_failure", 0.0)),
            "defectiveLamp": (("lighting.lamp_failure", 1.0),),
            "brokenLantern": (("lighting.lamp_failure", 1.0),),
            "columnIssue": (("lighting.column_failure", 1.0),),
        },
        "powerState": _LAMP_STATES,
    },
    "StreetlightGroup": {"powerState": _LAMP_STATES},
    "WasteContainer": {
        "status": {
            "ok": tuple((flag, 0.0) for flag in _BIN_FLAGS.values()),
            **{word: ((flag, 1.0),) for word, flag in _BIN_FLAGS.items()},
        },
    },
}
# Visibility in words, in metres. The Met Office's classes: very poor is less than 1 km, poor 1 to 4, moderate 4 to 10,
# good 10 to 20, very good 20 to 40, excellent more than 40. Our choice: the upper bound of the class, so that a word
# alone never breaks a limit that lies inside of its class. Such an observation is flagged UNKNOWN.
VISIBILITY_M = {
    "veryPoor": 1_000.0,
    "poor": 4_000.0,
    "moderate": 10_000.0,
    "good": 20_000.0,
    "veryGood": 40_000.0,
    "excellent": 40_000.0,
}
# of the phases R, S, T of a cabinet, if all three are given: the sum of powers and currents, the lowest voltage, the
# worst distortion
PHASES: tuple[tuple[str, str, str, Callable[[Iterable[float]], float]], ...] = (
    ("activePower", "lighting.power", "kW", sum),
    ("intensity", "lighting.current", "A", sum),
    ("voltage", "lighting.voltage", "V", min),
    ("thdrVoltage", "lighting.thd_voltage", "1", max),
    ("thdrIntensity", "lighting.thd_current", "1", max),
)
