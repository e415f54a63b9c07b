"""A batch in Wangge's own JSON, one message a line (NDJSON), on the topics of `wangge_json`.

    {"device_id": "wb-0001", "time": "2026-07-01T08:00:00Z", "values": {"waste.fill_level": 81.5}}
    {"device_id": "wb-0002", "time": "2026-07-01T08:00:00Z", "values": {"waste.fill_level": 12.0}}

Lines end in LF or CR LF; empty ones are skipped. The batch is taken whole or not at all: a refusal names the line.
"""

from __future__ import annotations

import re

import msgspec

from ingest.dialects._base import MAX_PAYLOAD_BYTES, Dialect, all_or_nothing
from ingest.dialects._wangge import Message, at_line, explain, observations
from ingest.errors import Reason, RefusedError, unreadable
from ingest.model import Frame, Lookup, Observation

_LINES = msgspec.json.Decoder(Message)
_TWO_OBJECTS = re.compile(rb"\}[ \t\r]*\n\s*\{")  # inside of one JSON value a comma would stand between them


class WanggeNdjson:
    """Decodes Wangge's own JSON, one message a line."""

    name = "wangge_ndjson"

    def matches(self, topic: str, payload: bytes) -> bool:  # noqa: ARG002 - the topics are those of `wangge_json`
        """Say whether the payload is an object with `device_id`, and another object on a line after it."""
        begin = payload.find(b"{")
        if begin < 0 or payload[:begin].strip():
            return False
        line_break = _TWO_OBJECTS.search(payload)
        return line_break is not None and b'"device_id"' in payload[: line_break.start()]

    @all_or_nothing
    def decode(self, frame: Frame, lookup: Lookup) -> tuple[Observation, ...]:
        """Return the observations of all lines in order; the first line that cannot be read refuses the batch."""
        payload = frame.payload
        if len(payload) > MAX_PAYLOAD_BYTES:
            raise unreadable(Reason.TOO_LARGE, f"{len(payload)} bytes are more than {MAX_PAYLOAD_BYTES}")
        try:
            return observations(_LINES.decode_lines(payload), frame, lookup)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, RefusedError):
            return _by_line(frame, lookup)


def _by_line(frame: Frame, lookup: Lookup) -> tuple[Observation, ...]:
    """Decode line by line, slowly, to find the one that is wrong."""
    found: list[Observation] = []
    for number, line in enumerate(frame.payload.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            found += observations([_LINES.decode(line)], frame, lookup)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
            raise at_line(explain(line), number) from exc
        except RefusedError as exc:
            raise at_line(exc, number) from exc
    if not found:
        raise unreadable(Reason.SHAPE, "no line has a message")
    return tuple(found)


DIALECT: Dialect = WanggeNdjson()
