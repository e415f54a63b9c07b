"""Shared subscriptions of the bridge, on the broker that is the pickiest about them."""

from __future__ import annotations

import time

import pytest
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from deploy import broker
from deploy.brokers import shared
from deploy.settings import MqttSettings

TOPICS = {"wangge/a/up/b", "v3/a", "ngsi/a", "senml/a"}


def test_first_group_has_the_plain_name() -> None:
    """An installation with one topic shares it under its client id."""
    assert shared("w", ("a/#", "b/#")) == ("$share/w/a/#", "$share/w1/b/#")


@pytest.mark.network
def test_every_filter_is_served() -> None:
    """What comes on any of the topics reaches the bridge: iotcore drops what a second filter of one group matches."""
    heard: set[str] = set()
    clients = [paho.Client(CallbackAPIVersion.VERSION2, client_id=f"shared-{number}") for number in range(2)]
    with broker.running(port := broker.free_port(0)):
        for client in clients:
            client.connect("127.0.0.1", port)
            client.loop_start()
        bridge, sensors = clients
        subscribed: list[int] = []
        bridge.on_subscribe = lambda *_: subscribed.append(1)
        bridge.on_message = lambda _client, _data, message: heard.add(message.topic)
        bridge.subscribe([(topic, 1) for topic in shared("w", MqttSettings().topics)])
        deadline = time.monotonic() + 10
        while heard != TOPICS and time.monotonic() < deadline:
            if subscribed:
                for topic in TOPICS - heard:
                    sensors.publish(topic, b"{}", qos=1)
            time.sleep(0.05)
        for client in clients:
            client.disconnect()
            client.loop_stop()

    assert heard == TOPICS
