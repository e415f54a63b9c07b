"""The demo as people run it: a process that is started, interrupted, started again, and killed.

One data folder goes through all of it. First run: from nothing to Ctrl-C. Second run: on the same data, refused to a
third, and killed with `kill -9`.
"""

from __future__ import annotations

import copy
import dataclasses
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.command import TIMEOUT_S, WANGGE, wangge
from tests.demo_report import faults

pytestmark = [pytest.mark.network, pytest.mark.slow, pytest.mark.timeout(400)]
_LINUX = sys.platform == "linux"  # children are found in /proc


@dataclasses.dataclass(frozen=True, slots=True)
class Snapshot:
    """What stands in the stores of a data folder."""

    frames: int
    acknowledged: int
    balance: int
    observations: int
    administrators: int
    now_ms: int


def snapshot(data: Path) -> Snapshot:
    """Read the stores; the demo may run meanwhile."""
    with closing(sqlite3.connect(f"file:{data / 'state.db'}?mode=ro", uri=True, timeout=10)) as database:
        sums = "sum(frames), sum(acknowledged), sum(received - stored - duplicate - refused - dead_lettered)"
        frames, acknowledged, balance = database.execute(f"SELECT {sums} FROM ledger").fetchone()  # noqa: S608 - above
        count = "SELECT count(*) FROM users WHERE role = 'administrator'"
        administrators = database.execute(count).fetchone()[0]
        pulse = database.execute("SELECT value FROM meta WHERE key = 'pipeline'").fetchone()
    with closing(sqlite3.connect(f"file:{data / 'series.db'}?mode=ro", uri=True, timeout=10)) as database:
        observations = database.execute("SELECT count(*) FROM observations").fetchone()[0]
    now_ms = json.loads(pulse[0])["now_ms"] if pulse else 0
    return Snapshot(frames or 0, acknowledged or 0, balance or 0, observations, administrators, now_ms)


class Demo:
    """`wangge demo` in a session of its own, as a terminal starts it."""

    def __init__(self, data: Path, log: Path) -> None:
        self._data, self._log = data, log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [*WANGGE, "demo", "--data", str(data), "--port", "0", "--speed", "60", "--seed", "7"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=os.environ | {"COLUMNS": "200"},
            )

    @property
    def output(self) -> str:
        """What it has printed."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def url(self) -> str:
        """Return the console's address as soon as it is printed."""
        self.wait(lambda: "Ctrl-C" in self.output, "no greeting")
        found = re.search(r"console\s+(http://\S+)", self.output)
        assert found is not None, self.output
        return found[1]

    def wait_for_frames(self, count: int) -> None:
        """Wait until the ledger has at least so many frames."""
        self.wait(lambda: snapshot(self._data).frames >= count, f"fewer than {count} frames")

    def children(self) -> list[int]:
        """Return the process ids of its children."""
        tasks = Path(f"/proc/{self._process.pid}/task").glob("*/children")
        return [int(pid) for children in tasks for pid in children.read_text(encoding="ascii").split()]

    def interrupt(self) -> tuple[int, float]:
        """Press Ctrl-C: the signal goes to the whole process group; return exit code and the seconds that it took."""
        begin_s = time.monotonic()
        os.killpg(self._process.pid, signal.SIGINT)
        return self._process.wait(TIMEOUT_S), time.monotonic() - begin_s

    def kill(self) -> None:
        """End it with `kill -9`, if it is there."""
        self._process.kill()
        self._process.wait(TIMEOUT_S)

    def wait(self, ready: Callable[[], bool], what: str) -> None:
        """Wait until something is so, as long as the demo runs."""
        deadline = time.monotonic() + TIMEOUT_S
        while not ready():
            assert self._process.poll() is None, self.output
            assert time.monotonic() < deadline, f"{what} after {TIMEOUT_S} s:\n{self.output}"
            time.sleep(0.1)


def is_alive(pid: int) -> bool:
    """Tell whether a process runs (one that has ended and waits for its parent does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in {"Z", "X"}


@dataclasses.dataclass(slots=True)
class Story:
    """What was seen of two runs on one data folder."""

    answers: dict[str, int]
    first_output: str
    published: int
    code: int
    took_s: float
    after_first: Snapshot
    second_output: str
    refused: subprocess.CompletedProcess[str]
    before_kill: Snapshot
    children: list[int]
    left: list[int]
    after_kill: Snapshot


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Play the whole story once."""
    folder = tmp_path_factory.mktemp("demo")
    data = folder / "data"
    first = Demo(data, folder / "first.log")
    try:
        url = first.url()
        with httpx.Client(base_url=url, follow_redirects=True, timeout=TIMEOUT_S) as client:
            answers = {path: client.get(path).status_code for path in ("/", "/crew", "/health/live", "/health/ready")}
        first.wait_for_frames(1_500)
        code, took_s = first.interrupt()
    finally:
        first.kill()
    after_first = snapshot(data)
    told = re.findall(r"published (\d+)", (data / "logs" / "simulate.log").read_text(encoding="utf-8"))
    second = Demo(data, folder / "second.log")
    try:
        second.url()
        refused = wangge("demo", "--data", data, "--port", "0")
        second.wait_for_frames(after_first.frames + 1_500)
        before_kill, children = snapshot(data), second.children() if _LINUX else []
    finally:
        second.kill()
    deadline = time.monotonic() + TIMEOUT_S
    while (left := [pid for pid in children if is_alive(pid)]) and time.monotonic() < deadline:
        time.sleep(0.1)
    return Story(
        answers,
        first.output,
        int(told[-1]) if told else 0,
        code,
        took_s,
        after_first,
        second.output,
        refused,
        before_kill,
        children,
        left,
        snapshot(data),
    )


def test_console_answers(story: Story) -> None:
    """The address that is printed serves console, crew pages and health."""
    assert story.answers == {"/": 200, "/crew": 200, "/health/live": 200, "/health/ready": 200}


def test_interrupt_ends_it_cleanly(story: Story) -> None:
    """Ctrl-C ends everything soon, with exit code 0."""
    assert (story.code, story.took_s < 20) == (0, True), story.first_output
    assert "Traceback" not in story.first_output
    assert "everything that was received is stored" in story.first_output


def test_interrupt_loses_nothing(story: Story) -> None:
    """What the simulators published was received, counted, acknowledged and stored."""
    seen = story.after_first

    assert (seen.frames, seen.acknowledged, seen.balance) == (story.published, story.published, 0)
    assert seen.observations > seen.frames


def test_started_again_it_goes_on(story: Story) -> None:
    """The second run begins after the first, adds to its counts, and has no second administrator."""
    first, second = story.after_first, story.before_kill

    assert "shown once" in story.first_output
    assert "as before" in story.second_output
    assert (first.administrators, second.administrators) == (1, 1)
    assert second.now_ms > first.now_ms
    assert second.frames > first.frames
    assert second.observations > first.observations


def test_two_on_one_folder(story: Story) -> None:
    """A second demo on the folder is refused in a line that says what to do, and the first one goes on."""
    assert (story.refused.returncode, story.refused.stdout) == (2, "")
    assert len(story.refused.stderr.splitlines()) == 1
    assert "is in use by another demo: end that one, or name another with --data" in story.refused.stderr


@pytest.mark.skipif(not _LINUX, reason="children are found in /proc")
def test_killed_it_leaves_nobody_behind(story: Story) -> None:
    """After `kill -9` of the demo its parts end by themselves, and what they had counted balances."""
    assert len(story.children) == 4  # broker, pipeline, web application, simulators
    assert story.left == []
    assert story.after_kill.frames >= story.before_kill.frames
    assert story.after_kill.balance == 0


REPORT: dict[str, Any] = {
    "frames": {"received": 11_552, "acknowledged": 11_552},
    "observations": {"stored": 57_136, "duplicate": 127, "refused": 2, "dead_lettered": 5},
    "ledger": {"balanced": True},
    "alerts": {"fired": 14, "resolved": 2},
    "cases": {
        "opened": 4,
        "verified": 0,
        "closed": 0,
        "reworked": 0,
        "by_category": {"bin_full": 1, "lamp_dark": 1, "road_flooding": 1, "traffic_stopped": 1},
    },
    "tasks": {"dispatched": 4},
    "incidents": {"injected": 14, "detected": 13, "false": 0},
    "latency_ms": {"p50": 70.9, "p99": 145.4},
    "rates": {"frames_per_s": 542.6, "observations_per_s": 2689.9},
}


def test_report_that_is_sound() -> None:
    """A report as a good demo writes it has no faults."""
    assert faults(REPORT) == ()


@pytest.mark.parametrize(
    "path, value, fault",
    [
        ("frames.acknowledged", 11_000, "11000 of 11552 frames were acknowledged"),
        ("frames.received", True, "frames.received is True, not int"),
        ("frames.lost", 0, "frames.lost is not of the report"),
        ("ledger.balanced", False, "the ledger does not balance"),
        ("cases.by_category.lamp_dark", 0, "no incident of lighting became a case (lamp_dark, lamp_leakage)"),
        ("cases.opened", 5, "5 cases were opened, and by category 4"),
        ("tasks.dispatched", 3, "4 cases were opened and 3 tasks dispatched"),
        ("incidents.detected", 2, "2 of 14 incidents were detected"),
        ("incidents.false", 9, "9 alerts fired where nothing was wrong"),
        ("latency_ms.p99", None, "latency_ms.p99 is None, not int or float"),
        ("latency_ms.p50", 200, "latencies are out of order: {'p50': 200, 'p99': 145.4}"),
    ],
)
def test_report_with_a_fault(path: str, value: object, fault: str) -> None:
    """Each fault is told in a line."""
    spoiled = copy.deepcopy(REPORT)
    *parents, last = path.split(".")
    place = spoiled
    for name in parents:
        place = place[name]
    place[last] = value

    assert fault in faults(spoiled)
