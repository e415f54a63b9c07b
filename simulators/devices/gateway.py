"""A gateway: its battery and the strength of its mobile signal. A lighting gateway also sends for what hangs on it."""

from __future__ import annotations

from ingest.model import Device
from simulators.devices._base import DeviceKind, Values
from simulators.truth import Truth


def _observe(truth: Truth, device: Device, at_ms: int) -> Values:
    return {
        "device.battery_voltage": round(13.1 + 0.2 * truth.wobble(device, "battery", at_ms, 3_600), 2),
        "device.rssi": round(-82 + 8 * truth.own(device, "signal") + 4 * truth.wobble(device, "signal", at_ms), 0),
    }


DEVICE = DeviceKind(
    kind="gateway",
    properties=("device.battery_voltage", "device.rssi"),
    observe=_observe,
)
