"""What the tests of faults share: the servers that the stores of a cluster are on, as far as there are any."""

from __future__ import annotations

import pytest

from deploy.services.get import debian
from deploy.services.get import influxdb as get_influxdb
from tests.faults.cluster import Stores


@pytest.fixture(scope="session")
def stores(request: pytest.FixtureRequest) -> Stores:
    """Return PostgreSQL and InfluxDB where they are found; a store without its server is a file."""
    cases = request.getfixturevalue("postgresql") if debian.POSTGRESQL.find() else None
    series = request.getfixturevalue("influxdb") if get_influxdb.SERVER.find() else None
    return Stores(cases, series)
