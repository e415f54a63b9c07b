"""Wangge's own JSON, on `wangge/{site}/up` and below: one message of a device, or an array of them (a batch).

    {"device_id": "wb-0001", "time": "2026-07-01T08:00:00Z", "cell": "450107003013001",
     "values": {"waste.fill_level": 81.5, "waste.temperature": {"value": 304.2, "unit": "K"}}}

`time` is an RFC 3339 text with zone, or whole milliseconds since 1970. A bare number is in the canonical unit of its
property by definition; any other unit is written beside it (UCUM). `cell` is optional: a device may say where it
believes to be, and is refused when the register knows better. Other fields are ignored.

This is the dialect of the hot path: a typed decoder reads the payload in one go, and only a message that it refuses
is read again, slowly, to find the reason.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from ingest.dialects._base import MAX_PAYLOAD_BYTES, Dialect, read_json
from ingest.errors import Reason, RefusedError, shown, unacceptable, unreadable
from ingest.model import Frame, Lookup, Observation, Refusal, Series
from ingest.normalise import EPOCH, LAST_MS, MILLISECOND, bounded_ms, converted, known_device, number, time_ms

_TOPIC_LEVELS = 3
_Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=LAST_MS)]
_Moment = Annotated[dt.datetime, msgspec.Meta(tz=True)]


class _Quantity(msgspec.Struct, gc=False):
    value: float
    unit: str


class _Message(msgspec.Struct, gc=False):
    device_id: str
    time: _Milliseconds | _Moment
    values: dict[str, float | _Quantity]
    cell: str | None = None


_DECODER = msgspec.json.Decoder(_Message | list[_Message])


class WanggeJson:
    """Decodes Wangge's own JSON."""

    name = "wangge_json"

    def matches(self, topic: str, payload: bytes) -> bool:  # noqa: ARG002 - the topic is enough
        """Say whether the topic is `wangge/{site}/up` or below it."""
        levels = topic.split("/", _TOPIC_LEVELS)
        return len(levels) >= _TOPIC_LEVELS and levels[0] == "wangge" and levels[2] == "up"

    def decode(self, frame: Frame, lookup: Lookup) -> tuple[Observation, ...] | Refusal:
        """Return the observations of a message or a batch, or why there are none."""
        payload = frame.payload
        if len(payload) > MAX_PAYLOAD_BYTES:
            return _explain(payload)
        try:
            messages = _DECODER.decode(payload)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return _explain(payload)
        try:
            return _observations(messages if isinstance(messages, list) else [messages], frame, lookup)
        except RefusedError as exc:
            return exc.refusal


def _observations(messages: list[_Message], frame: Frame, lookup: Lookup) -> tuple[Observation, ...]:
    received_at_ms = frame.received_at_ms
    observations: list[Observation] = []
    append = observations.append
    for message in messages:
        moment = message.time
        time = moment if isinstance(moment, int) else (moment - EPOCH) // MILLISECOND
        row = lookup.series_of(message.device_id)
        if row is None or time < 0 or message.cell is not None:
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
    if not observations:
        raise unacceptable(Reason.NOTHING_KNOWN, "the message has no values")
    return tuple(observations)


def _doubted(message: _Message, time: int, lookup: Lookup) -> Mapping[str, Series]:
    """Check what the hot path has no time for: an unknown device, a time before 1970, a stated cell."""
    bounded_ms(time, "time")
    device = known_device(lookup.device(message.device_id), message.device_id)
    if message.cell is not None and message.cell != device.cell:
        detail = f"device {device.id} says cell {shown(message.cell)}, the register says {device.cell}"
        raise unacceptable(Reason.UNKNOWN_CELL, detail)
    row = lookup.series_of(device.id)
    return {} if row is None else row


def _explain(payload: bytes) -> Refusal:
    """Return why the typed decoder does not take this payload."""
    try:
        content = read_json(payload)
        for message in content if isinstance(content, list) else [content]:
            _check(message)
    except RefusedError as exc:
        return exc.refusal
    return unreadable(Reason.SHAPE, "the payload is not a Wangge message").refusal


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


DIALECT: Dialect = WanggeJson()
