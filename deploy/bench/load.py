"""The reference load: QoS 1 messages of about 120 bytes from 500 devices of the site, three quiet values each."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.site import Site
from ingest.model import Device

START_MS = 1_790_000_000_000
DEVICES = 500
VALUES = {
    "traffic_detector": ("traffic.speed", "traffic.flow", "traffic.occupancy"),
    "waste_bin": ("waste.fill_level", "waste.temperature", "waste.tilt"),
    "street_light": ("lighting.power", "lighting.voltage", "lighting.current"),
}
_QUIET = {
    "traffic.speed": 62.0,
    "traffic.flow": 610.0,
    "traffic.occupancy": 11.0,
    "waste.fill_level": 41.0,
    "waste.temperature": 24.0,
    "waste.tilt": 1.0,
    "lighting.power": 98.0,
    "lighting.voltage": 226.0,
    "lighting.current": 0.4,
}


def devices(site: Site) -> list[Device]:
    """Return the devices that send: of each kind in turn, 500 in all."""
    by_kind = [[one for one in site.register.devices.values() if one.kind == kind] for kind in VALUES]
    turns = (kind[index] for index in range(max(map(len, by_kind))) for kind in by_kind if index < len(kind))
    return [device for device, _ in zip(turns, range(DEVICES), strict=False)]


def values(device: Device, index: int) -> dict[str, float]:
    """Return three quiet values of a device, slightly different for each."""
    return {name: round(_QUIET[name] + index % 7 / 10, 1) for name in VALUES[device.kind]}


def messages(site: Site, count: int, round_: int = 0) -> Iterator[tuple[str, bytes]]:
    """Yield `count` (topic, payload); each device sends once a minute of event time, `round_` goes on from the last."""
    senders = devices(site)
    topics = [f"wangge/{site.id}/up/{device.id}" for device in senders]
    bodies = [
        ",".join(f'"{name}":{value}' for name, value in values(device, index).items())
        for index, device in enumerate(senders)
    ]
    start = START_MS + round_ * (count // len(senders) + 1) * 60_000
    for number in range(count):
        index = number % len(senders)
        time_ms = start + number // len(senders) * 60_000 + index
        yield (
            topics[index],
            f'{{"device_id":"{senders[index].id}","time":{time_ms},"values":{{{bodies[index]}}}}}'.encode(),
        )
