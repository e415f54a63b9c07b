"""Sends the notices of the outbox, on a thread of its own: a burst or a slow channel never holds up the stream."""

from __future__ import annotations

import threading

import structlog
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from sqlalchemy import Engine

from alerts.errors import NotifyError, StoreError
from alerts.notifiers._base import Notifier
from alerts.store import outbox
from alerts.store.database import reading
from deploy.clock import Clock
from deploy.metrics import NOTICES
from ingest.io.mqtt_source import MqttOptions
from ingest.plugins import find

LOG = structlog.get_logger("sender")
_IDLE_S = 0.2
_PUBLISH_S = 5.0


class Sender:
    """Takes what is due from the outbox, oldest first, and notes what became of it."""

    def __init__(self, database: Engine, options: MqttOptions, clock: Clock) -> None:
        self._database, self._options, self._clock = database, options, clock
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=f"{options.client_id}-out", protocol=paho.MQTTv311
        )
        self._client.max_queued_messages_set(100)
        self._client.reconnect_delay_set(1, 30)
        options.prepare(self._client)
        kinds = find("alerts.notifiers", "NOTIFIER")
        self._notifiers: dict[str, Notifier] = {"mqtt": kinds["mqtt"](self._publish)}

    def start(self) -> None:
        """Connect, and begin to send."""
        self._client.connect_async(self._options.host, self._options.port, keepalive=self._options.keepalive_s)
        self._client.loop_start()
        self._thread.start()

    def stop(self) -> None:
        """Send what is due once more, then disconnect; what could not be sent stays in the outbox."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2 * _PUBLISH_S)
        self._client.disconnect()
        self._client.loop_stop()

    def _run(self) -> None:
        last = False
        while not last:
            last = self._stop.wait(_IDLE_S)
            try:
                while self._send_due() and not last:
                    pass
            except StoreError as exc:
                LOG.warning("outbox cannot be read, trying again", error=str(exc))

    def _send_due(self) -> bool:
        """Send a batch; tell whether there was one and all of it went out."""
        now_ms = self._clock.now_ms()
        with reading(self._database) as connection:
            notices = outbox.due(connection, now_ms)
        sent: list[int] = []
        failed = []
        for notice in notices:
            try:
                self._notifiers[notice.channel].send(notice)
            except NotifyError as exc:
                failed.append((notice, exc))
                NOTICES.labels(notice.channel, "failed").inc()
                if exc.retryable:
                    break  # the channel is away: what comes after would only fail too
            else:
                sent.append(notice.id)
                NOTICES.labels(notice.channel, "sent").inc()
        if notices:
            with self._database.begin() as connection:
                outbox.mark_sent(connection, tuple(sent), now_ms)
                for notice, error in failed:
                    outbox.mark_failed(connection, notice, str(error), now_ms, retryable=error.retryable)
        return bool(notices) and not failed

    def _publish(self, topic: str, payload: bytes, qos: int, retain: bool) -> None:  # noqa: FBT001 - the port's signature
        if not self._client.is_connected():
            raise OSError("the broker is away")
        info = self._client.publish(topic, payload, qos, retain)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise OSError(paho.error_string(info.rc))
        info.wait_for_publish(_PUBLISH_S)
        if not info.is_published():
            raise OSError(f"the broker did not answer within {_PUBLISH_S:.0f} s")
