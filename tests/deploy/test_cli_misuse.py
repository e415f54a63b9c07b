"""What people get wrong on the command line: a line (or one for each fault, with its place), exit code 2, no traceback.

Most commands run inside the test's process, through the same `main` that the shell calls; a few as a process.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from deploy.app import case_database
from deploy.cli import main
from tests.command import wangge

pytestmark = [pytest.mark.network, pytest.mark.slow]
Told = Callable[..., list[str]]
WEB_REMEDY = "end the program that has it, or set another `port` under [web]"
RUN_REMEDY = "start the pipeline once (`wangge run`), or name another data folder"
REPORT_REMEDY = "name a file in a folder that you may write"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Told]:
    """Return a function that runs a command which must be refused, and returns the lines that it tells."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    monkeypatch.setattr(os, "environ", os.environ.copy())

    def run(*arguments: object) -> list[str]:
        monkeypatch.setattr(sys, "argv", ["wangge", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        assert (ended.value.code, out) == (2, "")
        assert "Traceback" not in err
        return err.splitlines()

    yield run
    for number, handler in handlers.items():
        signal.signal(number, handler)


def settings(folder: Path, site: Path, *more: str, data: Path | None = None) -> Path:
    """Write a settings file and return its path."""
    path = folder / "settings.toml"
    head = (f'site = "{site}"', f'data = "{data or folder / "data"}"')
    path.write_text("\n".join((*head, *more)) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def busy_port() -> Iterator[int]:
    """Return a port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def site(tmp_path: Path, site_folder: Path) -> Path:
    """Return a copy of the sample site, to be spoiled."""
    return Path(shutil.copytree(site_folder, tmp_path / "site"))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a data folder with a case store."""
    folder = tmp_path / "data"
    case_database(folder).dispose()
    return folder


@pytest.mark.parametrize("option", ["--port", "--mqtt-port"])
def test_demo_busy_port(told: Told, tmp_path: Path, busy_port: int, option: str) -> None:
    """A port that is taken is named, with what to do."""
    lines = told("demo", "--data", tmp_path / "data", "--port", "0", option, busy_port)

    assert lines == [
        f"wangge: port {busy_port} on 127.0.0.1 is in use: end what listens there, or name another port",
    ]


@pytest.mark.parametrize("port", ["-1", "65536"])
def test_demo_impossible_port(told: Told, tmp_path: Path, port: str) -> None:
    """A number that is no port is refused."""
    lines = told("demo", "--data", tmp_path / "data", "--port", port)

    assert any("Invalid value for '--port'" in line for line in lines)


def test_web_busy_port(told: Told, tmp_path: Path, site_folder: Path, data: Path, busy_port: int) -> None:
    """The web application tells of a taken port too."""
    config = settings(tmp_path, site_folder, "[web]", f"port = {busy_port}", data=data)

    assert told("web", "--config", config) == [
        f"wangge: cannot listen on 127.0.0.1:{busy_port}: Address already in use: {WEB_REMEDY}",
    ]


@pytest.mark.parametrize("command", ["run", "web", "demo"])
def test_missing_site_folder(told: Told, tmp_path: Path, data: Path, command: str) -> None:
    """A site folder that is not there is named."""
    absent = tmp_path / "nowhere"
    if command == "demo":
        lines = told("demo", "--site", absent, "--data", data, "--port", "0")
    else:
        lines = told(command, "--config", settings(tmp_path, absent, data=data))

    assert lines[0] == f"wangge: {absent}:1: is not a folder: name the folder that holds site.yaml"
    assert len(lines) == 2
    assert lines[1].endswith("nothing was started")


@pytest.mark.parametrize("command", ["run", "demo"])
def test_site_with_faults(told: Told, tmp_path: Path, site: Path, command: str) -> None:
    """Every fault of every file is listed with its line, and nothing is started."""
    devices, rule, head = site / "devices.csv", site / "rules" / "cold.yaml", site / "site.yaml"
    first, second, *rest = devices.read_text(encoding="utf-8").splitlines()
    devices.write_text("\n".join((first, second.replace("22.81", "222.81"), *rest)) + "\n", encoding="utf-8")
    rule.write_text(rule.read_text(encoding="utf-8").replace("below: 5", "beneath: 5"), encoding="utf-8")
    head.write_text(head.read_text(encoding="utf-8").replace("Asia/Shanghai", "Asia/Nanning"), encoding="utf-8")
    data = tmp_path / "data"
    if command == "demo":
        lines = told("demo", "--site", site, "--data", data, "--port", "0")
    else:
        lines = told("run", "--config", settings(tmp_path, site, data=data))
    places = [line.removeprefix("wangge: ") for line in lines[:-1]]

    assert [place for place in places if not place.startswith(f"{site}/")] == []
    for fault in (f"{devices}:2: gw-001: lat 222.81", f"{rule}:7: ", f"{head}:6: "):
        assert any(place.startswith(fault) for place in places), lines
    assert lines[-1].endswith("nothing was started")
    assert not (data / "state.db").exists()


def test_site_of_a_newer_version(told: Told, tmp_path: Path, site: Path) -> None:
    """Of a site that a newer program wrote only that is told."""
    head = site / "site.yaml"
    head.write_text(head.read_text(encoding="utf-8").replace("version: 1", "version: 2"), encoding="utf-8")
    lines = told("run", "--config", settings(tmp_path, site))

    assert lines[0] == (
        f"wangge: {head}:2: version: is 2, and this program reads up to 1: install a newer Wangge for this site"
    )
    assert len(lines) == 2


@pytest.mark.parametrize("command", ["run", "demo"])
def test_data_folder_that_is_a_file(told: Told, tmp_path: Path, site_folder: Path, command: str) -> None:
    """A data folder that cannot be written to is named, with what to do."""
    taken = tmp_path / "taken"
    taken.write_text("", encoding="utf-8")
    if command == "demo":
        lines = told("demo", "--data", taken, "--port", "0")
    else:
        lines = told("run", "--config", settings(tmp_path, site_folder, data=taken))

    assert len(lines) == 1
    assert lines[0].startswith(f"wangge: data folder {taken}: ")
    assert lines[0].endswith("name one that you may write, with `data`")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_data_folder_that_is_read_only(told: Told, tmp_path: Path, site_folder: Path) -> None:
    """A folder in which nothing can be made is named, with the system's reason."""
    (tmp_path / "shelf").mkdir(mode=0o500)
    folder = tmp_path / "shelf" / "data"

    assert told("run", "--config", settings(tmp_path, site_folder, data=folder)) == [
        f"wangge: data folder {folder}: Permission denied: name one that you may write, with `data`"
    ]


def test_settings_with_faults(told: Told, tmp_path: Path) -> None:
    """All wrong, missing and unknown keys are listed with their paths."""
    config = tmp_path / "settings.toml"
    config.write_text(
        'site = "here"\ncolour = "red"\n[mqtt]\nport = 99999\nhots = "x"\nwindow = "wide"\n[clock]\nspeed = 0\n',
        encoding="utf-8",
    )
    lines = [line.removeprefix("wangge: ") for line in told("run", "--config", config)]

    assert [line.split(": ")[0] for line in lines] == [str(config)] * len(lines)
    assert sorted(line.split(": ")[1] for line in lines) == [
        "clock.speed",
        "colour",
        "data",
        "mqtt.hots",
        "mqtt.port",
        "mqtt.window",
    ]


@pytest.mark.parametrize(
    "text, reason",
    [
        (None, "cannot be read: No such file or directory (name the settings file with --config)"),
        ("site =", "is not TOML"),
    ],
)
def test_settings_that_cannot_be_read(told: Told, tmp_path: Path, text: str | None, reason: str) -> None:
    """A settings file that is not there, or not TOML, is one line."""
    config = tmp_path / "settings.toml"
    if text is not None:
        config.write_text(text, encoding="utf-8")
    lines = told("run", "--config", config)

    assert len(lines) == 1
    assert lines[0].startswith(f"wangge: {config}: {reason}")


@pytest.mark.parametrize("command", ["run", "web"])
def test_case_store_of_a_newer_version(told: Told, tmp_path: Path, site_folder: Path, data: Path, command: str) -> None:
    """A case store that a newer program wrote is left alone."""
    with closing(sqlite3.connect(data / "state.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")

    lines = told(command, "--config", settings(tmp_path, site_folder, data=data))

    assert len(lines) == 1
    assert lines[0].startswith(
        f"wangge: {data / 'state.db'} has schema 9999, which a newer Wangge wrote: use that version"
    )


def test_series_store_of_a_newer_version(told: Told, tmp_path: Path, site_folder: Path, data: Path) -> None:
    """A time-series store that a newer program wrote is left alone."""
    with closing(sqlite3.connect(data / "series.db")) as database, database:
        database.execute("PRAGMA user_version = 99")
    lines = told("run", "--config", settings(tmp_path, site_folder, data=data))

    assert len(lines) == 1
    assert "was written by a newer version (format 99" in lines[0]


def test_case_store_that_is_none(told: Told, tmp_path: Path, site_folder: Path, data: Path) -> None:
    """A file that is no database is not touched."""
    (data / "state.db").write_bytes(b"this is no database, it is a letter to the editor" * 100)

    assert told("run", "--config", settings(tmp_path, site_folder, data=data)) == [
        f"wangge: {data / 'state.db'}: is not a Wangge database: name another file, or move this one away"
    ]


def test_web_without_a_pipeline(told: Told, tmp_path: Path, site_folder: Path) -> None:
    """The web application needs what a pipeline has made."""
    config = settings(tmp_path, site_folder)

    assert told("web", "--config", config) == [
        f"wangge: {tmp_path / 'data' / 'state.db'} does not exist: {RUN_REMEDY}",
    ]


@pytest.mark.parametrize(
    "arguments, line",
    [
        (("--scenario", "doomsday"), "--scenario 'doomsday' is not one of evening, quiet"),
        (("--report", "r.json"), "--report goes with --for: an endless run has no report"),
        (("--for", "soon"), "--for 'soon' is not a duration: write it as 60s, 10m or 1h"),
        (("--for", "0s"), "--for '0s' is not a duration: write it as 60s, 10m or 1h"),
        (
            ("--for", "1s", "--report", "nowhere/r.json"),
            f"--report nowhere/r.json cannot be written: No such file or directory: {REPORT_REMEDY}",
        ),
    ],
)
def test_demo_options(told: Told, tmp_path: Path, arguments: tuple[str, ...], line: str) -> None:
    """Options that make no sense are refused before anything starts."""
    assert told("demo", "--data", tmp_path / "data", "--port", "0", *arguments) == [f"wangge: {line}"]
    assert not (tmp_path / "data").exists()


def test_shell_sees_the_same(tmp_path: Path, site_folder: Path, busy_port: int) -> None:
    """As a process too: what went wrong stands on the error output, and the exit code is 2."""
    taken = tmp_path / "taken"
    taken.write_text("", encoding="utf-8")
    for done, line in (
        (wangge("demo", "--data", tmp_path / "data", "--port", busy_port), f"port {busy_port} on 127.0.0.1 is in use"),
        (wangge("run", "--config", settings(tmp_path, site_folder, data=taken)), f"data folder {taken}: "),
    ):
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"wangge: {line}")
        assert len(done.stderr.splitlines()) == 1


def test_help_is_quick() -> None:
    """`wangge --help` costs less than a second of work: no command imports what it needs before it runs."""
    before = os.times()
    done = wangge("--help")
    after = os.times()

    assert done.returncode == 0
    assert after.children_user + after.children_system - before.children_user - before.children_system < 1
