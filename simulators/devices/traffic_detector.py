"""A traffic detector over a road: mean speed, flow and occupancy of the last minute.

Speed falls with the rush from the free speed of the road class; a congested road crawls well under the limit of
"severe" of its class (20, 15, 10 km/h), a stopped one stands.
"""

from __future__ import annotations

from ingest.model import Device
from simulators.devices._base import DeviceKind, Values
from simulators.truth import Truth

_FREE_KM_H = {"expressway": 78.0, "arterial": 50.0, "branch": 38.0}
_JAM_KM_H = {"expressway": 12.0, "arterial": 8.0, "branch": 5.5}
_LANE_CAPACITY_VEH_H = {"expressway": 1900.0, "arterial": 1100.0, "branch": 600.0}
_STANDING_KM_H = 1.5


def _observe(truth: Truth, device: Device, at_ms: int) -> Values:
    road, lanes = device.attributes.get("road_class", "arterial"), int(device.attributes.get("lanes", "2"))
    rush = truth.rush(at_ms)
    wobble = truth.wobble(device, "speed", at_ms)
    speed = _FREE_KM_H[road] * (1 - 0.22 * rush) * (1 + 0.05 * (2 * truth.own(device, "speed") - 1) + 0.04 * wobble)
    flow = _LANE_CAPACITY_VEH_H[road] * lanes * (0.05 + 0.75 * rush) * (1 + 0.08 * wobble)
    occupancy = 3 + 22 * rush * (1 + 0.1 * wobble)
    for effect, goal_speed, goal_flow, goal_occupancy in (
        ("congested", _JAM_KM_H[road] * (1 + 0.08 * wobble), 0.35, 58.0 + 4 * wobble),
        ("stopped", _STANDING_KM_H * (1 + 0.3 * wobble), 0.03, 93.0 + 3 * wobble),
    ):
        share = truth.strength(device, effect, at_ms)
        speed += (goal_speed - speed) * share
        flow += (flow * goal_flow - flow) * share
        occupancy += (goal_occupancy - occupancy) * share
    return {
        "traffic.speed": round(speed, 1),
        "traffic.flow": round(flow),
        "traffic.occupancy": round(occupancy, 1),
    }


DEVICE = DeviceKind(
    kind="traffic_detector",
    properties=("traffic.speed", "traffic.flow", "traffic.occupancy"),
    observe=_observe,
)
