"""`wangge influx`: set up and check a real InfluxDB 2; the settings that choose it as the store of the runtime."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deploy.app import series_store
from deploy.commands._base import UserError
from deploy.commands.influx import COMMAND
from deploy.services.run.influxdb import InfluxDb
from deploy.settings import load
from ingest.stores.influx import InfluxStore

SERVER = pytest.mark.external


def settings(folder: Path, *lines: str) -> Path:
    """Write a settings file with these lines under [influx]."""
    path = folder / "site.toml"
    head = ('site = "site"', 'data = "data"', 'store = "influx"', "[influx]")
    path.write_text("\n".join((*head, *lines)) + "\n", encoding="utf-8")
    return path


def run(config: Path, *arguments: str) -> Result:
    """Run `wangge influx …`."""
    return CliRunner().invoke(COMMAND.run, [*arguments, "--config", str(config)])  # type: ignore[arg-type] # a group


@SERVER
def test_set_up_then_used(influxdb: InfluxDb, tmp_path: Path) -> None:
    """Set up twice, checked, and opened as the store that the settings name."""
    config = settings(tmp_path, f'url = "{influxdb.url}/"', f'token = "{influxdb.token}"', 'bucket = "command"')
    before = run(config, "check")
    first = run(config, "setup", "--keep-days", "7")
    again = run(config, "setup", "--keep-days", "7")
    check = run(config, "check")
    store = series_store(load(config))
    store.close()

    assert isinstance(before.exception, UserError)
    assert "no bucket 'command' in organisation 'wangge'" in str(before.exception)
    assert first.stdout.splitlines() == [
        "bucket command: made, keeps 7 days",
        "bucket command_5m: made, keeps 3650 days",
        "task command_5m-means: made, every 5 minutes",
    ]
    assert again.stdout == first.stdout.replace("made", "is there")
    assert check.stdout == f"{influxdb.url}: bucket command holds 0 observations\n"
    assert isinstance(store, InfluxStore)


@pytest.mark.parametrize("command", ["setup", "check"])
def test_server_is_away(tmp_path: Path, command: str) -> None:
    """A server that does not answer is told in a line."""
    ended = run(settings(tmp_path, 'url = "http://127.0.0.1:1"', 'token = "t"'), command)

    assert isinstance(ended.exception, UserError)
    assert str(ended.exception) == (
        "InfluxDB at http://127.0.0.1:1 does not answer (connection refused): start it, or mend url under [influx]"
    )


@pytest.mark.parametrize(
    "lines,text",
    [
        ((), r"influx\.token is missing: set token under \[influx\], or WANGGE_INFLUX__TOKEN"),
        (('url = "http://me:secret@host:8086"',), r"influx\.url: Value error, is not http://HOST:PORT .* \(a name and"),
        (('url = "host:8086"',), r"influx\.url: Value error, is not http://HOST:PORT"),
        (("spool_mib = 0",), r"influx\.spool_mib: Input should be greater than or equal to 1"),
        (('bukket = "b"',), r"influx\.bukket: Extra inputs are not permitted"),
    ],
)
def test_wrong_settings(tmp_path: Path, lines: tuple[str, ...], text: str) -> None:
    """What is missing or wrong is told with its key, and no secret is repeated."""
    config = settings(tmp_path, *lines)

    with pytest.raises(UserError, match=text) as raised:
        load(config).influx.options()

    assert "secret" not in str(raised.value)


def test_token_is_not_shown(tmp_path: Path) -> None:
    """The token does not stand in what the settings print."""
    loaded = load(settings(tmp_path, 'token = "hush"'))

    assert "hush" not in repr(loaded)
    assert loaded.influx.options().token == "hush"  # noqa: S105 - of a server that does not exist
