"""Plain values on a topic of the register: messages that name neither their device nor what they are.

    city/bins/17/state         {"fill_level": 81, "temperature": "25 ℃", "time": "2026-07-01T08:00:00Z"}
    city/bins/17/fill_level    81                       the last level of the topic is the name of the field
    city/bins/17/raw           01 51 0b e8              bytes, read by the layout of the device's profile

The device is the one whose attribute `topic` fits (`topic=city/bins/17/+`); other topics are not of this dialect. What
the fields mean says the profile of the device's model, where the register names one, else `_fields.py`. The time is the
field `time`, `timestamp` or `ts` of the message (RFC 3339, or seconds or milliseconds since 1970), else that of
receipt: then a message that the broker brings again counts again. A list of objects is a batch, taken whole or not.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from ingest.dialects import _decoded
from ingest.dialects._base import Dialect, all_or_nothing, read_json
from ingest.dialects._fields import observe
from ingest.errors import Reason, RefusedError, shown, unreadable
from ingest.model import Device, Frame, Lookup, Observation
from ingest.normalise import bounded_ms, known_device, number, something, time_ms
from ingest.profiles import reading

_TIMES = ("time", "timestamp", "ts")
_FIRST_MS = 100_000_000_000  # a number below is in seconds (until the year 5138), one above in milliseconds (from 1973)
_LONGEST_TEXT_BYTES = 64


class Plain:
    """Decodes what devices say on topics that the register knows them by."""

    name = "plain"
    of_register = True

    def matches(self, topic: str, payload: bytes) -> bool:  # noqa: ARG002 - as every dialect
        """Say no: a topic is of this dialect where the register has a device for it, and no other dialect knows it."""
        return False

    @all_or_nothing
    def decode(self, frame: Frame, lookup: Lookup) -> tuple[Observation, ...]:
        """Return the observations of a message; `_base.all_or_nothing` turns what it raises into a refusal."""
        device = known_device(lookup.by_topic(frame.topic), frame.topic)
        try:
            return something(_read(frame, device, lookup), frame)
        except RefusedError as exc:
            model = device.attributes.get("model", "")
            raise RefusedError(replace(exc.refusal, device=device.id, model=model)) from exc


def _read(frame: Frame, device: Device, lookup: Lookup) -> list[Observation]:
    profile, payload, received_at_ms = lookup.profile(device), frame.payload, frame.received_at_ms
    if profile is not None and profile.layouts and not payload.lstrip().startswith((b"{", b"[")):
        return reading.observe(profile, None, payload, None, device, received_at_ms, frame, lookup)
    content = _content(payload)
    if not isinstance(content, list | dict):
        content = {frame.topic.rpartition("/")[2]: content}
    observations: list[Observation] = []
    for message in content if isinstance(content, list) else [content]:
        if not isinstance(message, dict):
            raise unreadable(Reason.SHAPE, f"a message of the batch is {shown(message)}, not an object")
        stated = next((name for name in _TIMES if name in message), None)
        moment = received_at_ms if stated is None else _time_ms(message[stated], stated)
        values = {name: value for name, value in message.items() if name != stated}
        if profile is not None:
            observations += reading.observe(profile, values, b"", None, device, moment, frame, lookup)
        else:
            observations += observe(_decoded.fields(values, moment), device, frame, lookup, usual_units=True)
    return observations


def _content(payload: bytes) -> Any:
    """Return a payload as JSON, else as a short text."""
    try:
        return read_json(payload)
    except RefusedError as exc:
        if exc.refusal.reason != Reason.NOT_JSON or not 0 < len(payload) <= _LONGEST_TEXT_BYTES:
            raise
        try:
            text = payload.decode()
        except UnicodeDecodeError:
            raise exc from None
        if not text.isprintable():
            raise
        return text


def _time_ms(value: object, what: str) -> int:
    if isinstance(value, str):
        return time_ms(value, what)
    since = number(value, what)
    return bounded_ms(int(since) if since >= _FIRST_MS else int(max(since, -1.0) * 1000), what)


DIALECT: Dialect = Plain()
