"""The demo on the cluster runtime, as people run it: a bounded run with its report, then Ctrl-C on the same data."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Engine, create_engine

from alerts.store import ledger
from alerts.store.database import reading
from deploy.services.get import debian
from deploy.services.get import kafka as get_kafka
from deploy.services.get import tansu as get_tansu
from deploy.services.run import postgresql
from ingest.flow import Counts
from tests.command import WANGGE
from tests.demo_report import faults
from tests.servers import SERVERS, found

pytestmark = [pytest.mark.network, pytest.mark.external, pytest.mark.slow, pytest.mark.timeout(900)]

_LIMIT_S = 300.0  # far beyond what is needed, also on a busy machine
_SERVERS = ("mosquitto", "apache_kafka", "influxdb", "postgresql")


class Story(NamedTuple):
    """What was seen of two runs on one data folder; `published` and `counts` are of both together."""

    bounded: str
    report: dict[str, Any]
    code: int
    interrupted: str
    published: list[int]
    counts: Counts


class Demo:
    """The demo in a session of its own, as a terminal starts it."""

    def __init__(self, log: Path, *arguments: object, services: Path | None = None) -> None:
        self._log = log
        common = ("demo", "--runtime", "cluster", "--speed", "60", "--seed", "7", "--port", "0")
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [*WANGGE, *common, *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=os.environ | {"COLUMNS": "200"} | ({"WANGGE_SERVICES": str(services)} if services else {}),
            )

    @property
    def output(self) -> str:
        """What it has printed."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def end(self, number: signal.Signals | None = None) -> int:
        """Wait for its end, after a signal to the whole group if one is given; return its exit code."""
        if number is not None:
            os.killpg(self._process.pid, number)
        return self._process.wait(_LIMIT_S)

    def wait_for(self, words: str) -> None:
        """Wait until it has printed these words."""
        deadline = time.monotonic() + _LIMIT_S
        while words not in self.output:
            assert self._process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.1)

    def kill(self) -> None:
        """End it at once, if it is there."""
        self._process.kill()
        self._process.wait(_LIMIT_S)


@contextlib.contextmanager
def case_store(data: Path) -> Iterator[Engine]:
    """Open the case store that a demo has left."""
    server = debian.POSTGRESQL.find()
    with contextlib.ExitStack() as stack:
        url = f"sqlite:///{data / 'state.db'}"
        if server is not None:
            url = stack.enter_context(postgresql.running(server, data / "servers" / "postgresql")).url("wangge")
        engine = create_engine(url)
        stack.callback(engine.dispose)
        yield engine


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Play it once: twenty seconds with a report; the same data again, and Ctrl-C."""
    if get_kafka.SERVER.find() is None:
        found(get_tansu.SERVER)
    logs = tmp_path_factory.mktemp("cluster")
    with tempfile.TemporaryDirectory(prefix="wangge-test-") as folder:  # pytest's own would be closed to PostgreSQL
        data = Path(folder)
        for number, asked in enumerate((("--for", "20s", "--report", logs / "report.json"), ())):
            demo = Demo(logs / f"{number}.log", "--data", data, *asked)
            try:
                if asked:
                    assert demo.end() == 0, demo.output
                else:
                    demo.wait_for(" frames/s ")
                    code = demo.end(signal.SIGINT)
            finally:
                demo.kill()
        told = re.findall(r"published (\d+)", (data / "logs" / "simulate.log").read_text(encoding="utf-8"))
        with case_store(data) as engine, reading(engine) as connection:
            counts = ledger.total(connection)
    bounded, interrupted = ((logs / f"{number}.log").read_text(encoding="utf-8") for number in range(2))
    report = json.loads((logs / "report.json").read_text(encoding="utf-8"))
    return Story(bounded, report, code, interrupted, [int(one) for one in told], counts)


def test_report_is_sound(story: Story, record_property: Callable[[str, object], None]) -> None:
    """Each domain has its incidents found and made cases, nothing is lost on the way, the ledger balances."""
    for name in _SERVERS:
        if SERVERS[name].find() is not None:
            record_property("server", name)

    assert faults(story.report) == ()
    assert story.report["incidents"]["false"] == 0


def test_table_says_what_runs_on_what(story: Story) -> None:
    """The table names each server with its version, or what stands in for it and how to get it."""
    rows = [line for line in story.bounded.splitlines() if line.startswith("│")]

    assert [row.split()[1] for row in rows] == ["broker", "records", "series", "cases", "bridge", "workers"]
    for row, name in zip(rows, _SERVERS, strict=False):
        server = SERVERS[name].find()
        assert (f" {server.version} " if server else "is absent: `make services` gets it") in row, row
    assert "2 processes" in rows[-1]


def test_interrupt_loses_nothing(story: Story) -> None:
    """Ctrl-C ends it with code 0; what the sensors of both runs published was received, acknowledged and stored."""
    assert story.code == 0, story.interrupted
    assert "Traceback" not in story.interrupted
    assert "everything that was received is stored" in story.interrupted
    assert (len(story.published), story.counts.frames) == (2, sum(story.published))
    assert (story.counts.acknowledged, story.counts.balanced) == (story.counts.frames, True)


def test_second_run_goes_on(story: Story) -> None:
    """It knows the people of the first, and finds topics and tables as they were left."""
    assert "shown once" in story.bounded
    assert "as before" in story.interrupted


def test_what_stands_in(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """With Tansu for Kafka and SQLite for the time series nothing is lost either."""
    tansu = found(get_tansu.SERVER).path.parents[2]
    (tmp_path / tansu.name).symlink_to(tansu)
    record_property("server", "tansu")
    with tempfile.TemporaryDirectory(prefix="wangge-test-") as data:
        asked = ("--data", data, "--for", "20s", "--report", tmp_path / "report.json")
        demo = Demo(tmp_path / "log", *asked, services=tmp_path)
        try:
            assert demo.end() == 0, demo.output
        finally:
            demo.kill()
        published = re.findall(r"published (\d+)", (Path(data) / "logs" / "simulate.log").read_text(encoding="utf-8"))
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))

    assert re.search(r"records +│ Tansu .*\(Apache Kafka is absent: `make services` gets it\)", demo.output)
    assert re.search(r"series +│ SQLite .*\(InfluxDB is absent: `make services` gets it\)", demo.output)
    assert faults(report) == ()
    assert [report["frames"]["received"]] == list(map(int, published))


def test_no_kafka_at_all(tmp_path: Path) -> None:
    """Without Kafka and Tansu there is no cluster: one line says how to get one."""
    demo = Demo(tmp_path / "log", "--data", tmp_path / "data", "--for", "1s", services=tmp_path)

    assert demo.end() == 2
    told = "wangge: the cluster runtime needs Apache Kafka or Tansu, neither is here: `make services` gets it"
    assert demo.output.splitlines()[-1:] == [told]
