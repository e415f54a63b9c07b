"""`kill -9` of the pipeline at seeded moments under load: nothing lost, nothing doubled.

The same frames go through an undisturbed pipeline and through one that is killed twenty times. Afterwards observations,
transitions, alerts, cases, tasks, notices and dead letters must be the same, by their identities, and both ledgers must
balance. The broker is Mosquitto, the stores are SQLite files, the pipeline is `wangge run` in a process of its own.
"""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from deploy.bench import backlog, mosquitto

pytestmark = [pytest.mark.network, pytest.mark.external, pytest.mark.slow, pytest.mark.timeout(600)]

KILLS = 20
CHUNK = 150
SEED = 7
START_MS = 1_790_000_000_000
LEVELS = "wl-001", "wl-002", "wl-003"
BINS = "bin-0001", "bin-0002"


def frames(site: str) -> Iterator[tuple[str, bytes]]:
    """Yield the load: gauges and bins that rise above their limits and fall again, repeats, rubbish, strangers."""
    chance = random.Random(SEED)
    for minute in range(1_000):
        time_ms = START_MS + minute * 60_000
        high = minute // 12 % 2
        for device in LEVELS:
            value = {"weather.water_level": (30.0 if high else 2.0) + chance.random()}
            yield message(site, device, time_ms, value)
        for device in BINS:
            value = {"waste.fill_level": (92.0 if high else 20.0) + chance.random(), "waste.temperature": 25.0}
            yield message(site, device, time_ms, value)
        if minute % 5 == 0:
            yield message(site, LEVELS[0], time_ms, {"weather.water_level": 3.0})
            yield f"wangge/{site}/up/{LEVELS[0]}", b"rubbish %d" % minute
            yield message(site, f"nobody-{minute}", time_ms, {"weather.water_level": 3.0})


def message(site: str, device: str, time_ms: int, values: dict[str, float]) -> tuple[str, bytes]:
    """Return topic and payload of a Wangge message."""
    payload = {"device_id": device, "time": time_ms, "values": values}
    return f"wangge/{site}/up/{device}", json.dumps(payload).encode()


class Pipeline:
    """`wangge run` on a data folder of its own."""

    def __init__(self, folder: Path, site: Path, port: int, client_id: str) -> None:
        self.data = folder / client_id
        self.config = folder / f"{client_id}.toml"
        self.config.write_text(
            f'site = "{site}"\ndata = "{self.data}"\n'
            f'[mqtt]\nport = {port}\nclient_id = "{client_id}"\ntopics = ["wangge/+/up/#"]\nwindow = 20\n'
            f"[clock]\nstart_ms = {START_MS + 86_400_000}\nwall_start = {int(time.time() * 1000)}\n",
            encoding="utf-8",
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process."""
        log = (self.config.with_suffix(".log")).open("ab")
        command = [sys.executable, "-m", "deploy.child", "run", "--config", str(self.config)]
        with log:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log)

    def end(self, *, kill: bool) -> None:
        """End the process by `kill -9`, or ask it to end."""
        assert self.process is not None
        if kill:
            self.process.kill()
        else:
            self.process.terminate()
        self.process.wait(timeout=30)
        assert self.process.stdin is not None
        self.process.stdin.close()

    def query(self, text: str, file: str = "state.db") -> list[Any]:
        """Return the rows of a query, none while the file is not there yet."""
        path = self.data / file
        if not path.exists():
            return []
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as database:
            try:
                return database.execute(text).fetchall()
            except sqlite3.OperationalError:
                return []

    def frames(self) -> int:
        """Return how many frames the ledger has."""
        rows = self.query("SELECT coalesce(sum(frames), 0) FROM ledger")
        return int(rows[0][0]) if rows else 0

    def wait_for(self, count: int, timeout_s: float = 60) -> None:
        """Wait until the ledger has at least so many frames."""
        deadline = time.monotonic() + timeout_s
        while self.frames() < count:
            assert self.process is not None
            assert self.process.poll() is None, self.config.with_suffix(".log").read_text()[-3000:]
            assert time.monotonic() < deadline, f"{self.frames()} of {count} frames after {timeout_s} s"
            time.sleep(0.002)


EFFECTS = {
    "observations": """
        SELECT s.device_id, s.observed_property, o.time_ms, o.value, o.quality
        FROM observations o JOIN series s ON s.number = o.series ORDER BY 1, 2, 3""",
    "transitions": """
        SELECT rule_id, rule_version, subject_id, state, since_ms, reason, evidence FROM transitions
        WHERE rule_id NOT LIKE '%silent%' ORDER BY 1, 3, 5, 4""",
    "alerts": "SELECT rule_id, subject_id, state, firing, fired_at_ms, resolved_at_ms FROM alerts ORDER BY 1, 2, 5",
    "cases": "SELECT incident_key, category, cell, state, unit, rework_count FROM cases ORDER BY 1",
    "case log": """
        SELECT c.incident_key, l.event, l.actor, l.move, l.to_state
        FROM case_log l JOIN cases c ON c.id = l.case_id ORDER BY 1, 2""",
    "tasks": """
        SELECT c.incident_key, t.round, t.kind, t.state
        FROM tasks t JOIN cases c ON c.id = t.case_id ORDER BY 1, 2""",
    "notices": "SELECT about, event, channel, count(*) FROM outbox GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
    "dead letters": "SELECT id, stage, reason FROM dead_letters ORDER BY 1",
    "rule states": """
        SELECT rule_id, subject_id, packed FROM rule_states WHERE rule_id NOT LIKE '%silent%' ORDER BY 1, 2""",
}


@pytest.fixture(scope="module")
def pipelines(tmp_path_factory: pytest.TempPathFactory) -> tuple[Pipeline, Pipeline]:
    """Return an undisturbed pipeline and one that was killed twenty times, both after the same frames."""
    if mosquitto.find() is None:
        pytest.skip("mosquitto is not installed")
    site = Path(__file__).parents[2] / "deploy" / "sites" / "xixiangtang"
    folder = tmp_path_factory.mktemp("kill")
    load = list(frames("xixiangtang"))
    chance = random.Random(SEED)
    with mosquitto.running(window=20) as port:
        killed, undisturbed = (Pipeline(folder, site, port, name) for name in ("killed", "undisturbed"))
        for one in (killed, undisturbed):
            backlog.prepare_session(port, one.config.stem, "wangge/+/up/#")
        sent = 0
        for _ in range(KILLS):
            sent += backlog.publish(port, load[sent : sent + CHUNK])
            before = killed.frames()
            killed.start()
            killed.wait_for(before + chance.randrange(1, CHUNK // 2))
            time.sleep(chance.random() * 0.02)
            killed.end(kill=True)
        sent += backlog.publish(port, load[sent:])
        for one in (killed, undisturbed):
            one.start()
            one.wait_for(sent, 120)
            time.sleep(1.0)
            one.end(kill=False)
    return killed, undisturbed


def test_load_is_worth_it(pipelines: tuple[Pipeline, Pipeline]) -> None:
    """The load makes cases, transitions and dead letters, and the kills happened in the middle of it."""
    killed, undisturbed = pipelines

    assert undisturbed.query("SELECT count(*) >= 5 FROM cases") == [(1,)]
    assert undisturbed.query("SELECT count(*) > 100 FROM transitions") == [(1,)]
    assert undisturbed.query("SELECT count(*) > 100 FROM dead_letters") == [(1,)]
    assert killed.frames() >= undisturbed.frames()


@pytest.mark.parametrize("what", EFFECTS)
def test_effects_are_the_same(pipelines: tuple[Pipeline, Pipeline], what: str) -> None:
    """Whatever was killed in between, every effect is there once."""
    killed, undisturbed = pipelines
    file = "series.db" if what == "observations" else "state.db"
    expected = undisturbed.query(EFFECTS[what], file)

    assert expected != []
    assert killed.query(EFFECTS[what], file) == expected


def test_ledgers_balance(pipelines: tuple[Pipeline, Pipeline]) -> None:
    """Both ledgers balance; the killed one may count repeats, but stores, refuses and dead-letters the same."""
    sums = "SELECT sum(stored), sum(refused), sum(dead_lettered) FROM ledger"
    balance = "SELECT sum(received) - sum(stored + duplicate + refused + dead_lettered) FROM ledger"
    killed, undisturbed = pipelines

    assert [one.query(balance) for one in pipelines] == [[(0,)], [(0,)]]
    assert killed.query(sums) == undisturbed.query(sums)
