"""Publishes frames as fast as the broker takes them: MQTT 3.1.1 by hand, QoS 1, a bounded number in flight.

A publisher of the client library would be slower than the subscriber that is to be measured.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable, Iterator

from ingest.io.packets import split

_IN_FLIGHT = 1_000
_PACKET_IDS = 60_000


def connect(port: int, client_id: str, *, clean: bool = True) -> socket.socket:
    """Return a connected socket that has had its CONNACK."""
    link = socket.create_connection(("127.0.0.1", port), timeout=60)
    name = client_id.encode()
    body = b"\x00\x04MQTT\x04" + (b"\x02" if clean else b"\x00") + b"\x00\x00" + struct.pack(">H", len(name)) + name
    link.sendall(b"\x10" + _length(len(body)) + body)
    _read(link, 4)
    return link


def prepare_session(port: int, client_id: str, topic: str) -> None:
    """Make a persistent session that is subscribed to `topic` at QoS 1, and leave it to the broker."""
    link = connect(port, client_id, clean=False)
    name = topic.encode()
    body = b"\x00\x01" + struct.pack(">H", len(name)) + name + b"\x01"
    link.sendall(b"\x82" + _length(len(body)) + body)
    _read(link, 5)
    link.sendall(b"\xe0\x00")
    link.close()


def publish(port: int, messages: Iterable[tuple[str, bytes]], client_id: str = "wangge-load", batch: int = 250) -> int:
    """Publish all messages at QoS 1, `batch` in one write; return how many, when the last is acknowledged."""
    link = connect(port, client_id)
    sent = acknowledged = 0
    rest = b""
    for some in _batches(messages, batch):
        packets = []
        for topic, payload in some:
            sent += 1
            packets.append(_publish(topic, payload, sent % _PACKET_IDS + 1))
        link.sendall(b"".join(packets))
        while sent - acknowledged > _IN_FLIGHT:
            acknowledged, rest = _acknowledged(link, acknowledged, rest)
    while acknowledged < sent:
        acknowledged, rest = _acknowledged(link, acknowledged, rest)
    link.sendall(b"\xe0\x00")
    link.close()
    return sent


def _acknowledged(link: socket.socket, acknowledged: int, rest: bytes) -> tuple[int, bytes]:
    data = rest + _some(link)
    found = split(data, 0, "", 0, bytes.decode)
    return acknowledged + len(found.packets), data[found.consumed :]


def _batches(messages: Iterable[tuple[str, bytes]], size: int) -> Iterator[list[tuple[str, bytes]]]:
    batch: list[tuple[str, bytes]] = []
    for message in messages:
        batch.append(message)
        if len(batch) == size:
            yield batch
            batch = []
    yield batch


def _publish(topic: str, payload: bytes, packet_id: int) -> bytes:
    name = topic.encode()
    body = struct.pack(">H", len(name)) + name + struct.pack(">H", packet_id) + payload
    return b"\x32" + _length(len(body)) + body


def _length(value: int) -> bytes:
    encoded = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        encoded.append(low | (0x80 if value else 0))
        if not value:
            return bytes(encoded)


def _some(link: socket.socket) -> bytes:
    data = link.recv(65_536)
    if not data:
        raise ConnectionError("the broker closed the connection")
    return data


def _read(link: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += _some(link)
    return data
