"""The Mosquitto configuration that is shipped starts, and lets a device speak for itself only."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from deploy.bench import mosquitto
from deploy.broker import free_port
from deploy.settings import MqttSettings
from tests.docs.pages import ROOT

pytestmark = [pytest.mark.network, pytest.mark.external]

FOLDER = ROOT / "deploy" / "mosquitto"
PASSWORD = "a long enough password"  # noqa: S105 - of a broker that lives for this test
OWN, ANOTHER = "wangge/xixiangtang/up/bin-0001", "wangge/xixiangtang/up/bin-0002"


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Run Mosquitto with the shipped configuration: other port, other folders, otherwise as it is."""
    program = mosquitto.find()
    if program is None:
        pytest.skip("mosquitto is not installed")
    port, passwords = free_port(0), tmp_path / "passwd"
    for number, name in enumerate(("wangge", "bin-0001")):
        command = ["mosquitto_passwd", "-b", *(["-c"] if number == 0 else []), str(passwords), name, PASSWORD]
        subprocess.run(command, check=True, capture_output=True)
    text = (FOLDER / "mosquitto.conf").read_text(encoding="utf-8")
    for shipped, ours in (
        ("listener 1883 127.0.0.1", f"listener {port} 127.0.0.1"),
        ("/etc/mosquitto/passwd\nacl_file", f"{passwords}\nacl_file"),
        ("/etc/mosquitto/acl\n", f"{FOLDER / 'acl'}\n"),
        ("/var/lib/mosquitto/", f"{tmp_path}/"),
    ):
        assert shipped in text
        text = text.replace(shipped, ours)
    config = tmp_path / "mosquitto.conf"
    config.write_text(text + ("user root\n" if os.geteuid() == 0 else ""), encoding="utf-8")
    process = subprocess.Popen([program, "-c", str(config)])
    try:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=10)


@contextlib.contextmanager
def connected(port: int, name: str | None) -> Iterator[paho.Client]:
    """Connect as a user, or as nobody."""
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=f"test-{name}", protocol=paho.MQTTv311)
    if name is not None:
        client.username_pw_set(name, PASSWORD)
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


def wait_for(condition: object, seconds: float = 5.0) -> bool:
    """Wait until a callable says yes; tell whether it did."""
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return bool(condition())


def test_devices_speak_for_themselves(port: int) -> None:
    """The pipeline hears a device on its own topic, and nothing that it says on another's."""
    heard: list[str] = []
    ready: list[int] = []
    with connected(port, "wangge") as pipeline, connected(port, "bin-0001") as device:
        pipeline.on_message = lambda _client, _data, message: heard.append(message.topic)
        pipeline.on_subscribe = lambda *_: ready.append(1)
        assert wait_for(pipeline.is_connected)
        pipeline.subscribe([(topic, 1) for topic in MqttSettings().topics])
        assert wait_for(lambda: ready)
        for topic in (ANOTHER, OWN):
            device.publish(topic, b"{}", qos=1).wait_for_publish(5)
        assert wait_for(lambda: OWN in heard)

    assert heard == [OWN]


def test_nobody_is_refused(port: int) -> None:
    """Without a name there is no connection."""
    refused: list[bool] = []
    with connected(port, None) as stranger:
        stranger.on_connect = lambda _client, _data, _flags, reason, _properties: refused.append(reason.is_failure)
        assert wait_for(lambda: refused or not stranger.is_connected(), 2)

        assert not stranger.is_connected()
