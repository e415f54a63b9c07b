"""Puts frames into a broker at QoS 1, and says of each whether the broker has it: for senders without MQTT.

Nothing waits without a bound: at most `WINDOW` messages are on their way. One that the broker did not acknowledge in
time may still reach it, after a reconnect: whoever sends it again sends a repeat, which is recognised.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from ingest.io.login import Login

WINDOW = 200
_CONNECT_S = 2.0  # how long a request waits for a broker that is away
_ROOM = 0.02  # seconds between two looks at the connection while there is no room


class FramePublisher:
    """One MQTT connection, used from several threads; it is opened when it is first wanted.

    `topics`: what those who listen have subscribed to, for whoever asks before publishing.
    """

    def __init__(self, login: Login, client_id: str, topics: Sequence[str]) -> None:
        self.topics = tuple(topics)
        self._login = login
        self._begun = threading.Lock()
        self._room = threading.BoundedSemaphore(WINDOW)
        client = self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, protocol=paho.MQTTv311, clean_session=True
        )
        client.suppress_exceptions = True
        client.max_queued_messages_set(2 * WINDOW)  # paho takes one off after its callback only
        client.reconnect_delay_set(1, 10)
        client.on_publish = self._published
        login.prepare(client)

    def stop(self) -> None:
        """Disconnect, for good."""
        self._begun.acquire(blocking=False)
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, messages: Sequence[tuple[str, bytes]], timeout_s: float) -> list[bool]:
        """Publish (topic, payload) in order; tell of each whether the broker acknowledged it within `timeout_s`."""
        deadline_s = time.monotonic() + timeout_s
        self._wait_for_connection(min(deadline_s, time.monotonic() + _CONNECT_S))
        sent = []
        for topic, payload in messages:
            info = self._send(topic, payload, deadline_s)
            if info is None:
                break
            sent.append(info)
        taken = [self._taken(info, deadline_s) for info in sent]
        return taken + [False] * (len(messages) - len(taken))

    def _wait_for_connection(self, deadline_s: float) -> None:
        if self._begun.acquire(blocking=False):  # once, and never released
            self._client.connect_async(self._login.host, self._login.port, keepalive=30)
            self._client.loop_start()
        while not self._client.is_connected() and time.monotonic() < deadline_s:
            time.sleep(_ROOM)

    def _send(self, topic: str, payload: bytes, deadline_s: float) -> paho.MQTTMessageInfo | None:
        while self._client.is_connected() and time.monotonic() < deadline_s:
            if self._room.acquire(timeout=_ROOM):
                info = self._client.publish(topic, payload, qos=1)
                if info.rc == MQTTErrorCode.MQTT_ERR_QUEUE_SIZE:
                    self._room.release()
                    return None
                return info
        return None

    def _taken(self, info: paho.MQTTMessageInfo, deadline_s: float) -> bool:
        while not info.is_published():
            rest_s = deadline_s - time.monotonic()
            if rest_s <= 0 or not self._client.is_connected():
                return False
            info.wait_for_publish(min(rest_s, 0.5))
        return True

    def _published(self, *_: Any) -> None:
        self._room.release()
