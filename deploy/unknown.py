"""Devices that the register lacks: what they sent, how it would be read, and what kind of device that makes them.

A guess is a guess: the domain is the one whose devices would give most measurements (`deploy.trial`), the kind follows
from what is measured, the cadence from how often frames came. Whoever adopts the device says otherwise where it is not
so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from alerts.store import deadletters
from alerts.store.deadletters import DeadLetter, Sender
from alerts.unknown import Unknown, Value
from deploy.trial import attempt
from ingest.devices import Register
from ingest.errors import Reason
from ingest.model import Frame, Observation
from ingest.topics import Dialects

_LATEST = 5  # letters of a device that are read
_EUI = re.compile(r"[0-9A-Fa-f]{16}")
_SHORTEST_S, _LONGEST_S = 10, 86_400
_KINDS = {"traffic": "traffic_detector", "waste": "waste_bin"}
_WATER = {"weather.water_level", "weather.water_distance", "weather.water_present"}
_CABINET = re.compile(r"lighting\.(door_open|\w+_[rst])")
_CIRCUIT = {"lighting.leakage_current", "lighting.energy"}


def listed(connection: Connection, register: Register, dialects: Dialects, *, limit: int = 1000) -> list[Unknown]:
    """Return the devices whose frames wait because the register lacks them, the last heard first."""
    senders = deadletters.by_device(connection, Reason.UNKNOWN_DEVICE, limit=limit)
    return [_told(connection, sender, register, dialects) for sender in senders]


def find(connection: Connection, register: Register, dialects: Dialects, device: str) -> Unknown | None:
    """Return what is known of one such device, None where no frame of it waits."""
    senders = deadletters.by_device(connection, Reason.UNKNOWN_DEVICE)
    sender = next((one for one in senders if one.device == device), None)
    return _told(connection, sender, register, dialects) if sender else None


def letters_of(connection: Connection, device: str) -> list[str]:
    """Return the ids of the letters that wait for a device to be registered, the first received first."""
    return deadletters.of_devices(connection, Reason.UNKNOWN_DEVICE, [device])


def eui_of(device: str) -> str | None:
    """Return the DevEUI that a name holds ("bin-17 70B3D57ED0000001", or an EUI alone), or None."""
    found = [word.upper() for word in device.split() if _EUI.fullmatch(word)]
    return found[0] if len(found) == 1 else None


def kind_of(domain: str, properties: Iterable[str]) -> str:
    """Return the kind of device that observes these properties."""
    seen = set(properties)
    if domain == "weather":
        return "water_level_gauge" if seen & _WATER and "weather.humidity" not in seen else "weather_station"
    if domain == "lighting":
        if any(_CABINET.fullmatch(name) for name in seen):
            return "lighting_cabinet"
        return "lighting_circuit" if seen & _CIRCUIT and "lighting.dimming_level" not in seen else "street_light"
    return _KINDS[domain]


def _told(connection: Connection, sender: Sender, register: Register, dialects: Dialects) -> Unknown:
    ids = letters_of(connection, sender.device)[-_LATEST:]
    letters = [letter for letter in (deadletters.get(connection, identity) for identity in ids) if letter is not None]
    nobody = Register({}, register.dictionary, register.profiles)  # quick to add the device to
    observations, domain, problem = _read(letters, nobody, dialects, sender.device)
    values = {
        one.observed_property: Value(one.observed_property, one.value, one.series.property.unit) for one in observations
    }
    return Unknown(
        device=sender.device,
        dialect=sender.dialect,
        model=sender.model,
        eui=eui_of(sender.device),
        frames=sender.times,
        first_received_at_ms=sender.first_received_at_ms,
        last_received_at_ms=sender.last_received_at_ms,
        topic=letters[-1].topic if letters else "",
        would_read=tuple(values.values()),
        problem=problem,
        domain=domain,
        kind=kind_of(domain, values) if domain else None,
        cadence_s=_cadence_s(sender),
    )


def _read(
    letters: Sequence[DeadLetter], register: Register, dialects: Dialects, device: str
) -> tuple[list[Observation], str | None, str | None]:
    """Return what the letters would give, the domain that most of it is of, and the latest thing in the way."""
    found: list[Observation] = []
    domains: list[str] = []
    problem = None
    for letter in letters:
        frame = Frame(letter.topic, letter.payload, letter.last_received_at_ms, letter.source)
        trial = attempt(frame, dialects, register)
        own = [one for one in trial.observations if one.device_id == device]
        found += own
        if any(not one.observed_property.startswith("device.") for one in own):
            domains += [one.read_as for one in trial.quarantined if one.device_id == device and one.read_as]
        others = [one.detail for one in trial.refusals if one.reason != Reason.UNKNOWN_DEVICE]
        problem = others[-1] if others else problem
    return found, max(domains, key=domains.count) if domains else None, problem


def _cadence_s(sender: Sender) -> int | None:
    """Return how often the device spoke; None where it spoke once."""
    if sender.times < 2:  # noqa: PLR2004 - two frames make an interval
        return None
    span_s = (sender.last_received_at_ms - sender.first_received_at_ms) / 1000
    return max(_SHORTEST_S, min(_LONGEST_S, round(span_s / (sender.times - 1))))
