"""A weather station with particle counter; with `protocol=senml` it speaks SenML JSON (RFC 8428).

Topic `senml/{device_id}`::

    [{"bn": "ws-004:", "bt": 1795516200.0, "n": "temperature", "u": "Cel", "v": 19.4},
     {"n": "humidity", "u": "%RH", "v": 81.2}, …]
"""

from __future__ import annotations

import math

from ingest.model import Device
from simulators.devices._base import DeviceKind, Message, Payload, Values
from simulators.truth import Truth

_WARMEST_HOUR = 15.0
_SENML = {  # property → name, SenML unit, factor from the canonical unit
    "weather.temperature": ("temperature", "Cel", 1.0),
    "weather.humidity": ("humidity", "%RH", 1.0),
    "weather.pressure": ("pressure", "Pa", 100.0),
    "weather.wind_speed": ("wind_speed", "m/s", 1.0),
    "weather.wind_gust": ("wind_gust", "m/s", 1.0),
    "weather.wind_direction": ("wind_direction", "deg", 1.0),
    "weather.rain_increment": ("rain_increment", "mm", 1.0),
    "weather.visibility": ("visibility", "m", 1.0),
    "weather.illuminance": ("illuminance", "lx", 1.0),
    "weather.solar_radiation": ("solar_radiation", "W/m2", 1.0),
    "weather.pm2_5": ("pm2_5", "ug/m3", 1.0),
    "weather.pm10": ("pm10", "ug/m3", 1.0),
}


def _observe(truth: Truth, device: Device, at_ms: int) -> Values:
    sun, rain = truth.sunshine(device, at_ms), truth.rain_rate(at_ms)
    daily = math.cos((truth.hour(at_ms) - _WARMEST_HOUR) / 24 * 2 * math.pi)
    wobble = truth.wobble(device, "air", at_ms, 1_800)
    temperature = 21 + 4.5 * daily + 1.5 * truth.common_wobble("warmth", at_ms) + 0.8 * wobble
    wind = max(0.2, 2.4 + 1.2 * truth.common_wobble("wind", at_ms) + 0.8 * wobble)
    dust = 32 + 14 * truth.common_wobble("dust", at_ms) + 5 * wobble
    clear = 0.75 + 0.2 * truth.common_wobble("cloud", at_ms)
    return {
        "weather.temperature": round(temperature, 1),
        "weather.humidity": round(min(98.0, 72 - 12 * daily + 4 * rain + 3 * wobble), 1),
        "weather.pressure": round(1008 + 3 * truth.common_wobble("pressure", at_ms, 14_400) + 0.2 * wobble, 1),
        "weather.wind_speed": round(wind, 1),
        "weather.wind_gust": round(wind * 1.5 + 0.4, 1),
        "weather.wind_direction": round((60 + 50 * truth.common_wobble("direction", at_ms) + 10 * wobble) % 360, 0),
        "weather.rain_increment": round(rain * device.cadence_s / 3600, 2),
        "weather.visibility": round(14_000 + 3_000 * truth.common_wobble("haze", at_ms) - 900 * min(rain, 5)),
        "weather.illuminance": round(95_000 * sun * clear),
        "weather.solar_radiation": round(950 * sun * clear, 1),
        "weather.pm2_5": round(dust, 1),
        "weather.pm10": round(dust * 1.6, 1),
    }


def _senml(message: Message) -> tuple[str, Payload]:
    records: list[dict[str, object]] = []
    for name, value in message.values.items():
        label, unit, factor = _SENML[name]
        records.append({"n": label, "u": unit, "v": round(value * factor, 3)})
    records[0] = {"bn": f"{message.device.id}:", "bt": message.at_ms / 1000, **records[0]}
    return f"senml/{message.device.id}", records


DEVICE = DeviceKind(
    kind="weather_station",
    properties=tuple(_SENML),
    observe=_observe,
    encodings={"senml": _senml},
)
