"""Wangge's own vocabulary, whatever it is written in (JSON, NDJSON, CSV): the typed message and what comes of it.

A number without unit is in the canonical unit of its property by definition; any other is written beside it (UCUM).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
from msgspec.structs import replace

from ingest.dialects._base import read_json
from ingest.errors import Reason, RefusedError, shown, unacceptable, unreadable
from ingest.model import Frame, Lookup, Observation, Series
from ingest.normalise import EPOCH, LAST_MS, MILLISECOND, bounded_ms, converted, known_device, number, time_ms

_Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=LAST_MS)]
_Moment = Annotated[dt.datetime, msgspec.Meta(tz=True)]


class _Quantity(msgspec.Struct, gc=False):
    value: float
    unit: str


class Message(msgspec.Struct, gc=False):
    """One message of a device; `cell` is where it believes to stand."""

    device_id: str
    time: _Milliseconds | _Moment
    values: dict[str, float | _Quantity]
    cell: str | None = None


def observations(messages: Sequence[Message], frame: Frame, lookup: Lookup) -> tuple[Observation, ...]:
    """Return the observations of messages in order; `RefusedError` if anything is wrong with any of them."""
    received_at_ms = frame.received_at_ms
    found: list[Observation] = []
    append = found.append
    for message in messages:
        moment = message.time
        time = moment if isinstance(moment, int) else (moment - EPOCH) // MILLISECOND
        row = lookup.series_of(message.device_id)
        if row is None or not 0 <= time <= LAST_MS or message.cell is not None:
            row = _doubted(message, time, lookup)
        for name, value in message.values.items():
            try:
                series = row[name]
            except KeyError:
                raise unacceptable(
                    Reason.UNKNOWN_PROPERTY, f"property {shown(name)} is not in the dictionary"
                ) from None
            amount = value if isinstance(value, float) else converted(value.value, value.unit, series, name)
            append(Observation(series, amount, time, received_at_ms))
    if not found:
        raise unacceptable(Reason.NOTHING_KNOWN, "the message has no values")
    return tuple(found)


def _doubted(message: Message, time: int, lookup: Lookup) -> Mapping[str, Series]:
    """Check what the hot path has no time for: an unknown device, a time before 1970, a stated cell."""
    bounded_ms(time, "time")
    device = known_device(lookup.device(message.device_id), message.device_id)
    if message.cell is not None and device.cell and message.cell != device.cell:
        detail = f"device {device.id} says cell {shown(message.cell)}, the register says {device.cell}"
        raise unacceptable(Reason.UNKNOWN_CELL, detail)
    row = lookup.series_of(device.id)
    return {} if row is None else row


def explain(payload: bytes) -> RefusedError:
    """Return why the typed decoder does not take this JSON."""
    try:
        content = read_json(payload)
        for message in content if isinstance(content, list) else [content]:
            _check(message)
    except RefusedError as exc:
        return exc
    return unreadable(Reason.SHAPE, "the payload is not a Wangge message")


def at_line(error: RefusedError, line: int) -> RefusedError:
    """Return the refusal of a line, with its number (the first is 1) before the detail."""
    return RefusedError(replace(error.refusal, detail=f"line {line}: {error.refusal.detail}"))


def _check(message: Any) -> None:
    if not isinstance(message, dict):
        raise unreadable(Reason.SHAPE, f"a message is {shown(message)}, not an object")
    for field, kind in (("device_id", str), ("values", dict)):
        if not isinstance(message.get(field), kind):
            found = shown(message[field]) if field in message else "missing"
            raise unreadable(Reason.SHAPE, f"{field} is {found}")
    time = message.get("time")
    if "time" not in message:
        raise unreadable(Reason.TIME, "time is missing")
    if type(time) is int:
        bounded_ms(time, "time")
    else:
        time_ms(time, "time")
    for name, value in message["values"].items():
        if not isinstance(value, dict):
            number(value, name)
        elif "value" not in value:
            raise unreadable(Reason.NUMBER, f"{name} has no value")
        elif not isinstance(value.get("unit"), str):
            raise unacceptable(Reason.UNIT, f"{name} has no unit")
        else:
            number(value["value"], name)
