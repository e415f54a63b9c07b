"""From what a message says to an observation in canonical unit: times, numbers, units, devices.

Every function raises `RefusedError` with a named reason instead of guessing. Times become whole milliseconds since
1970 UTC; a number is a finite `float`, never a truth value or a text.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from itertools import islice

import msgspec

from ingest.datum import Datum, distance_m, to_wgs84
from ingest.errors import Reason, shown, unacceptable, unreadable
from ingest.model import Device, Frame, Lookup, Observation, Series
from ingest.units import conversion

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MILLISECOND = dt.timedelta(milliseconds=1)
LAST_MS = 253_402_300_799_999  # the end of the year 9999
_FEW = 8  # names that a refusal lists
NOWHERE_M = 40_075_017.0  # the way round the Earth: further off than any place


def time_ms(text: object, what: str, *, zone: dt.tzinfo | None = None) -> int:
    """Return the milliseconds of an RFC 3339 text; one without zone is taken in `zone`, or refused without it."""
    if not isinstance(text, str):
        raise unreadable(Reason.TIME, f"{what} is {shown(text)}, not an RFC 3339 time")
    try:
        moment = msgspec.convert(text, dt.datetime)
    except msgspec.ValidationError as exc:
        raise unreadable(Reason.TIME, f"{what} is {shown(text)}, not an RFC 3339 time") from exc
    if moment.tzinfo is None:
        if zone is None:
            raise unreadable(Reason.TIME, f"{what} is {shown(text)}, which has no time zone")
        moment = moment.replace(tzinfo=zone)
    return bounded_ms((moment - EPOCH) // MILLISECOND, what)


def bounded_ms(time: int, what: str) -> int:
    """Return a time in milliseconds since 1970; one before 1970 or after the year 9999 is refused."""
    if not 0 <= time <= LAST_MS:
        raise unreadable(Reason.TIME, f"{what} is {shown(time)} ms, not between 1970 and 9999")
    return time


def number(value: object, what: str) -> float:
    """Return a JSON number as a finite `float`; texts, truth values and numbers without bounds are refused."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise unreadable(Reason.NUMBER, f"{what} is {shown(value)}, not a number")
    try:
        result = float(value)
    except OverflowError as exc:
        raise unreadable(Reason.NUMBER, f"{what} is a number of more than 308 digits") from exc
    if not math.isfinite(result):
        raise unreadable(Reason.NUMBER, f"{what} is {shown(value)}, not a finite number")
    return result


def converted(value: float, unit: str, series: Series, what: str) -> float:
    """Return `value`, given in `unit`, in the canonical unit of the series' property."""
    found = conversion(unit, series.property.unit, series.property.molar_g)
    if found is None:
        expected = f"not a unit of {series.property.name} (which is kept in {series.property.unit})"
        raise unacceptable(Reason.UNIT, f"{what} is in {shown(unit)}, {expected}")
    result = value * found.factor + found.offset
    if not math.isfinite(result):
        raise unreadable(Reason.NUMBER, f"{what} is {shown(value)} {unit}, too large for {series.property.unit}")
    return result


def position(device: Device, lat: object, lon: object) -> float:
    """Return the metres between the place that a message states and that of the register: `device.position_offset`.

    The message's degrees are in the datum of the device. A place outside of the world, as receivers without a fix
    state it, is `NOWHERE_M` away (which quality control takes for a fault); what is no number is refused.
    """
    stated = number(lat, "latitude"), number(lon, "longitude")
    if abs(stated[0]) > 90.0 or abs(stated[1]) > 180.0:  # noqa: PLR2004 - degrees of the whole world
        return NOWHERE_M
    if device.datum != Datum.WGS84:
        stated = to_wgs84(*stated, Datum(device.datum))
    return distance_m(*stated, device.lat, device.lon)


def known_device(device: Device | None, name: str) -> Device:
    """Return the device, or refuse the frame with the name that it gave."""
    if device is None:
        raise unacceptable(Reason.UNKNOWN_DEVICE, f"device {shown(name)} is not in the register", device=name)
    return device


def known_series(lookup: Lookup, device_id: str, name: str) -> Series:
    """Return the series of a known device, or refuse the frame with the name of the property."""
    series = lookup.series(device_id, name)
    if series is None:
        raise unacceptable(Reason.UNKNOWN_PROPERTY, f"property {shown(name)} is not in the dictionary")
    return series


def something(observations: list[Observation], frame: Frame, said: Iterable[str] = ()) -> tuple[Observation, ...]:
    """Return the observations as a tuple, or refuse the frame if there are none, with the names that it `said`."""
    if not observations:
        names = list(islice(said, _FEW + 1))
        listed = ", ".join(shown(name) for name in names[:_FEW]) + (" …" if len(names) > _FEW else "")
        told = f": it says {listed}" if names else ""
        detail = f"nothing in the message on {shown(frame.topic)} is a known property{told}"
        raise unacceptable(Reason.NOTHING_KNOWN, detail)
    return tuple(observations)
