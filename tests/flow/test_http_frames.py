"""Frames over HTTP, as docs/api.md tells it: `curl`, web application, broker and pipeline, each by itself."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from deploy import broker
from deploy.services.get import debian
from deploy.services.run import mosquitto
from tests.command import wangge
from tests.docs.pages import ROOT, blocks, file_of
from tests.flow.line import running_line

pytestmark = [pytest.mark.network, pytest.mark.external, pytest.mark.slow, pytest.mark.timeout(180)]

PAGE = ROOT / "docs" / "api.md"
NOW_MS = 1_795_482_060_000  # 2026-11-24 09:01 in Nanning
URL = "localhost:8080"


@contextlib.contextmanager
def running_web(config: Path, port: int) -> Iterator[None]:
    """Run `wangge web` until the block is left."""
    command = [sys.executable, "-m", "deploy.child", "web", "--config", str(config)]
    with config.with_suffix(".web.log").open("ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert process.poll() is None, config.with_suffix(".web.log").read_text()
            with contextlib.suppress(OSError):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                connection.request("GET", "/health/live")
                connection.getresponse().read()
                connection.close()
                break
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)
        assert process.stdin is not None
        process.stdin.close()


def test_as_the_page_tells(tmp_path: Path, site_folder: Path) -> None:
    """The examples are stored; while the broker is away nothing is accepted, and sending again afterwards is enough."""
    found = debian.MOSQUITTO.find()
    if found is None or shutil.which("curl") is None:
        pytest.skip("mosquitto or curl is not installed")
    port = broker.free_port(0)
    (tmp_path / "frames.ndjson").write_text(file_of(PAGE, "frames.ndjson"), encoding="utf-8")
    (examples,) = [block.text for block in blocks(PAGE) if block.text.startswith("curl -sS")]
    more = f"[web]\nport = {port}\n"
    with (
        mosquitto.running(found, tmp_path / "mosquitto") as server,
        running_line(tmp_path, site_folder, server.port, NOW_MS, ("wangge/+/up/#",), more) as line,
    ):
        made = wangge("token", "create", "t", "--config", line.config)
        token = made.stdout.strip()
        with running_web(line.config, port):
            ended = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", examples.replace(URL, f"127.0.0.1:{port}")],
                cwd=tmp_path,
                env={**os.environ, "WANGGE_TOKEN": token},
                capture_output=True,
                text=True,
                check=False,
            )
            line.wait_for_frames(6)
            stored = {device: line.stored(device) for device in ("wl-001", "wl-002", "wl-003")}
            duplicates = line.sum("duplicate")
            server.process.kill()
            lines = "\n".join(
                f'{{"device_id": "wl-001", "time": {NOW_MS + n}, "values": {{"weather.water_level": 1}}}}'
                for n in range(500)
            )
            client = httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=30)
            address = f"http://127.0.0.1:{port}/api/v1/frames"
            away = client.post(address, content=lines)
            server.process.start()
            line.wait_for("the broker", lambda: line.pulse()["connected"])
            deadline = time.monotonic() + 30
            again = client.post(address, content=lines)
            while again.status_code == 503 and time.monotonic() < deadline:
                time.sleep(0.5)
                again = client.post(address, content=lines)
            client.close()
            line.wait_for("all of them", lambda: line.stored("wl-001") == 501)
            balance = line.balance()

    assert made.returncode == 0, made.stderr
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.count('"accepted":3,"refused":0') == 2, ended.stdout
    assert stored == {"wl-001": 1, "wl-002": 1, "wl-003": 1}
    assert duplicates == 3
    assert (away.status_code, away.json()["error"], away.json()["accepted"]) == (503, "broker_away", 0)
    assert (again.status_code, again.json()["accepted"]) == (202, 500)
    assert balance == 0
