"""How one payload would be read: which dialect, why that one, and what would come of it; nothing is kept of it.

A device that the register lacks is *quarantined*: its frame is refused, and beside the refusal stands what would be
read if the device were registered. As what, nobody knows: each domain is tried, and the one that reads most is taken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from ingest.devices import Register
from ingest.dialects import _gzip
from ingest.errors import Reason, RefusedError
from ingest.model import Device, Frame, Observation, Refusal
from ingest.quality import flagged
from ingest.topics import Dialects, opened

# what a device may be: domain and kind
_KINDS = (
    ("waste", "waste_bin"),
    ("weather", "weather_station"),
    ("weather", "water_level_gauge"),
    ("traffic", "traffic_detector"),
    ("lighting", "street_light"),
)
_MOST_UNKNOWN = 200  # devices of one payload that are made believe
_EUI_DIGITS = 16
_CADENCE_S = 600
_OWN_TOPIC = "wangge/{site}/up"


class Quarantined(msgspec.Struct, frozen=True):
    """A device that the register lacks, and the domain that it was read as being of; None if nothing was read."""

    device_id: str
    read_as: str | None


class _Make(msgspec.Struct, frozen=True):
    """What a device that the register lacks is taken for; the model is empty where the message is to say."""

    domain: str
    kind: str
    model: str


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What a payload would give. Observations of a refused frame are what a registered device would have given."""

    dialect: str | None
    why: str
    observations: tuple[Observation, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    quarantined: tuple[Quarantined, ...] = ()


def attempt(frame: Frame, dialects: Dialects, register: Register, *, model: str = "") -> Trial:
    """Return how a frame would be read; one without topic is known by its payload, or taken for Wangge's own JSON.

    `model` is that of devices which the register lacks, where the message does not name it.
    """
    frame, name, why = _chosen(frame, dialects, register)
    outcome = dialects.decode(frame, register)
    if not isinstance(outcome, Refusal):
        return Trial(dialect=name, why=why, observations=tuple(flagged(outcome, frame.received_at_ms)))
    if outcome.reason != Reason.UNKNOWN_DEVICE or not outcome.device:
        return Trial(dialect=name, why=why, refusals=(outcome,))
    makes = [_Make(domain, kind, model) for domain, kind in _KINDS]
    unknown = [outcome]
    tried = [(make.domain, *_as_if(make, unknown, frame, dialects, register)) for make in makes]
    _, read, devices = max(tried, key=lambda one: _weight(one[0], one[1]))
    would_be = () if isinstance(read, Refusal) else tuple(flagged(_placeless(read), frame.received_at_ms))
    return Trial(
        dialect=name,
        why=why,
        observations=would_be,
        refusals=(outcome, read) if isinstance(read, Refusal) else (outcome,),
        quarantined=tuple(Quarantined(device.id, _domain(device, would_be)) for device in devices),
    )


def _chosen(frame: Frame, dialects: Dialects, register: Register) -> tuple[Frame, str | None, str]:
    """Return the frame with the topic that it is read on, its dialect, and why it is that one."""
    try:
        bare = opened(frame)
    except RefusedError:
        return frame, None, "the payload begins as gzip, but cannot be opened"
    said = "opened from gzip; " if frame.payload.startswith(_gzip.MAGIC) else ""
    if not frame.topic and dialects.choose(bare) is None and b'"device_id"' in bare.payload:
        frame, bare = replace(frame, topic=_OWN_TOPIC), replace(bare, topic=_OWN_TOPIC)
        said += "no topic given, and a device_id in the payload: read as "
    owner, reader = dialects.of_topic(frame.topic), dialects.choose(bare, register)
    if reader is None:
        where = f"no dialect knows the topic {frame.topic!r}" if frame.topic else "no topic given"
        return frame, None, f"{said}{where}, and the payload has no marks of one"
    if owner is None:
        where = f"no dialect owns the topic {frame.topic!r}" if frame.topic else "no topic given"
        known = "the register has a device for it" if getattr(reader, "of_register", False) else ""
        return frame, reader.name, f"{said}{where}; {known or f'the payload has the marks of {reader.name}'}"
    why = f"{said}topic {frame.topic!r} belongs to {owner.name}"
    if reader is not owner:
        why += f", which leaves such a payload to {reader.name}"
    return frame, reader.name, why


def _as_if(
    make: _Make, unknown: list[Refusal], frame: Frame, dialects: Dialects, register: Register
) -> tuple[tuple[Observation, ...] | Refusal, list[Device]]:
    """Return what would be read if every device that the register lacks were in it, as of this make.

    `unknown` are refusals that name such devices, at least one; more that are found are put there, so that the next
    make need not find them again.
    """
    while True:
        devices = {one.device: _believed(one, make) for one in unknown}
        known = register.devices | {device.id: device for device in devices.values()}
        outcome = dialects.decode(frame, Register(known, register.dictionary, register.profiles))
        more = (
            isinstance(outcome, Refusal) and outcome.reason == Reason.UNKNOWN_DEVICE and outcome.device not in devices
        )
        if not isinstance(outcome, Refusal) or not more or not outcome.device or len(devices) == _MOST_UNKNOWN:
            return outcome, list(devices.values())
        unknown.append(outcome)


def _believed(refusal: Refusal, make: _Make) -> Device:
    name, model = refusal.device, make.model or refusal.model
    is_eui = len(name) == _EUI_DIGITS and all(digit in "0123456789abcdefABCDEF" for digit in name)
    return Device(
        id=name,
        domain=make.domain,
        kind=make.kind,
        cell="",
        lat=0.0,
        lon=0.0,
        cadence_s=_CADENCE_S,
        eui=name.upper() if is_eui else None,
        attributes={"model": model} if model else {},
    )


def _weight(domain: str, outcome: tuple[Observation, ...] | Refusal) -> tuple[int, int]:
    """Weigh what was read: what belongs to the domain counts before the rest."""
    if isinstance(outcome, Refusal):
        return (-1, 0)
    return sum(one.observed_property.startswith(f"{domain}.") for one in outcome), len(outcome)


def _placeless(observations: Iterable[Observation]) -> tuple[Observation, ...]:
    """Leave out how far a device is from its registered place: one that is not registered has none."""
    return tuple(one for one in observations if one.observed_property != "device.position_offset")


def _domain(device: Device, observations: Iterable[Observation]) -> str | None:
    """Return the domain of most of what was read of a device; the one that was tried if that is only its health."""
    read = [one.observed_property.partition(".")[0] for one in observations if one.device_id == device.id]
    domains = Counter(domain for domain in read if domain != "device")
    return domains.most_common(1)[0][0] if domains else device.domain if read else None
