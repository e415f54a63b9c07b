"""What a dialect is, and the reading that all of them share.

A file of this folder exports `DIALECT`, which turns a frame into observations or into one refusal: all or nothing.
`matches(topic, b"")` is asked first: a dialect that has topics of its own says yes to them without looking at the
payload; otherwise `matches(topic, payload)` may look for marks that no other dialect has. It must be cheap and must
not raise. A dialect whose topics also carry payloads of another one has a method `reader(payload)`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Protocol

import msgspec
from msgspec.structs import replace

from ingest.errors import Reason, RefusedError, unreadable
from ingest.model import Frame, Lookup, Observation, Refusal

MAX_PAYLOAD_BYTES = 1_048_576


class Dialect(Protocol):
    """One way of writing observations. `name` is its file's name."""

    name: str

    def matches(self, topic: str, payload: bytes) -> bool:
        """Say whether a message on this topic, or with this payload, is of this dialect."""

    def decode(self, frame: Frame, lookup: Lookup) -> tuple[Observation, ...] | Refusal:
        """Return the observations of a frame in the order of the message, or why there are none."""


def reader_of(dialect: Dialect, payload: bytes) -> Dialect:
    """Return the dialect that reads a payload on a topic of `dialect`: itself, or the one that its `reader` names."""
    reader: Callable[[bytes], Dialect] | None = getattr(dialect, "reader", None)
    return dialect if reader is None else reader(payload)


def handed_on(reader: Dialect, frame: Frame, lookup: Lookup) -> tuple[Observation, ...] | Refusal:
    """Return what another dialect makes of a frame; a refusal names that dialect."""
    outcome = reader.decode(frame, lookup)
    return replace(outcome, dialect=reader.name) if isinstance(outcome, Refusal) else outcome


_Decode = Callable[[Any, Frame, Lookup], tuple[Observation, ...]]
_SafeDecode = Callable[[Any, Frame, Lookup], tuple[Observation, ...] | Refusal]


def all_or_nothing(decode: _Decode) -> _SafeDecode:
    """Turn a `decode` that raises `RefusedError` anywhere into one that returns the refusal."""

    @functools.wraps(decode)
    def safe(self: Any, frame: Frame, lookup: Lookup) -> tuple[Observation, ...] | Refusal:
        try:
            return decode(self, frame, lookup)
        except RefusedError as exc:
            return exc.refusal

    return safe


_JSON = msgspec.json.Decoder()


def read_json(payload: bytes) -> Any:
    """Return the JSON value of a payload; too large, too deep, not UTF-8 and not JSON (also NaN) are refused."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise unreadable(Reason.TOO_LARGE, f"{len(payload)} bytes are more than {MAX_PAYLOAD_BYTES}")
    try:
        return _JSON.decode(payload)
    except UnicodeDecodeError as exc:
        raise unreadable(Reason.NOT_JSON, f"the payload is not UTF-8 text: {exc.reason}") from exc
    except RecursionError as exc:
        raise unreadable(Reason.TOO_DEEP, "the payload is nested too deeply") from exc
    except msgspec.ValidationError as exc:  # a number beyond the range of JSON numbers
        raise unreadable(Reason.NUMBER, f"the payload holds a number without bounds: {exc}") from exc
    except msgspec.DecodeError as exc:
        raise unreadable(Reason.NOT_JSON, f"the payload is not JSON: {exc}") from exc
