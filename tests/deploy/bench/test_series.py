"""`wangge bench series`: every store that is there is measured."""

from __future__ import annotations

import pytest

from deploy.bench.series import measure
from deploy.services.get import debian, influxdb


@pytest.mark.external
@pytest.mark.network
def test_each_store_is_measured() -> None:
    """SQLite always, the servers where they are found; each figure is a positive number."""
    said: list[str] = []

    result = measure(10_000, 50, said.append)

    there = [
        name for name, place in (("influx", influxdb.find()), ("victoria_metrics", debian.victoria_metrics())) if place
    ]
    assert said == ["sqlite", *there]
    assert all(value > 0 for name in said for value in result[name].values())
