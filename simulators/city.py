"""The city's sensors: every device sends at its cadence, each at a second of its own, in order of virtual time.

What hangs on a lighting gateway and speaks Wangge's JSON is sent by the gateway, in one batch. Frames are made when
they are asked for, so an incident that is mended meanwhile is seen mended.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from ingest.model import Device
from ingest.plugins import find
from simulators.devices._base import DeviceKind, Message, dump, wangge, wangge_entry
from simulators.truth import Truth


class Emission(msgspec.Struct, frozen=True, kw_only=True):
    """A frame that is due: what `device_id` publishes at `send_ms`."""

    send_ms: int
    device_id: str
    topic: str
    payload: bytes


class CityError(Exception):
    """The register asks for something that no simulated device can do (the message names the device)."""


class City:
    """All devices of a site, and what they send."""

    def __init__(self, site: str, devices: Iterable[Device], truth: Truth) -> None:
        self._site, self._truth = site, truth
        self._kinds: Mapping[str, DeviceKind] = find("simulators.devices", "DEVICE", key="kind")
        self._devices = {device.id: device for device in devices}
        for device in self._devices.values():
            protocol = device.attributes.get("protocol")
            if device.kind not in self._kinds:
                raise CityError(f"device {device.id}: there is no simulated {device.kind!r}")
            if protocol and protocol not in self._kinds[device.kind].encodings:
                raise CityError(f"device {device.id}: a simulated {device.kind} does not speak {protocol!r}")
        self._riders: dict[str, list[Device]] = {}
        self._senders = [device for device in self._devices.values() if not self._rides(device)]

    def frames(self, start_ms: int, end_ms: int | None = None) -> Iterator[Emission]:
        """Yield what is sent from `start_ms` on, until before `end_ms` (None: for ever), in order of time."""
        due = [(self._first_ms(device, start_ms), device.id) for device in self._senders]
        heapq.heapify(due)
        while due:
            at_ms, device_id = due[0]
            if end_ms is not None and at_ms >= end_ms:
                return
            device = self._devices[device_id]
            heapq.heapreplace(due, (at_ms + device.cadence_s * 1000, device_id))
            yield self._frame(device, at_ms)

    def _rides(self, device: Device) -> bool:
        """Note a device under the lighting gateway that sends for it, if one does."""
        if device.domain != "lighting" or device.attributes.get("protocol"):
            return False
        above = self._devices.get(device.parent or "")
        while above is not None:
            if above.kind == "gateway":
                self._riders.setdefault(above.id, []).append(device)
                return True
            above = self._devices.get(above.parent or "")
        return False

    def _first_ms(self, device: Device, start_ms: int) -> int:
        """Return the first time from `start_ms` on at which the device sends: a fixed phase of its cadence."""
        cadence_ms = device.cadence_s * 1000
        phase_ms = int(self._truth.own(device, "phase") * cadence_ms)
        return start_ms + (phase_ms - start_ms) % cadence_ms

    def _frame(self, device: Device, at_ms: int) -> Emission:
        protocol, riders = device.attributes.get("protocol"), self._riders.get(device.id)
        if riders:
            batch = [wangge_entry(self._message(one, at_ms)) for one in (device, *riders)]
            topic, payload = f"wangge/{self._site}/up/{device.id}", dump(batch)
        else:
            encode = self._kinds[device.kind].encodings[protocol] if protocol else wangge
            topic, content = encode(self._message(device, at_ms))
            payload = dump(content)
        return Emission(send_ms=at_ms, device_id=device.id, topic=topic, payload=payload)

    def _message(self, device: Device, at_ms: int) -> Message:
        values = self._kinds[device.kind].observe(self._truth, device, at_ms)
        return Message(site=self._site, zone=self._truth.zone, device=device, at_ms=at_ms, values=values)
