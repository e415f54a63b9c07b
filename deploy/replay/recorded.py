"""Recorded messages: JSON lines, one message a line.

    {"at": "2026-07-01T08:00:00Z", "topic": "v3/bins@city/devices/wb-1/up", "payload": {"end_device_ids": …}}
    {"at": 1782892800000, "topic": "a/b", "payload_b64": "AP8="}

`payload` is a JSON value (a text stands for its own bytes), `payload_b64` any bytes. `at` is RFC 3339 or milliseconds
since 1970; without it a message follows the one before at once. Other keys are passed over.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from ingest.errors import RefusedError
from ingest.located import Fault
from ingest.normalise import bounded_ms, time_ms

MAX_TOPIC_BYTES = 65_535  # MQTT 3.1.1 §1.5.3


class Message(NamedTuple):
    """One message to publish; `at_ms` is None where it follows the one before at once."""

    at_ms: int | None
    topic: str
    payload: bytes


def read(path: Path) -> Iterator[Message | Fault]:
    """Go over the messages of a file, with a fault for each line that is none."""
    file = str(path)
    try:
        with path.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                if line.strip():
                    message = parse(line)
                    yield Fault(file, number, message) if isinstance(message, str) else message
    except OSError as exc:
        yield Fault(file, 1, f"cannot be read: {exc.strerror}")


def parse(line: bytes) -> Message | str:
    """Return the message of a line, or what is wrong with it."""
    try:
        content = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        return f"is not JSON: {exc}"
    if not isinstance(content, dict):
        return "is not a JSON object"
    topic = content.get("topic")
    if not isinstance(topic, str) or not is_topic(topic):
        return f"topic {topic!r} is not one that can be published to"
    payload = _payload(content)
    if isinstance(payload, str):
        return payload
    try:
        return Message(_at_ms(content.get("at")), topic, payload)
    except RefusedError as exc:
        return exc.refusal.detail


def is_topic(topic: str) -> bool:
    """Say whether a message can be published to this topic (MQTT 3.1.1 §4.7)."""
    try:
        size = len(topic.encode())
    except UnicodeEncodeError:
        return False
    return 0 < size <= MAX_TOPIC_BYTES and not any(sign in topic for sign in "+#\0")


def _payload(content: dict[str, Any]) -> bytes | str:
    if ("payload" in content) == ("payload_b64" in content):
        return "has not exactly one of payload and payload_b64"
    if "payload" in content:
        payload = content["payload"]
        return payload.encode() if isinstance(payload, str) else msgspec.json.encode(payload)
    try:
        return base64.b64decode(content["payload_b64"], validate=True)
    except (TypeError, ValueError, binascii.Error):
        return "payload_b64 is not base64"


def _at_ms(at: Any) -> int | None:
    if at is None:
        return None
    return bounded_ms(at, "at") if type(at) is int else time_ms(at, "at")
