"""What a kill does to rule state: a Faust table is wrong afterwards, the case store with its offset is not."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from deploy.bench import state
from deploy.bench.kafka import Broker
from deploy.services.run.kafka import Kafka

pytestmark = [pytest.mark.network, pytest.mark.external, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def bench(kafka: Kafka, tmp_path: Path) -> state.Bench:
    """Return what measures, on a running broker."""
    return state.Bench(Broker("Kafka", kafka.address), tmp_path, b"x" * 100)


@pytest.mark.parametrize("kill", state.KILLS)
def test_kill_case_store(bench: state.Bench, tmp_path: Path, kill: str) -> None:
    """Killed before, after or at the end of its output, a record has its effects once."""
    with contextlib.ExitStack() as stack:
        ways = {way.name: way for way in state.ways_of(tmp_path, stack, lambda _text: None)}
        happened = bench.kill(ways["sqlite_1_a_transaction"], kill)

    assert happened == {"doubled": 0, "lost": 0, "wrong_states": 0, "stuck": 0}


def test_kill_table(bench: state.Bench, tmp_path: Path) -> None:
    """A Faust table that was ahead of its output loses it, and counts again what Kafka brings again."""
    with contextlib.ExitStack() as stack:
        ways = {way.name: way for way in state.ways_of(tmp_path, stack, lambda _text: None)}
        happened = bench.kill(ways["faust_memory"], "before")

    assert happened["lost"] == 1
    assert happened["wrong_states"] > 1
