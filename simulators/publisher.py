"""Publishes with QoS 1 and never has more than a window of frames unacknowledged, also after a reconnect.

paho sends everything that it holds at once when it connects again, whatever its in-flight limit says, so the limit is
kept here: `publish` waits for room before it hands a frame over. Nothing waits in an unbounded queue.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Self

from paho.mqtt.client import Client, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

WINDOW = 50
_CONNECT_TIMEOUT_S = 10.0


class PublishError(Exception):
    """The broker cannot be reached, or did not acknowledge in time (the message says which)."""


class Publisher:
    """One MQTT connection. Use as a context manager; leaving it waits for the last acknowledgements.

    `prepare` is handed the client before it connects: user name, TLS.
    """

    def __init__(
        self,
        host: str,
        port: int,
        client_id: str,
        window: int = WINDOW,
        prepare: Callable[[Client], None] = lambda _client: None,
    ) -> None:
        self._address = f"{host}:{port}"
        self._refusal = ""
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=MQTTv311, clean_session=True)
        self._client.max_inflight_messages_set(window)
        self._client.max_queued_messages_set(2 * window)  # paho takes one off after its callback only
        self._client.reconnect_delay_set(1, 10)
        self._client.suppress_exceptions = True  # a callback must never end the network thread
        self._client.on_connect = self._on_connect
        self._client.on_publish = self._on_publish
        prepare(self._client)
        self._host, self._port, self._window = host, port, window
        self._answered = threading.Event()
        self._room = threading.Condition()
        self._in_flight = 0
        self.acknowledged = 0

    def __enter__(self) -> Self:
        """Connect; raises PublishError when the broker does not answer."""
        try:
            self._client.connect(self._host, self._port)
        except OSError as exc:
            raise PublishError(f"no MQTT broker answers at {self._address} ({exc.strerror or exc})") from exc
        self._client.loop_start()
        if not self._answered.wait(_CONNECT_TIMEOUT_S) or self._refusal:
            self._client.loop_stop()
            why = f": {self._refusal}" if self._refusal else ""
            raise PublishError(f"the MQTT broker at {self._address} does not accept the connection{why}")
        return self

    def __exit__(self, *_: object) -> None:
        """Disconnect; what is not acknowledged by now is the caller's to report (`flush` first)."""
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, topic: str, payload: bytes, timeout_s: float = 60.0) -> None:
        """Send a frame as soon as the window has room; raises PublishError when it has none for `timeout_s`."""
        with self._room:
            if not self._room.wait_for(lambda: self._in_flight < self._window, timeout_s):
                raise PublishError(f"the MQTT broker at {self._address} has not acknowledged for {timeout_s:g} s")
            self._in_flight += 1
        result = self._client.publish(topic, payload, qos=1)
        if result.rc not in {MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_NO_CONN}:
            raise PublishError(f"a frame cannot be sent to {self._address}: {result.rc.name}")

    def flush(self, timeout_s: float) -> int:
        """Wait for all acknowledgements; return how many are still missing after `timeout_s`."""
        with self._room:
            self._room.wait_for(lambda: self._in_flight == 0, timeout_s)
            return self._in_flight

    def _on_connect(self, _client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self._refusal = str(reason) if reason.is_failure else ""
        self._answered.set()

    def _on_publish(self, *_: Any) -> None:
        with self._room:
            self._in_flight -= 1
            self.acknowledged += 1
            self._room.notify()
