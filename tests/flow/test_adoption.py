"""A device that the register lacks is quarantined, listed, adopted while the line runs, and its frames are stored.

One line runs, as a process, on a real broker and a copy of the sample site.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulators.publisher import Publisher
from tests.command import wangge
from tests.flow.line import TIMEOUT_S, Line, running_broker, running_line

pytestmark = [pytest.mark.network, pytest.mark.slow]

NOW_MS = 1_795_516_200_000  # 2026-11-24T18:30+08:00
CELL = "450107001001001"
TOPICS = ("wangge/+/up/#", "v3/#")
EUI = "70B3D57ED0999999"


@pytest.fixture
def site(tmp_path: Path, site_folder: Path) -> Path:
    """Return a copy of the sample site that a device may be added to."""
    return Path(shutil.copytree(site_folder, tmp_path / "site"))


@pytest.fixture
def port() -> Iterator[int]:
    """Run a broker and return its port."""
    with running_broker() as number:
        yield number


def fill(device: str, time_ms: int, percent: float) -> bytes:
    """Return a Wangge message of a bin."""
    return json.dumps({"device_id": device, "time": time_ms, "values": {"waste.fill_level": percent}}).encode()


def uplink() -> bytes:
    """Return an uplink of The Things Stack."""
    return json.dumps(
        {
            "end_device_ids": {"device_id": "new-bin", "dev_eui": EUI},
            "uplink_message": {"received_at": "2026-11-24T10:29:00Z", "decoded_payload": {"fill_level": 81}},
        }
    ).encode()


def send(port: int, *frames: tuple[str, bytes]) -> None:
    """Publish frames and wait until the broker has them."""
    with Publisher("127.0.0.1", port, "adoption") as publisher:
        for topic, payload in frames:
            publisher.publish(topic, payload)
        assert publisher.flush(TIMEOUT_S) == 0


def test_adopted_while_running(tmp_path: Path, site: Path, port: int) -> None:
    """Frames of unknown devices come to be stored with their own times; rules know the device; the ledger balances."""
    with running_line(tmp_path, site, port, NOW_MS, TOPICS) as line:
        for number in range(3):
            send(port, ("wangge/xixiangtang/up/bin-new", fill("bin-new", NOW_MS - number * 60_000, 50.0 + number)))
        send(port, ("v3/app@city/devices/new-bin/up", uplink()))
        line.wait_for_frames(4)

        listed = {one["device"]: one for one in unknown(line)}
        (lora,) = set(listed) - {"bin-new"}
        assert lora in {"new-bin", EUI}
        bin_new = listed["bin-new"]
        assert (bin_new["frames"], bin_new["dialect"]) == (3, "wangge_json")
        assert (bin_new["domain"], bin_new["kind"]) == ("waste", "waste_bin")
        assert {one["property"] for one in bin_new["would_read"]} == {"waste.fill_level"}

        adopted = adopt(line, "bin-new", "--cell", CELL, "--height-cm", "120", "--title", "新箱")
        assert (adopted["redriven"], adopted["refused_again"]) == (3, 0)
        adopted = adopt(line, lora, "--cell", CELL, "--id", "bin-lora", "--eui", EUI)
        assert (adopted["redriven"], adopted["refused_again"]) == (1, 0)

        line.wait_for("the frames that were published again", lambda: line.sum("stored") >= 4)
        observations = line.observations()
        assert unknown(line) == []
    fills = {name: value for (device, name, _), (value, _) in observations.items() if device == "bin-lora"}
    assert fills == {"waste.fill_level": 81.0}
    times = {time_ms: value for (device, _, time_ms), (value, _) in observations.items() if device == "bin-new"}
    assert times == {NOW_MS: 50.0, NOW_MS - 60_000: 51.0, NOW_MS - 120_000: 52.0}
    assert line.balance() == 0


def test_faults_write_nothing(tmp_path: Path, site: Path, port: int) -> None:
    """What would make the register faulty is told, every fault of it, and the file stays what it was."""
    before = (site / "devices.csv").read_bytes()
    with running_line(tmp_path, site, port, NOW_MS, TOPICS) as line:
        done = wangge(
            "devices", "adopt", "lamp-00001", "--config", line.config, "--cell", CELL, "--domain", "lighting",
            "--kind", "Street Light", "--parent", "circuit-999", "--topic", "city/#/x",
        )  # fmt: skip

    assert done.returncode == 2
    for told in (
        "id 'lamp-00001' stands twice",
        "kind 'Street Light' is not a word",
        "is not a topic filter",
        "nothing was written",
    ):
        assert told in done.stderr
    assert (site / "devices.csv").read_bytes() == before


def unknown(line: Line) -> list[dict[str, Any]]:
    """Return what `wangge devices unknown` lists."""
    done = wangge("devices", "unknown", "--config", line.config, "--json")
    assert done.returncode == 0, done.stderr
    items: list[dict[str, Any]] = json.loads(done.stdout)["items"]
    return items


def adopt(line: Line, *arguments: str) -> dict[str, object]:
    """Run `wangge devices adopt` and return what it did."""
    done = wangge("devices", "adopt", *arguments, "--config", line.config, "--json")
    assert done.returncode == 0, done.stderr
    result: dict[str, object] = json.loads(done.stdout)
    return result
