"""A gauge for standing water on a road or in an underpass: depth in cm, and its battery."""

from __future__ import annotations

from ingest.model import Device
from simulators.devices._base import DeviceKind, Values
from simulators.truth import Truth


def _observe(truth: Truth, device: Device, at_ms: int) -> Values:
    puddle = min(truth.rain_rate(at_ms) * 0.15, 3.0) + 0.4 * (1 + truth.wobble(device, "level", at_ms, 300))
    depth = puddle + truth.strength(device, "road_flooded", at_ms) * (24 + 8 * truth.own(device, "depth"))
    depth += truth.strength(device, "underpass_flooded", at_ms) * (42 + 10 * truth.own(device, "depth"))
    return {
        "weather.water_level": round(depth, 1),
        "device.battery_level": round(70 + 28 * truth.own(device, "battery"), 1),
    }


DEVICE = DeviceKind(
    kind="water_level_gauge",
    properties=("weather.water_level", "device.battery_level"),
    observe=_observe,
)
