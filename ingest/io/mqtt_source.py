"""Frames from an MQTT broker: persistent session, QoS 1, acknowledged by whoever took them, after the commit.

The network thread only puts lists of frames on a bounded queue. While the pipeline is busy or a store is down, the
broker's window of unacknowledged messages fills and the broker keeps the rest; QoS 0 frames are bounded by the queue.
After a lost connection paho comes back with back-off, and the broker sends what was not acknowledged again.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from ingest.io.login import Login
from ingest.io.read_ahead import ReadAheadClient
from ingest.model import Frame

LOG = structlog.get_logger("mqtt")
_QUEUED_CHUNKS = 64  # of at most 256 KiB each: the bound on what waits in memory


class MqttOptions(Login, frozen=True, kw_only=True):
    """Where the frames come from. `source` names the broker in ledger and dead letters.

    `unwanted`: what the persistent session may still be subscribed to from a time of other settings.
    """

    topics: tuple[str, ...] = ("#",)
    unwanted: tuple[str, ...] = ()
    client_id: str = "wangge"
    source: str = "mqtt"
    keepalive_s: int = 30


class MqttSource:
    """Takes frames from a broker. `start`, then `take` and `acknowledge` from one thread, then `stop`.

    `arrived` is set whenever frames were put on the queue, for whoever waits for several sources.
    """

    def __init__(self, options: MqttOptions, now_ms: Callable[[], int], arrived: threading.Event | None = None) -> None:
        self._options, self._now = options, now_ms
        self._arrived = arrived or threading.Event()
        self._queue: queue.Queue[list[Frame]] = queue.Queue(_QUEUED_CHUNKS)
        self._rest: list[Frame] = []
        self._stopping = False
        self.connected = False
        self.problem: str | None = "not connected yet"
        self._client = self._new_client()

    def start(self) -> None:
        """Begin to connect; an absent broker is waited for, with back-off."""
        self._client.connect_async(self._options.host, self._options.port, keepalive=self._options.keepalive_s)
        self._client.loop_start()

    def ensure(self) -> None:
        """Rebuild the client if its network thread has died (paho leaves `is_connected()` true then)."""
        thread = self._client._thread  # noqa: SLF001 - contract test; no public name tells
        if not self._stopping and (thread is None or not thread.is_alive()):
            LOG.warning("network thread died, reconnecting", broker=self._options.address)
            self._client = self._new_client()
            self.start()

    def take(self, limit: int, wait_s: float) -> list[Frame]:
        """Return up to `limit` frames in order of arrival; an empty list when none comes within `wait_s`."""
        frames = self._rest
        if not frames:
            try:
                frames = self._queue.get(timeout=wait_s) if wait_s > 0 else self._queue.get_nowait()
            except queue.Empty:
                return []
        self._rest = frames[limit:]
        return frames[:limit]

    def acknowledge(self, frames: Sequence[Frame]) -> int:
        """Tell the broker that these are safe. Return how many it still wanted to know of."""
        return self._client.acknowledge([frame.receipt for frame in frames if frame.qos])

    def stop(self) -> None:
        """Disconnect after what waits to be sent (acknowledgements) has been sent; frames not taken stay unacked."""
        self._stopping = True
        deadline = time.monotonic() + 2.0
        while self._client.want_write() and self.connected and time.monotonic() < deadline:
            time.sleep(0.005)
        self._client.disconnect()
        self._client.loop_stop()

    def _new_client(self) -> ReadAheadClient:
        options = self._options
        client = ReadAheadClient(options.client_id, source=options.source, now_ms=self._now, deliver=self._deliver)
        client.reconnect_delay_set(1, 30)
        options.prepare(client)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        return client

    def _deliver(self, frames: list[Frame]) -> None:
        while not self._stopping:
            try:
                self._queue.put(frames, timeout=0.5)
            except queue.Full:
                continue
            self._arrived.set()
            return

    def _on_connect(
        self, client: Client, _data: Any, _flags: ConnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        if reason.is_failure:
            self.problem = f"{self._options.address} refuses the connection: {reason}"
            LOG.warning("refused", broker=self._options.address, reason=str(reason))
            return
        if self._options.unwanted:
            client.unsubscribe(list(self._options.unwanted))
        client.subscribe([(topic, 1) for topic in self._options.topics])

    def _on_subscribe(
        self, _client: Client, _data: Any, _mid: int, reasons: list[ReasonCode], _properties: Properties | None
    ) -> None:
        refused = [topic for topic, reason in zip(self._options.topics, reasons, strict=False) if reason.is_failure]
        self.problem = f"{self._options.address} refuses the subscription to {refused[0]!r}" if refused else None
        self.connected = not refused

    def _on_disconnect(
        self, _client: Client, _data: Any, _flags: DisconnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        if self.connected and not self._stopping:  # what refused us closes the connection too; that is told already
            self.problem = f"{self._options.address}: connection lost ({reason})"
        self.connected = False

    def _on_connect_fail(self, _client: Client, _data: Any) -> None:
        self.problem = f"{self._options.address} cannot be reached"
