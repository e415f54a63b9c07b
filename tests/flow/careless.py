"""An MQTT broker that checks nothing: it accepts one client and sends it whatever bytes a test has prepared.

Real brokers refuse topics that are not UTF-8; one that does not must not be able to harm a line that trusts it.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Sequence
from typing import Self

_CONNECT, _PUBACK, _SUBSCRIBE = 0x10, 0x40, 0x80


class CarelessBroker:
    """Sends each (topic, payload) at QoS 1, with packet ids from 1 on, to the first client that subscribes."""

    def __init__(self, messages: Sequence[tuple[bytes, bytes]]) -> None:
        self._packets = b"".join(_publish(number, *message) for number, message in enumerate(messages, start=1))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._acknowledged: list[int] = []
        self._more = threading.Condition()
        self._thread = threading.Thread(target=self._serve, name="careless", daemon=True)
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        """Begin to listen."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening."""
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes `accept`
        self._listener.close()
        self._thread.join(timeout=10)

    def acknowledged(self, count: int, timeout_s: float) -> list[int]:
        """Return the packet ids that were acknowledged, in order, as soon as there are `count`."""
        with self._more:
            self._more.wait_for(lambda: len(self._acknowledged) >= count, timeout_s)
            return list(self._acknowledged)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._answer, args=(client,), daemon=True).start()

    def _answer(self, client: socket.socket) -> None:
        """Speak with one client until it goes."""
        with client, client.makefile("rb") as stream, contextlib.suppress(OSError):
            while head := stream.read(2):
                body = stream.read(head[1])  # what clients send here is shorter than 128 bytes
                kind = head[0] & 0xF0
                if kind == _CONNECT:
                    client.sendall(b"\x20\x02\x00\x00")
                elif kind == _SUBSCRIBE:
                    topics = _topics(body)
                    client.sendall(bytes((0x90, 2 + topics)) + body[:2] + b"\x01" * topics + self._packets)
                elif kind == _PUBACK:
                    self._note(body)

    def _note(self, packet_ids: bytes) -> None:
        with self._more:
            self._acknowledged += struct.unpack(f">{len(packet_ids) // 2}H", packet_ids)
            self._more.notify_all()


def _publish(packet_id: int, topic: bytes, payload: bytes) -> bytes:
    body = struct.pack(">H", len(topic)) + topic + struct.pack(">H", packet_id) + payload
    size = bytes((len(body) & 0x7F | 0x80, len(body) >> 7))  # two bytes: up to 16 KiB
    return b"\x32" + size + body


def _topics(body: bytes) -> int:
    """Return how many topics a SUBSCRIBE asks for."""
    position, count = 2, 0
    while position < len(body):
        position += 2 + int.from_bytes(body[position : position + 2], "big") + 1
        count += 1
    return count
