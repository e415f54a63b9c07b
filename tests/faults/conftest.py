"""What the tests of faults share: the servers that the stores of a cluster are on, as far as there are any."""

from __future__ import annotations

from statistics import median

import pytest

from deploy.services.get import debian
from deploy.services.get import influxdb as get_influxdb
from tests.faults.cluster import Stores
from tests.faults.load import frames
from tests.faults.reference import Effects, embedded

_MEMORY = pytest.StashKey[dict[str, tuple[float, float]]]()
_RECOVERIES = pytest.StashKey[dict[str, list[float]]]()


@pytest.fixture(scope="session")
def stores(request: pytest.FixtureRequest) -> Stores:
    """Return PostgreSQL and InfluxDB where they are found; a store without its server is a file."""
    cases = request.getfixturevalue("postgresql") if debian.POSTGRESQL.find() else None
    series = request.getfixturevalue("influxdb") if get_influxdb.SERVER.find() else None
    return Stores(cases, series)


@pytest.fixture(scope="session")
def load() -> list[tuple[str, bytes]]:
    """Return the load of the tests of faults, for the topics of the sample site."""
    return list(frames("xixiangtang"))


@pytest.fixture(scope="session")
def expected(tmp_path_factory: pytest.TempPathFactory, load: list[tuple[str, bytes]]) -> Effects:
    """Return what an undisturbed embedded runtime makes of the load."""
    return embedded(tmp_path_factory.mktemp("undisturbed"), load)


@pytest.fixture(scope="session")
def moments(request: pytest.FixtureRequest) -> int:
    """Return at how many seeded moments each part of a cluster is killed (`--moments`)."""
    return int(request.config.getoption("--moments"))


@pytest.fixture(scope="session")
def away_s(request: pytest.FixtureRequest) -> float:
    """Return how long a killed server stays away (`--away`)."""
    return float(request.config.getoption("--away"))


@pytest.fixture(scope="session")
def stall_s(request: pytest.FixtureRequest) -> float:
    """Return how long a store is stalled while the load goes on (`--stall`)."""
    return float(request.config.getoption("--stall"))


@pytest.fixture(scope="session")
def memory(request: pytest.FixtureRequest) -> dict[str, tuple[float, float]]:
    """Collect the memory of the pipeline before and at its peak, in MiB, by fault; the summary tells it."""
    return request.config.stash.setdefault(_MEMORY, {})


@pytest.fixture(scope="session")
def recoveries(request: pytest.FixtureRequest) -> dict[str, list[float]]:
    """Collect how long it took from the restart of a victim until the line went on; the summary tells it."""
    return request.config.stash.setdefault(_RECOVERIES, {})


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Tell how long recoveries took, and how much memory faults cost."""
    found = config.stash.get(_RECOVERIES, {})
    if any(found.values()):
        terminalreporter.section("recovery from faults under load")
    for victim, seconds in ((name, times) for name, times in found.items() if times):
        told = f"{len(seconds)} times, goes on after {median(seconds):.1f} s (worst {max(seconds):.1f} s)"
        terminalreporter.write_line(f"{victim:12} {told}")
    held = config.stash.get(_MEMORY, {})
    if held:
        terminalreporter.section("memory under faults")
    for fault, (before, peak) in held.items():
        terminalreporter.write_line(f"{fault:20} {before:.0f} MiB before, {peak:.0f} MiB at most")
