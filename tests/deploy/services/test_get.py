"""Getting servers: one line for each that cannot be had, a table at the end, and never an exit code but 0."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from deploy.services import cache
from deploy.services.__main__ import SERVERS, main
from deploy.services.cache import AbsentError, Found
from deploy.services.get import compose, influxdb, kafka, tansu
from deploy.services.get._base import Build, Server


@pytest.fixture(autouse=True)
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Build:
    """Let the cache be a folder of the test; return what runs tools in it."""
    monkeypatch.setenv("WANGGE_SERVICES", str(tmp_path))
    return Build("x-1", lambda _: None)


def test_table(capsys: pytest.CaptureFixture[str]) -> None:
    """What is there is not got again; what is got and what cannot be had are told, and nothing is raised."""

    def refuse(_say: object) -> Found:
        raise AbsentError("needs mvn: install the Debian package maven")

    there, got = Found("1.2", Path("/there")), Found("3.4", Path("/got"))
    main(
        [
            Server("Here", lambda: there, refuse),
            Server("Made", lambda: None, lambda say: say("building") or got),  # type: ignore[func-returns-value] # says, then gives
            Server("Gone", lambda: None, refuse),
        ]
    )
    told = capsys.readouterr().out

    assert told.splitlines()[:3] == [
        "Made: building",
        "Made: done in 0 s",
        "Gone: not to be had: needs mvn: install the Debian package maven",
    ]
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in told.splitlines() if "│" in line]
    assert [row[:2] for row in rows] == [["Here", "1.2"], ["Made", "3.4"], ["Gone", "absent"]]


def test_failed_tool_is_one_line(build: Build, tmp_path: Path) -> None:
    """A tool that fails is told by the line of its output that says most, and where the rest is."""
    script = "import sys; print('fetching'); print('[ERROR] no such artifact', file=sys.stderr); sys.exit(3)"

    with pytest.raises(AbsentError) as raised:
        build.run([sys.executable, "-c", script], cwd=tmp_path)

    program = Path(sys.executable).name
    assert str(raised.value) == f"{program} failed: [ERROR] no such artifact (log: {tmp_path / 'x-1.log'})"


def test_tool_output(build: Build, tmp_path: Path) -> None:
    """What a tool prints is returned, and kept in the log."""
    text = build.run([sys.executable, "-c", "print(42)"], cwd=tmp_path)

    assert (text, "42" in build.log.read_text(encoding="utf-8")) == ("42\n", True)


def test_missing_tool(build: Build) -> None:
    """A tool that is not there is told with what brings it."""
    with pytest.raises(AbsentError, match="needs no-such-tool: install it"):
        build.need("no-such-tool", "install it")


def test_versions_are_pinned() -> None:
    """Each server that is not Debian's has one version in the source, and checksums where the tool keeps none."""
    pins = [kafka.version(), influxdb.VERSION, tansu.version(), compose.VERSION]

    assert [bool(re.fullmatch(r"\d+\.\d+\.\d+", one)) for one in pins] == [True] * 4
    assert all(one.startswith("h1:") for one in (*influxdb._MODULES.values(), compose._CHECKSUM))


def test_found_in_an_empty_cache() -> None:
    """What is kept in the cache is not found in an empty one, without an error."""
    kept = [server for server in SERVERS if server.name in {"Apache Kafka", "InfluxDB", "Tansu", "Docker Compose"}]

    assert [server.find() for server in kept] == [None] * 4


def test_kafka_of_another_pom_is_got_again() -> None:
    """Jars that were copied for another list of jars do not count."""
    with cache.filling(f"kafka-{kafka.version()}") as place:
        (place / "pom.xml").write_text("<project/>", encoding="utf-8")

    assert kafka.find() is None
