"""The envelope in which a frame comes that is published again: its topic says where it came from, and when.

    wangge/redrive/up/{source}/{received_at_ms}/{topic}        the payload is that of the frame, byte for byte

So what a payload tells only in relation to its receipt (a SenML time of "-5" seconds) stays what it was, and a frame
that is refused again is recognised as the dead letter that it was. A device must not be able to publish there: the
access list of the broker lets it write under its own name only.
"""

from __future__ import annotations

from msgspec.structs import replace

from ingest.model import Frame

PREFIX = "wangge/redrive/up/"
_PARTS = 3
_LONGEST_TOPIC_BYTES = 65_535  # MQTT 3.1.1 §1.5.3


def wrap(topic: str, source: str, received_at_ms: int) -> str:
    """Return the topic of the envelope; the topic itself where that would be longer than a topic can be."""
    safe = source.translate({ord(letter): "-" for letter in "/+#\0"})
    wrapped = f"{PREFIX}{safe}/{received_at_ms}/{topic}"
    return wrapped if len(wrapped.encode("utf-8", "surrogateescape")) <= _LONGEST_TOPIC_BYTES else topic


def unwrap(frame: Frame) -> Frame:
    """Return the frame as it first came; one that is in no envelope, or in a spoiled one, as it is."""
    if not frame.topic.startswith(PREFIX):
        return frame
    parts = frame.topic[len(PREFIX) :].split("/", _PARTS - 1)
    if (
        len(parts) != _PARTS
        or not (parts[1].isascii() and parts[1].isdigit())
        or len(parts[1]) > len("253402300799999")
    ):
        return frame
    source, received_at_ms, topic = parts
    return replace(frame, topic=topic, source=source, received_at_ms=int(received_at_ms))
