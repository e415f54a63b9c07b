"""The Things Stack v3 (LoRaWAN): uplinks and solved locations, on `v3/{application}@{tenant}/devices/{device}/…`.

    {"end_device_ids": {"device_id": "wb-0001", "dev_eui": "70B3D57ED0000001", "dev_addr": "00BC0000"},
     "received_at": "2026-07-01T08:00:00.123456789Z",
     "uplink_message": {"received_at": "2026-07-01T08:00:00.023456789Z", "f_port": 2, "f_cnt": 417,
        "frm_payload": "AQ==", "decoded_payload": {"fillLevel": 81}, "normalized_payload": [{"air": {…}}],
        "rx_metadata": [{"gateway_ids": {"gateway_id": "gw-1"}, "rssi": -80, "snr": 7.5}],
        "locations": {"frm-payload": {"latitude": 22.83, "longitude": 108.3, "source": "SOURCE_GPS"}},
        "last_battery_percentage": {"value": 95.2, "received_at": "2026-06-30T08:00:00Z"},
        "version_ids": {"brand_id": "acme", "model_id": "bin", "firmware_version": "1.2"}}}

    {"end_device_ids": {…}, "received_at": …, "location_solved": {"location": {"latitude": 22.83, …}}}

The device is found by its DevEUI, else by its id in the message or in the topic, else by its topic filter. The time is
when the network server received the uplink. Empty fields (0, "", false) are left out on the wire. `_uplink.py` makes
the observations; an `uplink_normalized` is read as an `uplink_message` is, and a message from the server's storage as
what is in it (`{"result": {…}}`). A location that the network's own register
gives (`SOURCE_REGISTRY`) says nothing about where the device is. A simulated uplink and the messages of `_OTHERS` (a
join, a downlink and what became of it) can be read, but measure nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from ingest.dialects._base import Dialect, read_json
from ingest.dialects._uplink import (
    Battery,
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
from ingest.errors import Reason, RefusedError, unacceptable, unreadable
from ingest.model import Device, Frame, Lookup, Observation, Refusal
from ingest.normalise import known_series, time_ms

_VALID_IDS = 4  # v3, application@tenant, "devices", device
_REGISTRY = "SOURCE_REGISTRY"
_OTHERS = {
    "join_accept": "the device joined the network",
    "downlink_queued": "a downlink was queued",
    "downlink_sent": "a downlink was sent",
    "downlink_ack": "the device acknowledged a downlink",
    "downlink_nack": "the device did not acknowledge a downlink",
    "downlink_failed": "a downlink failed",
    "downlink_queue_invalidated": "the queue of downlinks was made void",
    "downlinks": "a downlink was ordered",
    "service_data": "a service of the network server said something of its own",
}


class _Ids(msgspec.Struct, frozen=True, gc=False):
    device_id: str = ""
    dev_eui: str = ""
    dev_addr: str = ""


class _GatewayIds(msgspec.Struct, frozen=True, gc=False):
    gateway_id: str = ""


class _Broker(msgspec.Struct, frozen=True, gc=False):
    forwarder_net_id: str = ""
    forwarder_gateway_eui: str = ""
    forwarder_gateway_id: Any = ""


class _Reception(Reception, frozen=True, gc=False):
    gateway_ids: _GatewayIds = _GatewayIds()
    packet_broker: _Broker | None = None


class _DataRate(msgspec.Struct, frozen=True, gc=False):
    fsk: dict[str, Any] | None = None


class _Settings(msgspec.Struct, frozen=True, gc=False):
    data_rate: _DataRate = _DataRate()
    time: str | None = None


class _Battery(msgspec.Struct, frozen=True, gc=False):
    value: float = 0.0
    received_at: str | None = None


class _Location(Place, frozen=True, gc=False):
    source: str = ""


class _Solved(msgspec.Struct, frozen=True, gc=False):
    location: _Location = _Location()


class _Version(msgspec.Struct, frozen=True, gc=False):
    brand_id: str = ""
    model_id: str = ""
    firmware_version: str = ""


class _Uplink(msgspec.Struct, frozen=True):
    f_port: int = 0
    f_cnt: int = 0
    frm_payload: bytes = b""
    decoded_payload: dict[str, Any] | None = None
    normalized_payload: list[dict[str, Any]] | dict[str, Any] | None = None
    rx_metadata: list[_Reception] = []
    settings: _Settings = _Settings()
    received_at: str | None = None
    locations: dict[str, _Location] = {}
    last_battery_percentage: _Battery | None = None
    version_ids: _Version = _Version()


class _Up(msgspec.Struct, frozen=True):
    end_device_ids: _Ids = _Ids()
    received_at: str | None = None
    uplink_message: _Uplink | None = None
    uplink_normalized: _Uplink | None = None
    location_solved: _Solved | None = None
    simulated: bool = False
    result: _Up | None = None


_DECODER = msgspec.json.Decoder(_Up)


class TheThingsStack:
    """Decodes what The Things Stack v3 says of devices."""

    name = "the_things_stack"

    def matches(self, topic: str, payload: bytes) -> bool:
        """Say whether the topic is of The Things Stack, or the payload names a device as it does."""
        levels = topic.split("/")
        if len(levels) > _VALID_IDS and levels[0] == "v3" and levels[2] == "devices":
            return True
        return b'"end_device_ids"' in payload

    def decode(self, frame: Frame, lookup: Lookup) -> tuple[Observation, ...] | Refusal:
        """Return the observations of an uplink or a location, or why there are none."""
        message = None
        try:
            message = read(frame.payload, _DECODER, "one of The Things Stack")
            message = message.result or message
            return _observations(message, frame, lookup)
        except RefusedError as exc:
            return exc.refusal if message is None else named(exc.refusal, *_sender(message, frame.topic, lookup))


def _observations(message: _Up, frame: Frame, lookup: Lookup) -> tuple[Observation, ...]:
    uplink = message.uplink_message or message.uplink_normalized
    if uplink is None and message.location_solved is None:
        raise _other(frame.payload)
    if message.simulated:
        raise unacceptable(Reason.NOT_MEASURED, "the uplink was simulated in the console of the network server")
    ids = message.end_device_ids
    device_id = _device_id(ids, frame.topic)
    device = known(find(lookup, ids.dev_eui, device_id, frame.topic), ids.dev_eui, device_id)
    if uplink is None:
        return (_solved(message, device, frame, lookup),)
    received_at = uplink.received_at or message.received_at or uplink.settings.time
    return observations(_uplink(uplink, device, ids.dev_addr, _time(received_at)), frame, lookup)


def _uplink(message: _Uplink, device: Device, address: str, at_ms: int) -> Uplink:
    battery, heard = message.last_battery_percentage, message.rx_metadata
    return Uplink(
        device=device,
        time_ms=at_ms,
        decoded=message.decoded_payload,
        raw=message.frm_payload,
        port=message.f_port,
        counter=message.f_cnt,
        address=address,
        receptions=heard,
        gateways=len({_gateway(one) for one in heard}) if len(heard) > 1 else len(heard),
        fsk=message.settings.data_rate.fsk is not None,
        normalized=_normalized(message),
        battery=None if battery is None else _battery(battery),
        place=next(_places(message), None),
    )


def _places(message: _Uplink) -> Iterator[Place]:
    """Yield where the device is said to be: solved by the network, else stated in a normalized payload."""
    yield from (one for one in message.locations.values() if one.source != _REGISTRY)
    for one in _normalized(message):
        if isinstance(said := one.get("position"), dict):
            yield Place(said.get("latitude"), said.get("longitude"))


def _normalized(message: _Uplink) -> Sequence[dict[str, Any]]:
    """Return the normalized payloads: an `uplink_normalized` has one that stands alone."""
    said = message.normalized_payload or ()
    return (said,) if isinstance(said, dict) else said


def _gateway(heard: _Reception) -> tuple[str, ...]:
    """Return what names a gateway: those of other networks all bear the name of the broker that they came over."""
    broker = heard.packet_broker
    if broker is None:
        return (heard.gateway_ids.gateway_id,)
    return broker.forwarder_net_id, broker.forwarder_gateway_eui or str(broker.forwarder_gateway_id)


def _battery(battery: _Battery) -> Battery | None:
    if battery.received_at is None:
        return None
    return Battery(battery.value, time_ms(battery.received_at, "last_battery_percentage.received_at"))


def _solved(message: _Up, device: Device, frame: Frame, lookup: Lookup) -> Observation:
    """Return how far the place that the network worked out is from where the register has the device."""
    place = message.location_solved.location if message.location_solved else _Location()
    offset = position_offset(device, place, "location_solved.location")
    series = known_series(lookup, device.id, "device.position_offset")
    return Observation(series, offset, _time(message.received_at), frame.received_at_ms)


def _time(received_at: str | None) -> int:
    if received_at is None:
        raise unreadable(Reason.TIME, "received_at is missing")
    return time_ms(received_at, "received_at")


def _other(payload: bytes) -> RefusedError:
    """Return the error for a message that is no uplink and no location: it measures nothing, or is not known."""
    content = read_json(payload)
    for kind, what in _OTHERS.items():
        if kind in content:
            return unacceptable(Reason.NOT_MEASURED, f"{kind}: {what}, nothing was measured")
    return unreadable(Reason.SHAPE, "the message is not one of The Things Stack: no uplink_message or other kind")


def _device_id(ids: _Ids, topic: str) -> str:
    levels = topic.split("/")
    return ids.device_id or (levels[3] if len(levels) > _VALID_IDS else "")


def _sender(message: _Up, topic: str, lookup: Lookup) -> tuple[str, str]:
    """Return which device a refused message is about, and which model that is, as far as it can be said."""
    ids = message.end_device_ids
    device_id = _device_id(ids, topic)
    device = find(lookup, ids.dev_eui, device_id, topic)
    uplink = message.uplink_message or message.uplink_normalized
    version = uplink.version_ids if uplink else _Version()
    model = "-".join(part for part in (version.brand_id, version.model_id) if part)
    return sender(device, ids.dev_eui.upper() or device_id, model, version.firmware_version)


DIALECT: Dialect = TheThingsStack()
