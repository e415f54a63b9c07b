"""Several brokers, and one device that has gone mad, through `wangge run`: nobody is held up, everything is counted."""

from __future__ import annotations

import functools
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from typer.testing import CliRunner

from deploy import broker
from deploy.bench import backlog, mosquitto
from deploy.cli import build
from deploy.clock import wall_ms
from tests.flow.line import Line, running_line

pytestmark = [pytest.mark.network, pytest.mark.external, pytest.mark.slow, pytest.mark.timeout(180)]

LEVEL = "weather.water_level"
TOPICS = ("wangge/+/up/#",)
RATE, BURST_S, SECONDS = 50, 2, 1.5


def message(device: str, time_ms: int, site: str = "xixiangtang") -> tuple[str, bytes]:
    """Return topic and payload of a level."""
    payload = {"device_id": device, "time": time_ms, "values": {LEVEL: 2.0}}
    return f"wangge/{site}/up/{device}", json.dumps(payload).encode()


@pytest.fixture
def port() -> Iterator[int]:
    """Run Mosquitto for one test."""
    if mosquitto.find() is None:
        pytest.skip("mosquitto is not installed")
    with mosquitto.running() as found:
        yield found


def test_one_broker_is_away(tmp_path: Path, site_folder: Path, port: int) -> None:
    """What comes over the other is stored, with a row of its own in the ledger; it is told which one is away.

    That other one is of another site: a device that is registered here is taken, a stranger is quarantined.
    """
    away, now_ms = broker.free_port(0), wall_ms()
    more = f"[sources.east]\nport = {away}\n"
    with mosquitto.running() as west:
        more += f"[sources.west]\nport = {west}\nwindow = 50\n"
        with running_line(tmp_path, site_folder, port, now_ms, TOPICS, more, connected=False) as line:
            line.wait_for("its two brokers", lambda: line.links() == {"mqtt": True, "west": True, "east": False})
            backlog.publish(port, [message("wl-001", now_ms + number) for number in range(300)])
            backlog.publish(west, [message("wl-002", now_ms + number, "west") for number in range(200)])
            backlog.publish(west, [message("of-the-west", now_ms, "west")])
            line.wait_for_frames(501)
            problem = line.pulse()["problem"]
            with broker.running(away):
                line.wait_for("all brokers", lambda: line.pulse()["connected"])
            balance = line.balance()
            rows = line.query("SELECT source, sum(frames), sum(stored) FROM ledger GROUP BY source ORDER BY source")
            letters = line.query("SELECT source, reason, device FROM dead_letters")

    assert problem == f"east: 127.0.0.1:{away} cannot be reached"
    assert letters == [("west", "unknown_device", "of-the-west")]
    assert balance == 0
    assert rows == [("mqtt", 300, 300), ("west", 201, 200)]


def test_one_device_has_gone_mad(tmp_path: Path, site_folder: Path, port: int) -> None:
    """At 2,000 frames a second it is refused beyond its limit, and a quiet device is stored as quickly as ever."""
    now_ms = wall_ms()
    more = f"window = 1000\ntopic_frames_per_s = {RATE}\nburst_s = {BURST_S}\n"
    with running_line(tmp_path, site_folder, port, now_ms, TOPICS, more) as line:
        flood = threading.Thread(target=_flood, args=(port, now_ms))
        flood.start()
        waited: list[float] = []
        quiet = paho.Client(CallbackAPIVersion.VERSION2, client_id="quiet")
        quiet.connect("127.0.0.1", port)
        quiet.loop_start()
        while flood.is_alive() or len(waited) < 10:
            before = line.stored("wl-002")
            topic, payload = message("wl-002", now_ms + before)
            begin_s = time.monotonic()
            quiet.publish(topic, payload, qos=1)
            line.wait_for("the quiet device", functools.partial(has_more, line, "wl-002", before))
            waited.append(time.monotonic() - begin_s)
            time.sleep(0.1)
        flood.join()
        quiet.disconnect()
        quiet.loop_stop()
        sent = int(2_000 * SECONDS)
        line.wait_for_frames(sent + len(waited))
        letters = line.query("SELECT stage, reason, count(*), sum(times) FROM dead_letters GROUP BY 1, 2")
        kept, balance = line.stored("wl-001"), line.balance()
        ended = CliRunner().invoke(
            build(), ["deadletters", "redrive", "--config", str(line.config), "--reason", "rate_limited"]
        )
        assert ended.exit_code == 0, ended.output
        line.wait_for("what was refused", lambda: line.stored("wl-001") == sent)

    assert balance == 0
    assert letters == [("normalise", "rate_limited", sent - kept, sent - kept)]
    assert RATE * BURST_S <= kept <= RATE * (BURST_S + 10 * SECONDS)
    assert sorted(waited)[len(waited) // 2] < 0.5
    assert max(waited) < 3


def has_more(line: Line, device: str, before: int) -> bool:
    """Tell whether more of a device is stored."""
    return line.stored(device) > before


def _flood(port: int, now_ms: int) -> None:
    """Send 2,000 frames a second of one device."""
    begin_s = time.monotonic()
    for chunk in range(int(20 * SECONDS)):
        backlog.publish(port, [message("wl-001", now_ms + chunk * 100 + number) for number in range(100)], "flood")
        time.sleep(max(0, begin_s + (chunk + 1) / 20 - time.monotonic()))
