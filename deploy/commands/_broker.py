"""Asks an MQTT broker what it can be asked: whether it takes us, and how much it sends before it wants answers."""

from __future__ import annotations

import secrets
import threading
from typing import Any

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from deploy.commands._base import UserError
from ingest.io.mqtt_source import MqttOptions

_ANSWER_S = 5.0
_PAUSE_S = 0.5  # of a broker that has sent all that it will


class _Ear(paho.Client):
    """A client that hears its own messages and acknowledges none."""

    def __init__(self, name: str) -> None:
        super().__init__(CallbackAPIVersion.VERSION2, client_id=name, protocol=paho.MQTTv311, manual_ack=True)
        self.refusal = ""
        self.heard = 0
        self.answered, self.subscribed, self.message = threading.Event(), threading.Event(), threading.Event()
        self.on_connect = self._connected
        self.on_subscribe = lambda *_: self.subscribed.set()
        self.on_message = self._heard

    def _connected(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self.refusal = str(reason) if reason.is_failure else ""
        self.answered.set()

    def _heard(self, *_: Any) -> None:
        self.heard += 1
        self.message.set()


def window(options: MqttOptions, most: int, section: str = "mqtt") -> int | None:
    """Return how many unacknowledged messages the broker sends us, counted up to `most`; None where we hear nothing.

    We hear nothing where the broker does not let us read what we write. The messages are empty, go to a topic of their
    own and are forgotten. Raises UserError that names the section of the settings where the broker cannot be used.
    """
    place = f"broker at {options.address}"
    ear = _Ear(f"{options.client_id}-doctor-{secrets.token_hex(4)}")
    options.prepare(ear)
    try:
        ear.connect(options.host, options.port, keepalive=30)
    except OSError as exc:
        raise UserError(f"{place} does not answer ({exc}): start it, or mend host and port under [{section}]") from exc
    ear.loop_start()
    try:
        if not ear.answered.wait(_ANSWER_S):
            raise UserError(f"{place} takes the connection and does not answer: is it an MQTT broker?")
        if ear.refusal:
            variable = f"WANGGE_{section.replace('.', '__').upper()}__PASSWORD"
            remedy = f"mend username and password under [{section}] ({variable})"
            raise UserError(f"{place} refuses us ({ear.refusal}): {remedy}")
        return _count(ear, most)
    finally:
        ear.disconnect()
        ear.loop_stop()


def _count(ear: _Ear, most: int) -> int | None:
    topic = f"wangge/doctor/{secrets.token_hex(8)}"
    ear.subscribe(topic, qos=1)
    if not ear.subscribed.wait(_ANSWER_S):
        return None
    for _ in range(most):
        ear.publish(topic, b"", qos=1)
    while ear.heard < most and ear.message.wait(_PAUSE_S):
        ear.message.clear()
    return ear.heard or None
