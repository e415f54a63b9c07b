"""Applies a profile to one message: from a decoded object, or from the raw bytes, to observations.

A network server that knows the device's codec hands over a decoded object; where it has none, or one with none of the
profile's fields, the bytes are read by the profile's own layout. Both ways lead through the same readers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import msgspec

from ingest.errors import Reason, RefusedError, unacceptable
from ingest.model import Device, Frame, Lookup, Observation, Series
from ingest.normalise import known_device, number, position
from ingest.profiles import layouts
from ingest.profiles.geometry import above_floor
from ingest.profiles.model import Path, Period, Profile, Reader, Validity
from ingest.profiles.paths import getter
from ingest.profiles.values import among, amount, parts

_Get = Callable[[Path], object]


def observe(  # noqa: PLR0913, PLR0917 - what a network server says of one message, and where to look things up
    profile: Profile,
    decoded: Mapping[str, object] | None,
    raw: bytes,
    port: int | None,
    device: Device,
    time_ms: int,
    frame: Frame,
    lookup: Lookup,
) -> list[Observation]:
    """Return the observations of a message in the order of the profile's fields; the first of each property counts.

    The list is empty where the message is understood but measures nothing (a start-up report, a reading that the
    device itself calls invalid). Raises `RefusedError` with the device and its model.
    """
    try:
        if profile.unusable is not None:
            raise unacceptable(Reason.NOT_MEASURED, f"profile {profile.id}: {profile.unusable}")
        series = lookup.series_of(device.id)
        if series is None:
            known_device(None, device.id)
            return []
        sources = _sources(profile, profile.readers_for(device.kind), decoded, (raw, port), time_ms)
        received_at_ms = frame.received_at_ms
        return [one for at_ms, get in sources for one in _read(profile, get, series, device, (at_ms, received_at_ms))]
    except RefusedError as exc:
        model = device.attributes.get("model", profile.id)
        raise RefusedError(msgspec.structs.replace(exc.refusal, device=device.id, model=model)) from exc


def _sources(
    profile: Profile,
    readers: tuple[Reader, ...],
    decoded: Mapping[str, object] | None,
    sent: tuple[bytes, int | None],
    time_ms: int,
) -> list[tuple[int, _Get]]:
    """Return where values come from, with the time that they hold for: the decoded object, else the bytes.

    The bytes are read where there is no object, or one that has nothing that the profile reads.
    """
    raw, port = sent
    if decoded is not None:
        get = getter(decoded)
        if not profile.layouts or not raw or any(get(reader.path) is not None for reader in readers):
            return [(time_ms, get)]
    if not raw:
        return []
    try:
        return [(at_ms, _by_name(values)) for at_ms, values in layouts.read(profile, raw, port, time_ms)]
    except RefusedError:
        if decoded is not None:  # the network server understood the message, and nothing in it is measured
            return []
        raise


def _by_name(values: Mapping[str, float]) -> _Get:
    def get(path: Path) -> object:
        return values.get(path.text)

    return get


def _read(
    profile: Profile,
    get: _Get,
    series: Mapping[str, Series],
    device: Device,
    times_ms: tuple[int, int],
) -> list[Observation]:
    void = _void(profile.validity, get) if profile.validity else ()
    time_ms, received_at_ms = times_ms
    results: dict[str, float] = {}
    for reader in profile.readers_for(device.kind):
        value = get(reader.path)
        if value is None or reader.property in results or (void and _falls(reader, void)):
            continue
        if reader.plain and isinstance(value, float):
            result: float | None = value * reader.factor + reader.offset
            if not math.isfinite(result or 0.0):
                result = amount(value, reader)  # refuses it, with words
        else:
            result = amount(value, reader)
            if result is not None and reader.surface is not None:
                result = above_floor(result, reader.surface, device.attributes)
            if result is not None and reader.period is not None:
                result = number(result / _seconds(reader.period, get, reader.path), reader.path.text)
        if result is not None:
            results[reader.property] = result
    if profile.position is not None and not any(one.void is None for one in void):
        results.update(_offset(profile.position, get, device))
    try:
        return [Observation(series[name], result, time_ms, received_at_ms) for name, result in results.items()]
    except KeyError as exc:
        raise unacceptable(Reason.UNKNOWN_PROPERTY, f"property {exc} is not in the dictionary") from exc


def _offset(position_: tuple[Reader, Reader], get: _Get, device: Device) -> dict[str, float]:
    """Return how far a stated place is from the registered one, nothing where none is stated (0, 0 is no fix)."""
    lat, lon = (amount(get(reader.path), reader) for reader in position_)
    if lat is None or lon is None or lat == lon == 0.0:
        return {}
    return {position_[0].property: position(device, lat, lon)}


def _void(validity: tuple[Validity, ...], get: _Get) -> tuple[Validity, ...]:
    """Return the validity fields that say no."""
    failed = []
    for one in validity:
        value, _ = parts(get(one.path))
        if value is None:
            continue
        if among(value, one.barred) or (one.allowed is not None and not among(value, one.allowed)):
            failed.append(one)
    return tuple(failed)


def _falls(reader: Reader, void: tuple[Validity, ...]) -> bool:
    return any(not reader.always if one.void is None else reader.path.text in one.void for one in void)


def _seconds(period: Period, get: _Get, path: Path) -> float:
    if period.seconds is not None:
        return period.seconds
    value, _ = parts(get(period.path)) if period.path is not None else (None, None)
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        name = period.path.text if period.path is not None else "the period"
        raise unacceptable(Reason.INTERVAL, f"{path.text} is a count in a period, and {name} does not say which")
    return value * period.factor
