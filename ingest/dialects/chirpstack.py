"""ChirpStack v4 (LoRaWAN): events as JSON, on `application/{application}/device/{DevEUI}/event/{event}`.

    up        {"deduplicationId": "3ac7…", "time": "2026-07-01T08:00:00.023456789+00:00",
               "deviceInfo": {"deviceProfileName": "acme-bin", "deviceName": "wb-0001", "devEui": "70b3d57ed0000001",
                              "tags": {"model": "acme-bin", "firmware": "1.2"}},
               "devAddr": "00bc0000", "fCnt": 417, "fPort": 2, "data": "AQ==", "object": {"fillLevel": 81},
               "rxInfo": [{"gatewayId": "0016c001f153a14c", "rssi": -80, "snr": 7.5}], "txInfo": {…}}
    status    {"time": …, "deviceInfo": {…}, "margin": 10, "batteryLevel": 88.3}
    location  {"time": …, "deviceInfo": {…}, "location": {"latitude": 22.83, "longitude": 108.3, "altitude": 80}}

The device is found by its DevEUI, in the message or in the topic, else by `deviceName`, else by its topic filter. The
time is the event's, else that of a reception (`nsTime`, `gwTime`). Fields with the value 0, "" or false are left out on
the wire: a status without `margin` has a margin of 0 dB; one without `batteryLevel` does not know it, because no device
says a level of 0. `_uplink.py` makes the observations of an uplink. A join, an acknowledgement, a log entry or an
integration's own event can be read, but measures nothing. On other topics the fields that only one event has tell which
it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from ingest.dialects._base import Dialect
from ingest.dialects._uplink import (
    Place,
    Reception,
    Uplink,
    find,
    known,
    named,
    observations,
    position_offset,
    read,
    sender,
)
from ingest.errors import Reason, RefusedError, shown, unacceptable, unreadable
from ingest.model import Device, Frame, Lookup, Observation, Refusal
from ingest.normalise import known_series, time_ms

_TOPIC = re.compile(r"(?:.*/)?application/[^/]+/device/([^/]+)/event/([^/]+)")


class _Info(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    device_profile_name: str = ""
    device_name: str = ""
    dev_eui: str = ""
    tags: dict[str, str] = {}


class _Reception(Reception, frozen=True, gc=False, rename="camel"):
    gateway_id: str = ""
    ns_time: str | None = None
    gw_time: str | None = None


class _Modulation(msgspec.Struct, frozen=True, gc=False):
    fsk: dict[str, Any] | None = None


class _Transmission(msgspec.Struct, frozen=True, gc=False):
    modulation: _Modulation = _Modulation()


class _Event(msgspec.Struct, frozen=True, rename="camel"):
    device_info: _Info
    time: str | None = None
    deduplication_id: str = ""
    dev_addr: str = ""
    # up
    f_cnt: int = 0
    f_port: int | None = None
    data: bytes | None = None
    object: dict[str, Any] | None = None
    rx_info: list[_Reception] | None = None
    tx_info: _Transmission = _Transmission()
    # status
    margin: float | None = None
    external_power_source: bool = False
    battery_level_unavailable: bool = False
    battery_level: float | None = None
    # location
    location: Place | None = None
    # ack, txack
    queue_item_id: str = ""
    acknowledged: bool = False
    gateway_id: str = ""
    # log
    level: str = "INFO"
    code: str | None = None
    description: str = ""
    # integration
    integration_name: str = ""
    event_type: str = ""


_DECODER = msgspec.json.Decoder(_Event)


class ChirpStack:
    """Decodes the events of ChirpStack v4."""

    name = "chirpstack"

    def matches(self, topic: str, payload: bytes) -> bool:
        """Say whether the topic is an event topic of ChirpStack, or the payload names a device as it does."""
        return _TOPIC.fullmatch(topic) is not None or (b'"deviceInfo"' in payload and b'"devEui"' in payload)

    def decode(self, frame: Frame, lookup: Lookup) -> tuple[Observation, ...] | Refusal:
        """Return the observations of an event, or why there are none."""
        event = None
        eui, kind = _topic(frame.topic)
        try:
            event = read(frame.payload, _DECODER, "an event of ChirpStack v4")
            return _observations(event, kind or _kind(event), eui, frame, lookup)
        except RefusedError as exc:
            return exc.refusal if event is None else named(exc.refusal, *_sender(event, eui, frame.topic, lookup))


def _observations(event: _Event, kind: str, eui: str, frame: Frame, lookup: Lookup) -> tuple[Observation, ...]:
    if kind not in {"up", "status", "location"}:
        raise _unmeasured(event, kind)
    name = event.device_info.device_name
    eui = event.device_info.dev_eui or eui
    device = known(find(lookup, eui, name, frame.topic), eui, name)
    at_ms = _time(event)
    if kind == "up":
        return observations(_uplink(event, device, at_ms), frame, lookup)
    stated = _status(event) if kind == "status" else _location(event, device)
    return tuple(
        Observation(known_series(lookup, device.id, name), value, at_ms, frame.received_at_ms) for name, value in stated
    )


def _uplink(event: _Event, device: Device, at_ms: int) -> Uplink:
    heard = event.rx_info or []
    return Uplink(
        device=device,
        time_ms=at_ms,
        decoded=event.object,
        raw=event.data or b"",
        port=event.f_port or 0,
        counter=event.f_cnt,
        address=event.dev_addr or event.deduplication_id,
        receptions=heard,
        gateways=len({one.gateway_id for one in heard}) if len(heard) > 1 else len(heard),
        fsk=event.tx_info.modulation.fsk is not None,
    )


def _time(event: _Event) -> int:
    """Return when the server, or else the gateway, received an event."""
    heard = event.rx_info or []
    times = (event.time, *(one.ns_time for one in heard), *(one.gw_time for one in heard))
    time = next((time for time in times if time), None)
    if time is None:
        raise unreadable(Reason.TIME, "time is missing")
    return time_ms(time, "time")


def _status(event: _Event) -> Iterator[tuple[str, float]]:
    if event.external_power_source:
        yield "device.external_power", 1.0
    elif event.battery_level is not None and not event.battery_level_unavailable:
        yield "device.battery_level", event.battery_level
        yield "device.external_power", 0.0
    yield "device.link_margin", event.margin or 0.0


def _location(event: _Event, device: Device) -> Iterator[tuple[str, float]]:
    yield "device.position_offset", position_offset(device, event.location or Place(), "location")


def _unmeasured(event: _Event, kind: str) -> RefusedError:
    """Return the error for an event that is known to measure nothing, or is not known."""
    code = event.code or "UNKNOWN"
    said = {
        "join": "the device joined the network",
        "ack": f"the device {'acknowledged' if event.acknowledged else 'did not acknowledge'} a downlink",
        "txack": f"gateway {shown(event.gateway_id)} took a downlink to send",
        "log": f"an entry of level {shown(event.level)}, code {shown(code)}: {shown(event.description)}",
        "integration": f"the integration {shown(event.integration_name)} said {shown(event.event_type)}",
    }.get(kind)
    if said is None:
        return unreadable(Reason.SHAPE, f"event {shown(kind)} is not one of ChirpStack v4")
    return unacceptable(Reason.NOT_MEASURED, f"{kind}: {said}, nothing was measured")


def _topic(topic: str) -> tuple[str, str]:
    """Return the DevEUI and the event that a topic names."""
    match = _TOPIC.fullmatch(topic)
    return (match[1], match[2]) if match else ("", "")


def _kind(event: _Event) -> str:
    """Return which event it is by what only that event has."""
    marks = (
        (event.location is not None, "location"),
        (event.integration_name, "integration"),
        (event.code is not None or event.description, "log"),
        (event.queue_item_id, "txack" if event.gateway_id else "ack"),
        (event.data is not None or event.object is not None or event.rx_info or event.f_port, "up"),
        (event.dev_addr, "join"),
    )
    return next((kind for mark, kind in marks if mark), "status")


def _sender(event: _Event, eui: str, topic: str, lookup: Lookup) -> tuple[str, str]:
    """Return which device a refused event is about, and which model that is."""
    info = event.device_info
    eui = info.dev_eui or eui
    device = find(lookup, eui, info.device_name, topic)
    model = info.tags.get("model") or info.device_profile_name
    return sender(device, eui.upper() or info.device_name, model, info.tags.get("firmware", ""))


DIALECT: Dialect = ChirpStack()
