"""Sends notices over MQTT: the address is the topic, QoS 1.

A retained notice stays on its topic for whoever subscribes later. One that is not retained is published plainly and
then the topic is cleared with an empty retained message, as MQTT 3.1.1 (3.3.1.3) says; subscribers skip empty payloads.
"""

from __future__ import annotations

from collections.abc import Callable

from alerts.errors import NotifyError
from alerts.notifiers._base import Notice

Publish = Callable[[str, bytes, int, bool], None]


class MqttNotifier:
    """`publish(topic, payload, qos, retain)` raises OSError or ValueError where it cannot."""

    name = "mqtt"

    def __init__(self, publish: Publish) -> None:
        self._publish = publish

    def send(self, notice: Notice) -> None:
        """Publish the notice."""
        try:
            self._publish(notice.address, notice.payload.encode(), 1, notice.retained)
            if not notice.retained:
                self._publish(notice.address, b"", 1, True)
        except OSError as exc:
            raise NotifyError(f"mqtt: {exc.strerror or exc}", retryable=True) from exc
        except ValueError as exc:
            raise NotifyError(f"mqtt: {notice.address!r} cannot be published to: {exc}", retryable=False) from exc


NOTIFIER = MqttNotifier
