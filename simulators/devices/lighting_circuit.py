"""A lighting circuit, measured in its cabinet: voltage, current, power and leakage current to earth."""

from __future__ import annotations

from ingest.model import Device
from simulators.devices._base import DeviceKind, Values
from simulators.devices.street_light import dimming
from simulators.truth import Truth

_LAMPS_W = (1_000.0, 3_500.0)
_NORMAL_V, _LOW_V = 229.0, 168.0
_LEAK_MA = 420.0


def _observe(truth: Truth, device: Device, at_ms: int) -> Values:
    low, high = _LAMPS_W
    wobble = truth.wobble(device, "voltage", at_ms, 1_800)
    voltage = _NORMAL_V + 3 * wobble - (_NORMAL_V - _LOW_V) * truth.strength(device, "undervoltage", at_ms)
    rated_w = low + (high - low) * truth.own(device, "load")
    power = 4 + rated_w * dimming(truth, device, at_ms) / 100 * (voltage / _NORMAL_V) ** 2
    leakage = 3 + 2 * truth.own(device, "leakage") + 0.5 * wobble + _LEAK_MA * truth.strength(device, "leaking", at_ms)
    return {
        "lighting.voltage": round(voltage, 1),
        "lighting.current": round(power / voltage / 0.95, 2),
        "lighting.power": round(power, 1),
        "lighting.leakage_current": round(leakage, 1),
    }


DEVICE = DeviceKind(
    kind="lighting_circuit",
    properties=("lighting.voltage", "lighting.current", "lighting.power", "lighting.leakage_current"),
    observe=_observe,
)
