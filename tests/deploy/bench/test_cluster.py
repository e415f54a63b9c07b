"""The measurement of the cluster runtime runs, on a small load, and tells what it promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.app import checked_site
from deploy.bench import cluster
from deploy.commands.demo import SAMPLE_SITE
from deploy.services.get import kafka, tansu

pytestmark = [pytest.mark.network, pytest.mark.external, pytest.mark.slow, pytest.mark.timeout(300)]


def test_measure(mosquitto: int) -> None:
    """Bridge, one worker, two workers and the naive agent each take all of it; every figure is there."""
    if not (kafka.find() or tansu.find()):
        pytest.skip("Apache Kafka is absent (`make services` gets what can be had)")
    told: list[str] = []

    result = cluster.measure(
        checked_site(SAMPLE_SITE), Path(SAMPLE_SITE), cluster.Plan(2_000, 1, servers=False), told.append
    )

    assert told[-1] == "latency under a steady load"
    assert result.keys() >= {
        "observations_per_s", "naive_observations_per_s", "ratio", "bridge_msgs_per_s", "two_workers_ratio",
        "kafka_bytes_per_observation", "latency_ms",
    }  # fmt: skip
    assert 0 < result["latency_ms"]["p50"] <= result["latency_ms"]["p99"]
    assert min(result["observations_per_s"], result["naive_observations_per_s"], result["bridge_msgs_per_s"]) > 0
