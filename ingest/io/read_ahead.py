"""The paho client that reads ahead and joins acknowledgements: the only module that touches paho's private names.

Plain paho takes at least three `recv` calls and one `select` a packet, builds an `MQTTMessage` and sends each PUBACK
alone. This client takes what the socket holds (up to 256 KiB), splits it (`ingest.io.packets`), hands over the frames
as one list and sends all acknowledgements of an epoch in one write. Pinned to paho-mqtt 2.2.0; a contract test looks
at every private name that is used here.
"""

from __future__ import annotations

import struct
import threading
import time
from collections.abc import Callable, Sequence

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from ingest.io.packets import MalformedError, split
from ingest.model import Frame

READ_BYTES = 256 * 1024
_PUBACK = 0x40
_MAX_TOPICS = 200_000


class ReadAheadClient(paho.Client):
    """A persistent MQTT 3.1.1 client; `deliver` gets every list of frames on the network thread."""

    def __init__(
        self, client_id: str, *, source: str, now_ms: Callable[[], int], deliver: Callable[[list[Frame]], None]
    ) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=False,
            protocol=paho.MQTTv311,
            manual_ack=True,
        )
        self.suppress_exceptions = True
        self._source, self._now, self._deliver = source, now_ms, deliver
        self._generation = 0
        self._generation_lock = threading.Lock()
        self._ahead: list[bytes] = []
        self._ahead_bytes, self._ahead_wanted = 0, 2
        self._topics: dict[bytes, str] = {}

    def reconnect(self) -> MQTTErrorCode:
        """Forget half a packet of the old connection, and its packet ids."""
        with self._generation_lock:
            self._generation += 1
        self._ahead, self._ahead_bytes, self._ahead_wanted = [], 0, 2
        return super().reconnect()

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:  # noqa: ARG002 - paho's signature
        """Read what the socket holds, once; hand over its frames, let paho handle its other packets."""
        if self._sock is None:
            return MQTTErrorCode.MQTT_ERR_NO_CONN
        try:
            chunk = self._sock_recv(READ_BYTES)
        except BlockingIOError:
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        except OSError:
            chunk = b""
        if not chunk:
            return self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_CONN_LOST)
        self._ahead.append(chunk)
        self._ahead_bytes += len(chunk)
        with self._msgtime_mutex:
            self._last_bytes_received = time.monotonic()
        if self._ahead_bytes < self._ahead_wanted:
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        return self._take(b"".join(self._ahead))

    def acknowledge(self, receipts: Sequence[int]) -> int:
        """Acknowledge frames in the order given, in one write; drop those of an earlier connection. Return how many."""
        with self._generation_lock:
            generation = self._generation
            packet_ids = [receipt & 0xFFFF for receipt in receipts if receipt >> 16 == generation]
            if packet_ids:
                words = [0x4002] * (2 * len(packet_ids))
                words[1::2] = packet_ids
                self._packet_queue(_PUBACK, struct.pack(f">{len(words)}H", *words), 0, 0)
        return len(packet_ids)

    def _take(self, data: bytes) -> MQTTErrorCode:
        try:
            frames, packets, consumed, self._ahead_wanted = split(
                data, self._now(), self._source, self._generation, self._topic
            )
        except MalformedError:
            return self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_PROTOCOL)
        self._ahead_bytes = len(data) - consumed
        self._ahead = [data[consumed:]] if self._ahead_bytes else []
        for packet in packets:
            self._in_packet.update(
                {
                    "command": packet.header,
                    "remaining_length": len(packet.body),
                    "packet": bytearray(packet.body),
                    "pos": 0,
                }
            )
            code = self._packet_handle()
            self._in_packet.update({"command": 0, "remaining_length": 0, "packet": bytearray(), "pos": 0})
            if code:
                return self._loop_rc_handle(code)
        if frames:
            self._deliver(frames)
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _topic(self, raw: bytes) -> str:
        text = self._topics.get(raw)
        if text is None:
            if len(self._topics) >= _MAX_TOPICS:
                self._topics.clear()
            text = self._topics[raw] = raw.decode("utf-8", "surrogateescape")
        return text
