"""What can go wrong in ingest, and the words for it.

    IngestError
    └── RefusedError     the outside sent something that cannot be accepted; carries the `Refusal` for the dead letters

`Reason` holds every reason that a frame can be refused for. It stands in the dead letters and is a metric label, so a
word never changes its meaning. Two stages refuse: `decode` (the frame could not be read) and `normalise` (it was read,
but what it says cannot be accepted).
"""

from __future__ import annotations

import enum

from ingest.model import Refusal

_SHOWN_CHARACTERS = 60
_DETAIL_CHARACTERS = 400  # a field may have a name of any length


class Reason(enum.StrEnum):
    """Why a frame was refused."""

    # stage decode
    TOO_LARGE = "too_large"
    NOT_GZIP = "not_gzip"
    NOT_JSON = "not_json"
    NOT_CBOR = "not_cbor"
    NOT_CSV = "not_csv"
    TOO_DEEP = "too_deep"
    UNKNOWN_TOPIC = "unknown_topic"
    SHAPE = "shape"
    TIME = "time"
    NUMBER = "number"
    VERSION = "version"
    # stage normalise
    RETAINED = "retained"
    NOT_MEASURED = "not_measured"
    UNKNOWN_DEVICE = "unknown_device"
    UNKNOWN_PROPERTY = "unknown_property"
    UNKNOWN_CELL = "unknown_cell"
    UNIT = "unit"
    INTERVAL = "interval"
    NOTHING_KNOWN = "nothing_known"
    RATE_LIMITED = "rate_limited"


class IngestError(Exception):
    """Anything that goes wrong in ingest."""


class RefusedError(IngestError):
    """The outside sent something that cannot be accepted."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"{refusal.stage}/{refusal.reason}: {refusal.detail}")
        self.refusal = refusal


def unreadable(reason: Reason, detail: str) -> RefusedError:
    """Return the error for a frame that cannot be read."""
    return RefusedError(Refusal(stage="decode", reason=reason.value, detail=_cut(detail)))


def unacceptable(reason: Reason, detail: str, *, device: str = "", model: str = "") -> RefusedError:
    """Return the error for a frame that was read but says something that cannot be accepted."""
    detail = _cut(detail)
    return RefusedError(Refusal(stage="normalise", reason=reason.value, detail=detail, device=device, model=model))


def _cut(detail: str) -> str:
    return detail if len(detail) <= _DETAIL_CHARACTERS else f"{detail[:_DETAIL_CHARACTERS]}…"


def shown(value: object) -> str:
    """Return a value as a message shows it: on one line and never long."""
    text = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
