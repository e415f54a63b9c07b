"""Wangge's own JSON, on `wangge/{site}/up` and below: one message of a device, or an array of them (a batch).

    {"device_id": "wb-0001", "time": "2026-07-01T08:00:00Z", "cell": "450107003013001",
     "values": {"waste.fill_level": 81.5, "waste.temperature": {"value": 304.2, "unit": "K"}}}

`time` is an RFC 3339 text with zone, or whole milliseconds since 1970. A bare number is in the canonical unit of its
property by definition; any other unit is written beside it (UCUM). `cell` is optional: a device may say where it
believes to be, and is refused when the register knows better. Other fields are ignored. Batches in NDJSON and CSV on
these topics are left to `wangge_ndjson` and `wangge_csv`.

This is the dialect of the hot path: a typed decoder reads the payload in one go, and only a message that it refuses
is read again, slowly, to find the reason.
"""

from __future__ import annotations

import msgspec

from ingest.dialects import wangge_csv, wangge_ndjson
from ingest.dialects._base import MAX_PAYLOAD_BYTES, Dialect, handed_on
from ingest.dialects._wangge import Message, explain, observations
from ingest.errors import RefusedError
from ingest.model import Frame, Lookup, Observation, Refusal

_TOPIC_LEVELS = 3
_DECODER = msgspec.json.Decoder(Message | list[Message])


class WanggeJson:
    """Decodes Wangge's own JSON."""

    name = "wangge_json"

    def matches(self, topic: str, payload: bytes) -> bool:  # noqa: ARG002 - the topic is enough
        """Say whether the topic is `wangge/{site}/up` or below it."""
        levels = topic.split("/", _TOPIC_LEVELS)
        return len(levels) >= _TOPIC_LEVELS and levels[0] == "wangge" and levels[2] == "up"

    def reader(self, payload: bytes) -> Dialect:
        """Return the dialect that reads a payload on a topic of this one."""
        for dialect in (wangge_csv.DIALECT, wangge_ndjson.DIALECT):
            if dialect.matches("", payload):
                return dialect
        return self

    def decode(self, frame: Frame, lookup: Lookup) -> tuple[Observation, ...] | Refusal:
        """Return the observations of a message or a batch, or why there are none."""
        payload = frame.payload
        if len(payload) > MAX_PAYLOAD_BYTES:
            return explain(payload).refusal
        try:
            messages = _DECODER.decode(payload)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            reader = self.reader(payload)
            return explain(payload).refusal if reader is self else handed_on(reader, frame, lookup)
        try:
            return observations(messages if isinstance(messages, list) else [messages], frame, lookup)
        except RefusedError as exc:
            return exc.refusal


DIALECT: Dialect = WanggeJson()
