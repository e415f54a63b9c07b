"""A LoRaWAN uplink as any network server hands it over, and the observations that are in it.

The dialects of the servers read their own JSON into an `Uplink`; from there on the server makes no difference:

    decoded payload ─┬─ profile of the device's model, where the register names one (attribute `model`)
    raw bytes ───────┘─ else the field names of `_fields.py`; a normalized payload counts before them
    receptions ─────── device.rssi and device.snr of the gateway that heard it best, device.gateways
    battery ────────── device.battery_level          place ──── device.position_offset

Servers leave fields out that are 0: a reception with one of `rssi` and `snr` has 0 for the other, and one with neither
says nothing. The time is when the server received the uplink; `ingest.repeats` says why that does for repeats, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from ingest import repeats
from ingest.dialects import _decoded
from ingest.dialects._base import MAX_PAYLOAD_BYTES, read_json
from ingest.dialects._fields import observe
from ingest.errors import Reason, shown, unacceptable, unreadable
from ingest.model import Device, Frame, Lookup, Observation, Refusal
from ingest.normalise import position, something
from ingest.profiles import reading

_Message = TypeVar("_Message")
_NAME_CHARACTERS = 100


class Reception(msgspec.Struct, frozen=True, gc=False):
    """How well one gateway heard an uplink: `rssi` in dBm, `snr` in dB."""

    rssi: float | None = None
    snr: float | None = None


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where a network server, or the device itself, says that the device is (WGS 84 degrees)."""

    latitude: float | None = None
    longitude: float | None = None


class Battery(msgspec.Struct, frozen=True, gc=False):
    """The battery's charge in percent, and when the device said so."""

    percent: float
    time_ms: int


class Uplink(msgspec.Struct, frozen=True, kw_only=True):
    """One uplink of a device that the register knows.

    `counter` is FCntUp, of 16 or 32 bits, and `address` the DevAddr (any case; empty where the server does not tell);
    `normalized` are normalized payloads. `fsk`: it was not sent in LoRa, so that there is no signal-to-noise ratio.
    """

    device: Device
    time_ms: int
    decoded: dict[str, Any] | None = None
    raw: bytes = b""
    port: int = 0
    counter: int = 0
    address: str = ""
    receptions: Sequence[Reception] = ()
    gateways: int = 0
    fsk: bool = False
    normalized: Sequence[dict[str, Any]] = ()
    battery: Battery | None = None
    place: Place | None = None


def read(payload: bytes, decoder: msgspec.json.Decoder[_Message], what: str) -> _Message:
    """Return a payload as the decoder's type, read in one go; what that refuses is read again to find the reason."""
    if len(payload) <= MAX_PAYLOAD_BYTES:
        try:
            return decoder.decode(payload)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
    content = read_json(payload)
    try:
        return msgspec.convert(content, decoder.type)
    except msgspec.ValidationError as exc:
        raise unreadable(Reason.SHAPE, f"the message is not {what}: {exc}") from exc


def find(lookup: Lookup, eui: str, device_id: str, topic: str) -> Device | None:
    """Return the device with this DevEUI (any case), else the one with this id, else the one of this topic, or None."""
    return (lookup.by_eui(eui) if eui else None) or lookup.device(device_id) or lookup.by_topic(topic)


def known(device: Device | None, eui: str, device_id: str) -> Device:
    """Return the device that was found, or refuse the message with the names that it gives."""
    if device is None:
        said = f"{device_id} {eui}".strip()
        raise unacceptable(Reason.UNKNOWN_DEVICE, f"device {shown(said)} is not in the register")
    return device


def sender(device: Device | None, said: str, model: str, firmware: str) -> tuple[str, str]:
    """Return which device and which model a message is about: as the register says, else as the message does."""
    name = device.attributes.get("model", model) if device else model
    return device.id if device else said, f"{name}@{firmware}" if name and firmware else name


def named(refusal: Refusal, device: str, model: str) -> Refusal:
    """Return the refusal with the device and the model that the message names."""
    said = model or refusal.model
    return replace(refusal, device=(refusal.device or device)[:_NAME_CHARACTERS], model=said[:_NAME_CHARACTERS])


def observations(uplink: Uplink, frame: Frame, lookup: Lookup) -> tuple[Observation, ...]:
    """Return the observations of an uplink; those of the moment it was received know it again when it is repeated."""
    found = _measured(uplink, frame, lookup)
    given = {(one.series.id, one.phenomenon_time_ms) for one in found}
    found += [one for one in _of_device(uplink, frame, lookup) if (one.series.id, one.phenomenon_time_ms) not in given]
    if uplink.address and (uplink.counter or uplink.raw):
        identity, time = repeats.identity(uplink.address, uplink.counter, uplink.port, uplink.raw), uplink.time_ms
        found = [
            Observation(one.series, one.value, time, one.result_time_ms, one.quality, identity)
            if one.phenomenon_time_ms == time
            else one
            for one in found
        ]
    return something(found, frame, uplink.decoded or ())


def position_offset(device: Device, place: Place, what: str) -> float:
    """Return how many metres a stated place is from where the register has the device; no place at all is refused."""
    if place.latitude is None and place.longitude is None:
        raise unreadable(Reason.SHAPE, f"{what} has no latitude")
    return position(device, place.latitude or 0.0, place.longitude or 0.0)


def _measured(uplink: Uplink, frame: Frame, lookup: Lookup) -> list[Observation]:
    """Return what the sensors say, by the profile of the model or by the names of the fields."""
    device, time = uplink.device, uplink.time_ms
    profile = lookup.profile(device)
    if profile is not None and (uplink.decoded is not None or not uplink.normalized):
        return reading.observe(profile, uplink.decoded, uplink.raw, uplink.port, device, time, frame, lookup)
    found: list[Observation] = []
    for normalized in uplink.normalized:
        stated = _decoded.normalized_fields(normalized, time)
        found += observe(stated, device, frame, lookup, usual_units=False)
    if uplink.decoded:
        normal = {one.series.id for one in found}
        rest = observe(_decoded.fields(uplink.decoded, time), device, frame, lookup, usual_units=True)
        found += [one for one in rest if one.series.id not in normal]
    return found


def _of_device(uplink: Uplink, frame: Frame, lookup: Lookup) -> Iterator[Observation]:
    """Go over what the network server knows of the device by itself."""
    series_of, received = lookup.series_of(uplink.device.id), frame.received_at_ms
    if series_of is None:
        return
    for name, value, at_ms in _stated(uplink):
        try:
            series = series_of[name]
        except KeyError:  # a dictionary without it
            continue
        yield Observation(series, value, at_ms, received)


def _stated(uplink: Uplink) -> Iterator[tuple[str, float, int]]:
    time = uplink.time_ms
    heard = [one for one in uplink.receptions if one.rssi is not None or one.snr is not None]
    if heard:
        best = heard[0] if len(heard) == 1 else max(heard, key=lambda one: one.rssi or 0.0)
        yield "device.rssi", best.rssi or 0.0, time
        if not uplink.fsk:
            yield "device.snr", best.snr or 0.0, time
    if uplink.gateways:
        yield "device.gateways", float(uplink.gateways), time
    if uplink.battery is not None:
        yield "device.battery_level", uplink.battery.percent, uplink.battery.time_ms
    if uplink.place is not None:
        yield "device.position_offset", position_offset(uplink.device, uplink.place, "the place"), time
