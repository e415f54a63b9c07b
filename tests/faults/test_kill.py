"""`kill -9` of the pipeline at seeded moments under load: nothing lost, nothing doubled.

The same frames go through an undisturbed pipeline and through one that is killed twenty times. Afterwards observations,
transitions, alerts, cases, tasks, notices and dead letters must be the same, by their identities, and both ledgers must
balance. The broker is Mosquitto, the stores are SQLite files, the pipeline is `wangge run` in a process of its own.
"""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from deploy.bench import backlog, mosquitto
from tests.faults.load import EFFECTS, SEED
from tests.faults.pipeline import Pipeline

pytestmark = [pytest.mark.network, pytest.mark.external, pytest.mark.slow, pytest.mark.timeout(600)]

KILLS = 20
CHUNK = 150


@pytest.fixture(scope="module")
def pipelines(tmp_path_factory: pytest.TempPathFactory, load: list[tuple[str, bytes]]) -> tuple[Pipeline, Pipeline]:
    """Return an undisturbed pipeline and one that was killed twenty times, both after the same frames."""
    if mosquitto.find() is None:
        pytest.skip("mosquitto is not installed")
    site = Path(__file__).parents[2] / "deploy" / "sites" / "xixiangtang"
    folder = tmp_path_factory.mktemp("kill")
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
    """Both ledgers balance by source and hour; the killed one may count repeats, but stores and refuses the same."""
    sums = "SELECT sum(stored), sum(refused), sum(dead_lettered) FROM ledger"
    killed, undisturbed = pipelines

    assert [one.accounts().open for one in pipelines] == [[], []]
    assert killed.query(sums) == undisturbed.query(sums)
