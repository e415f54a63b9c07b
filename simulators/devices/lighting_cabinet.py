"""A lighting cabinet: supply voltage, and the power that its circuits draw."""

from __future__ import annotations

from ingest.model import Device
from simulators.devices._base import DeviceKind, Values
from simulators.devices.street_light import dimming
from simulators.truth import Truth


def _observe(truth: Truth, device: Device, at_ms: int) -> Values:
    wobble = truth.wobble(device, "voltage", at_ms, 1_800)
    load_w = 4_000 + 5_000 * truth.own(device, "load")
    return {
        "lighting.voltage": round(230 + 3 * wobble, 1),
        "lighting.power": round(25 + load_w * dimming(truth, device, at_ms) / 100, 1),
    }


DEVICE = DeviceKind(
    kind="lighting_cabinet",
    properties=("lighting.voltage", "lighting.power"),
    observe=_observe,
)
