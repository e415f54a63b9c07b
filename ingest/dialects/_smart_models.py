"""What the attributes of the Smart Data Models measure: plain data of the dialect `smart_data_models`.

Sources: the subjects Transportation, Weather, Environment, Streetlighting, WasteManagement and Alert of
smart-data-models.org; a unit is given only where the model's text defines one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

# model: {attribute: (property, unit that the model defines; None where it defines none)}
MODELS: dict[str, dict[str, tuple[str, str | None]]] = {
    "TrafficFlowObserved": {
        "averageVehicleSpeed": ("traffic.speed", "km/h"),
        "occupancy": ("traffic.occupancy", "1"),
        "intensity": ("traffic.flow", None),  # a count of the period
    },
    "WeatherObserved": {
        "temperature": ("weather.temperature", "Cel"),
        "relativeHumidity": ("weather.humidity", "1"),
        "atmosphericPressure": ("weather.pressure", "hPa"),
        "windSpeed": ("weather.wind_speed", "m/s"),
        "gustSpeed": ("weather.wind_gust", "m/s"),
        "windDirection": ("weather.wind_direction", "deg"),
        "precipitation": ("weather.rain_increment", "mm"),
        "visibility": ("weather.visibility", "m"),
        "illuminance": ("weather.illuminance", "lx"),
        "solarRadiation": ("weather.solar_radiation", "W/m2"),
        "streamGauge": ("weather.water_level", "cm"),
    },
    "AirQualityObserved": {
        "temperature": ("weather.temperature", "Cel"),
        "relativeHumidity": ("weather.humidity", "1"),
        "pressure": ("weather.pressure", "hPa"),
        "windSpeed": ("weather.wind_speed", "m/s"),
        "windDirection": ("weather.wind_direction", "deg"),
        "precipitation": ("weather.rain_increment", "mm"),
        "pm25": ("weather.pm2_5", "ug/m3"),
        "pm10": ("weather.pm10", "ug/m3"),
    },
    "FloodMonitoring": {"currentLevel": ("weather.water_level", None)},
    "Streetlight": {
        "powerConsumption": ("lighting.power", None),
        "voltage": ("lighting.voltage", None),
        "current": ("lighting.current", None),
        "powerFactor": ("lighting.power_factor", "1"),
        "illuminanceLevel": ("lighting.dimming_level", "1"),
    },
    "StreetlightControlCabinet": {
        "totalActivePower": ("lighting.power", "kW"),
        "energyConsumed": ("lighting.energy", "kW.h"),
    },
    "WasteContainer": {
        "fillingLevel": ("waste.fill_level", "1"),
        "temperature": ("waste.temperature", "Cel"),
        "cargoWeight": ("waste.weight", "kg"),
    },
    "Alert": {},
}
# model: {attribute: (flag, what its words say)}; other words say nothing about the flag
WORDS: dict[str, dict[str, tuple[str, dict[str, float]]]] = {
    "Streetlight": {
        "status": ("lighting.lamp_failure", {"ok": 0.0, "defectiveLamp": 1.0, "brokenLantern": 1.0}),
    },
    "WasteContainer": {"status": ("waste.lid_open", {"ok": 0.0, "lidOpen": 1.0})},
}
# of the phases R, S, T of a cabinet: the sum of powers and currents, the lowest voltage; only if all three are given
PHASES: tuple[tuple[str, str, str, Callable[[Iterable[float]], float]], ...] = (
    ("activePower", "lighting.power", "kW", sum),
    ("intensity", "lighting.current", "A", sum),
    ("voltage", "lighting.voltage", "V", min),
)
