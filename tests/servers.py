"""Real servers for tests: fixtures that start them once a session, and a list of what ran against what.

    kafka           Apache Kafka, else Tansu          influxdb          postgresql
    apache_kafka    Apache Kafka only                 victoria_metrics  mosquitto (its port)

A test that asks for a server that is not there is skipped by its name: `make services` gets what this machine can have.
`place_of("apache_kafka")` serves a test that starts, kills or stops one of its own.
A failed test shows the end of the logs of the servers that it used.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterator

import pytest

from deploy.bench import mosquitto as run_mosquitto
from deploy.services.cache import Found
from deploy.services.get import compose as get_compose
from deploy.services.get import debian
from deploy.services.get import influxdb as get_influxdb
from deploy.services.get import kafka as get_kafka
from deploy.services.get import tansu as get_tansu
from deploy.services.get._base import Server
from deploy.services.run import influxdb as run_influxdb
from deploy.services.run import kafka as run_kafka
from deploy.services.run import postgresql as run_postgresql
from deploy.services.run import tansu as run_tansu
from deploy.services.run import victoria_metrics as run_victoria_metrics
from deploy.services.run.influxdb import InfluxDb
from deploy.services.run.kafka import Kafka
from deploy.services.run.postgresql import PostgreSql
from deploy.services.run.process import Process
from deploy.services.run.victoria_metrics import VictoriaMetrics

SERVERS = {  # fixture → server
    "apache_kafka": get_kafka.SERVER,
    "tansu": get_tansu.SERVER,
    "influxdb": get_influxdb.SERVER,
    "victoria_metrics": debian.VICTORIA_METRICS,
    "postgresql": debian.POSTGRESQL,
    "mosquitto": debian.MOSQUITTO,
    "docker_compose": get_compose.SERVER,
}
_ABSENT = "is absent (`make services` gets what can be had)"
_USED = "server"
PROCESSES = pytest.StashKey[dict[str, Process]]()


def found(server: Server) -> Found:
    """Return where a server is, or skip the test by the server's name."""
    place = server.find()
    if place is None:
        pytest.skip(f"{server.name} {_ABSENT}")
    return place


@pytest.fixture(scope="session")
def keep(pytestconfig: pytest.Config) -> Callable[[str, Process], None]:
    """Return what notes a running server under the name of its fixture."""
    return pytestconfig.stash.setdefault(PROCESSES, {}).__setitem__


@pytest.fixture(scope="session")
def apache_kafka(keep: Callable[[str, Process], None]) -> Iterator[Kafka]:
    """Run Apache Kafka."""
    with run_kafka.running(found(get_kafka.SERVER)) as server:
        keep("apache_kafka", server.process)
        yield server


@pytest.fixture(scope="session")
def tansu(keep: Callable[[str, Process], None]) -> Iterator[Kafka]:
    """Run Tansu, which speaks Kafka's protocol."""
    with run_tansu.running(found(get_tansu.SERVER)) as server:
        keep("tansu", server.process)
        yield server


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest) -> Kafka:
    """Return Apache Kafka, or Tansu where there is none."""
    server: Kafka = request.getfixturevalue(_kafka())
    return server


def _kafka() -> str:
    return "apache_kafka" if get_kafka.SERVER.find() else "tansu"


@pytest.fixture(scope="session")
def influxdb(keep: Callable[[str, Process], None]) -> Iterator[InfluxDb]:
    """Run InfluxDB 2, set up."""
    with run_influxdb.running(found(get_influxdb.SERVER)) as server:
        keep("influxdb", server.process)
        yield server


@pytest.fixture(scope="session")
def victoria_metrics(keep: Callable[[str, Process], None]) -> Iterator[VictoriaMetrics]:
    """Run VictoriaMetrics."""
    with run_victoria_metrics.running(found(debian.VICTORIA_METRICS)) as server:
        keep("victoria_metrics", server.process)
        yield server


@pytest.fixture(scope="session")
def postgresql(keep: Callable[[str, Process], None]) -> Iterator[PostgreSql]:
    """Run PostgreSQL."""
    with run_postgresql.running(found(debian.POSTGRESQL)) as server:
        keep("postgresql", server.process)
        yield server


@pytest.fixture(scope="session")
def mosquitto() -> Iterator[int]:
    """Run Mosquitto and return its port."""
    found(debian.MOSQUITTO)
    with run_mosquitto.running() as port:
        yield port


@pytest.fixture
def place_of(record_property: Callable[[str, object], None]) -> Callable[[str], Found]:
    """Return what finds the server of a fixture for a test that starts one of its own, or skips the test."""

    def place(name: str) -> Found:
        where = found(SERVERS[name])
        record_property(_USED, name)
        return where

    return place


@pytest.fixture(autouse=True)
def _servers_used(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Iterator[None]:
    """Note for the summary which servers the test used, also those that it asked for while it ran."""
    yield
    names = {_kafka() if name == "kafka" else name for name in request.fixturenames}
    for name in sorted(names & SERVERS.keys()):
        record_property(_USED, name)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the end of the servers' logs beside a test that failed."""
    report = yield
    if report.failed and item.get_closest_marker("external"):
        for name, process in item.config.stash.get(PROCESSES, {}).items():
            report.sections.append((f"the end of {name}'s log", process.log_end()))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List what ran against what, and what was skipped for want of a server."""
    skipped: Counter[str] = Counter()
    never_ran = set()
    for report in terminalreporter.stats.get("skipped", ()):
        never_ran.add(report.nodeid)
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        skipped.update(server.name for server in SERVERS.values() if f"{server.name} {_ABSENT}" in reason)
    used: Counter[str] = Counter()
    for report in terminalreporter.stats.get("", ()):  # what ended well has no letter: set-ups and tear-downs
        if report.when == "teardown" and report.nodeid not in never_ran:
            used.update({str(name) for key, name in report.user_properties if key == _USED})
    if not used and not skipped:
        return
    terminalreporter.section("what ran against what")
    for name, server in SERVERS.items():
        if used[name] or skipped[server.name]:
            place = server.find()
            what = f"{server.name} {place.version}" if place else f"{server.name}: absent"
            terminalreporter.line(f"{what:28} {used[name]} tests ran, {skipped[server.name]} skipped")
