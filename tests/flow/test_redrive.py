"""A refused frame, published again once its cause is mended, is stored with the times that it had, and only once."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from paho.mqtt import publish

from deploy.clock import wall_ms
from tests.command import wangge
from tests.flow.line import running_broker, running_line

pytestmark = [pytest.mark.network, pytest.mark.slow]

NOW_MS = 1_795_516_200_000  # 2026-11-24T18:30+08:00
TOPICS = ("senml/#",)  # what is published again is heard all the same
PACK = (
    b'[{"bn": "new-1/", "n": "weather.temperature", "u": "Cel", "v": 25.5, "t": -5}]'  # five seconds before its receipt
)


def register(site: Path) -> None:
    """Add the device that the pack is of: a copy of a weather station."""
    file = site / "devices.csv"
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    station = next(row for row in rows if row["kind"] == "weather_station")
    with file.open("a", encoding="utf-8", newline="") as stream:
        csv.DictWriter(stream, list(rows[0])).writerow(station | {"id": "new-1", "eui": "", "attributes": ""})


def test_redrive(tmp_path: Path, site_folder: Path) -> None:
    """A relative time is relative to the first receipt; publishing again twice gives duplicates, and all balances."""
    site = tmp_path / "site"
    shutil.copytree(site_folder, site)
    begun_ms = wall_ms()
    with running_broker() as port:
        broker = f"127.0.0.1:{port}"
        with running_line(tmp_path, site, port, NOW_MS, TOPICS) as line:
            publish.single("senml/new-1", PACK, qos=1, hostname="127.0.0.1", port=port)
            line.wait_for_frames(1)
            (first,) = line.query("SELECT id, reason, device, dialect, first_received_at_ms FROM dead_letters")
            redrive = ("deadletters", "redrive", "--data", tmp_path / "data", "--broker", broker, "--json")
            refused = wangge(*redrive, "--reason", "unknown_device", "--wait", "20")
            line.end()
        register(site)
        with running_line(tmp_path, site, port, NOW_MS + 3_600_000 + wall_ms() - begun_ms, TOPICS) as line:
            done = wangge(*redrive, "--reason", "unknown_device")
            line.wait_for_frames(3)
            again = wangge(*redrive, first[0])
            line.wait_for_frames(4)
            balance, counts = line.balance(), [line.sum(name) for name in ("stored", "duplicate", "refused")]
            stored = line.observations()
            letters = line.query("SELECT id, redrives, redriven_at_ms IS NULL FROM dead_letters")

    assert first[1:4] == ("unknown_device", "new-1", "senml_json")
    assert [json.loads(one.stdout) for one in (refused, done, again)] == [
        {"redriven": 1, "refused_again": 1},
        {"redriven": 1},
        {"redriven": 1},
    ]
    assert [(key, value[0]) for key, value in stored.items()] == [
        (("new-1", "weather.temperature", first[4] - 5_000), 25.5)
    ]
    assert (balance, counts) == (0, [1, 2, 1])
    assert letters == [(first[0], 3, 0)]
