"""Splits a stream of MQTT 3.1.1 bytes into frames and other packets. Pure: no socket, no client.

byte 0        packet type (high 4 bits), for PUBLISH: dup, qos (2 bits), retain
byte 1 … 4    remaining length, 7 bits a byte, least significant first      (MQTT 3.1.1 §2.2.3)
PUBLISH       topic length (2), topic, packet id (2, only when qos > 0), payload     (§3.3)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ingest.model import Frame

_PUBLISH = 0x30
_LENGTH_BYTES = 4


class MalformedError(Exception):
    """The peer does not speak MQTT: the connection cannot go on."""


class Packet(NamedTuple):
    """A packet that is not a PUBLISH: its first byte and what follows the remaining length."""

    header: int
    body: bytes


class Split(NamedTuple):
    """What was found: complete frames, other packets, how many bytes they took, and how many are wanted next."""

    frames: list[Frame]
    packets: list[Packet]
    consumed: int
    wanted: int


def split(data: bytes, received_at_ms: int, source: str, generation: int, topic: Callable[[bytes], str]) -> Split:
    """Split `data` as far as it is complete.

    A frame's receipt is `generation << 16 | packet id` (0 for QoS 0). `topic` turns topic bytes into text.
    Raises `MalformedError` on what no MQTT server sends.
    """
    frames: list[Frame] = []
    packets: list[Packet] = []
    position, size, base = 0, len(data), generation << 16
    while position + 2 <= size:
        header, length, start = data[position], data[position + 1], position + 2
        if length & 0x80:
            long = _long_length(data, position + 1)
            if long is None:
                break
            length, start = long
        end = start + length
        if end > size:
            return Split(frames, packets, position, end - position)
        if header & 0xF0 == _PUBLISH:
            if length < 2:  # noqa: PLR2004 - the length of the topic's length
                raise MalformedError("a PUBLISH packet without a topic")
            at = start + 2 + (data[start] << 8 | data[start + 1])
            qos = header >> 1 & 3
            body = at + 2 if qos else at
            if body > end:
                raise MalformedError("a PUBLISH packet whose topic is longer than the packet")
            receipt = base | data[at] << 8 | data[at + 1] if qos else 0
            frames.append(
                Frame(
                    topic(data[start + 2 : at]),
                    data[body:end],
                    received_at_ms,
                    source,
                    qos,
                    header & 1 == 1,
                    header & 8 == 8,  # noqa: PLR2004 - the DUP bit
                    receipt,
                )
            )
        else:
            packets.append(Packet(header, data[start:end]))
        position = end
    return Split(frames, packets, position, 2)


def _long_length(data: bytes, position: int) -> tuple[int, int] | None:
    """Return (remaining length, start of the body) of a length of two to four bytes, None where it is cut off."""
    value = 0
    for index in range(_LENGTH_BYTES):
        if position + index >= len(data):
            return None
        byte = data[position + index]
        value |= (byte & 0x7F) << 7 * index
        if not byte & 0x80:
            return value, position + index + 1
    raise MalformedError("a remaining length of more than four bytes")
