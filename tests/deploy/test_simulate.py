"""`wangge simulate` against a real broker: what it sends, how it ends, and what it says when it cannot."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from typer.testing import CliRunner

from deploy import broker
from deploy.cli import build
from deploy.clock import wall_ms
from deploy.commands._base import UserError
from simulators.incidents import read

_START_MS = 1_795_516_200_000
_MAIN = "from deploy.cli import main; main()"


@pytest.fixture
def port() -> Iterator[int]:
    """Run a broker on a free port."""
    free = broker.free_port(0)
    with broker.running(free):
        yield free


@pytest.fixture
def received(port: int) -> Iterator[list[tuple[str, bytes]]]:
    """Collect all messages of the broker."""
    messages: list[tuple[str, bytes]] = []
    ready = threading.Event()
    client = Client(CallbackAPIVersion.VERSION2, client_id="listener", protocol=MQTTv311)
    client.on_message = lambda _client, _data, message: messages.append((message.topic, bytes(message.payload)))
    client.on_subscribe = lambda *_: ready.set()
    client.connect("127.0.0.1", port)
    client.subscribe("#", qos=1)
    client.loop_start()
    assert ready.wait(10)
    yield messages
    client.disconnect()
    client.loop_stop()


def _arguments(site: Path, port: int, speed: float, *more: str) -> list[str]:
    shared = f"{_START_MS},{wall_ms()},{speed}"
    return ["simulate", "--site", str(site), "--broker", f"127.0.0.1:{port}", "--clock", shared, "--json", *more]


def _wait(condition: Any, timeout_s: float = 20) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert condition()


@pytest.mark.network
@pytest.mark.slow
def test_simulate_sends_the_same_frames_again(
    site_folder: Path, port: int, received: list[tuple[str, bytes]], tmp_path: Path
) -> None:
    """Two runs of one seed send the same messages, all acknowledged, and write what was true."""
    truth = tmp_path / "truth.json"
    more = ("--duration", "3m", "--seed", "7", "--truth", str(truth))
    sent = []
    for _ in range(2):
        result = CliRunner().invoke(build(), _arguments(site_folder, port, 200, *more))
        report = json.loads(result.stdout)
        _wait(lambda done=report: len(received) >= done["published"])
        assert report["published"] == report["acknowledged"] == len(received) > 1_500
        assert report["unacknowledged"] == 0
        sent.append(sorted(received))
        received.clear()

    assert sent[0] == sent[1]
    assert {topic.split("/")[0] for topic, _ in sent[0]} == {"wangge", "v3", "senml", "ngsi"}
    assert [one.effect for one in read(truth)][:3] == ["road_flooded", "lamp_dark", "lamp_dark"]


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_simulate_ends_cleanly_on_signals(
    site_folder: Path, port: int, received: list[tuple[str, bytes]], tmp_path: Path, number: signal.Signals
) -> None:
    """Told to stop, an endless run waits for its acknowledgements, writes the truth and exits with 0."""
    truth = tmp_path / "truth.json"
    arguments = _arguments(site_folder, port, 60, "--truth", str(truth))
    with subprocess.Popen([sys.executable, "-c", _MAIN, *arguments], stdout=subprocess.PIPE) as process:
        _wait(lambda: len(received) > 200)
        os.kill(process.pid, number)
        out, _ = process.communicate(timeout=30)

    report = json.loads(out)
    assert (process.returncode, report["unacknowledged"]) == (0, 0)
    assert report["published"] == report["acknowledged"]
    assert truth.is_file()


@pytest.mark.parametrize(
    "more, message",
    [
        (["--broker", "localhost"], "--broker is 'localhost': give host:port, as in 127.0.0.1:1883"),
        (["--broker", "127.0.0.1:1"], "no MQTT broker answers at 127.0.0.1:1"),
        (["--scenario", "storm"], "there is no scenario 'storm': give a YAML file or one of evening, quiet"),
        (["--clock", "now"], "--clock is 'now': give START_MS,WALL_START,SPEED"),
        (["--clock", "1,2,0"], "--clock has speed 0: give a number above 0"),
        (["--duration", "long"], "--duration: 'long' is not a duration such as 90s, 5m, 2h or 1d"),
        (["--crew-url", "http://127.0.0.1:1"], "--crew-url needs --crew-password-file"),
    ],
)
def test_simulate_mistakes_are_one_line(site_folder: Path, more: list[str], message: str) -> None:
    """Each mistake is told with its remedy, and nothing is sent."""
    result = CliRunner().invoke(build(), ["simulate", "--site", str(site_folder), *more])

    assert isinstance(result.exception, UserError)
    assert str(result.exception).startswith(message)
    assert "\n" not in str(result.exception)


def test_simulate_refuses_a_faulty_site(tmp_path: Path) -> None:
    """A folder that is no site starts nothing."""
    result = CliRunner().invoke(build(), ["simulate", "--site", str(tmp_path)])

    assert isinstance(result.exception, UserError)
    assert str(result.exception).endswith("faults: nothing was started")
