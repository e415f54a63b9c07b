"""The setting `database`: commands and web application use the case store that it names, or say why they cannot."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from alerts.store.database import migrate, open_database
from deploy.commands._base import AwayError, UserError
from deploy.commands._store import case_store
from deploy.commands.user import COMMAND
from deploy.services.run.postgresql import PostgreSql
from deploy.settings import Settings, load
from deploy.web import context

PASSWORD = "a long enough password"  # noqa: S105 - of people that exist in tests only


def _config(folder: Path, site: Path, database: str | None) -> Path:
    """Write a settings file and return it."""
    lines = [f'site = "{site}"', 'data = "data"', *([f'database = "{database}"'] if database else [])]
    path = folder / "wangge.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.mark.external
def test_server(tmp_path: Path, site_folder: Path, postgresql: PostgreSql) -> None:
    """People that a command adds are in the database of the settings, which the web application opens."""
    config = _config(tmp_path, site_folder, postgresql.create("settings"))
    group = COMMAND.run
    arguments = ["--config", str(config)]

    added = CliRunner().invoke(
        group,  # type: ignore[arg-type]  # a group
        ["add", "wang", "--role", "operator", "--password-stdin", *arguments],
        input=f"{PASSWORD}\n",
    )
    listed = CliRunner().invoke(group, ["list", *arguments])  # type: ignore[arg-type]  # as above
    made = context(load(config))
    made.series.close()
    made.engine.dispose()

    assert (added.exit_code, listed.stdout.split()) == (0, ["wang", "operator"])
    assert made.engine.dialect.name == "postgresql"
    assert not (tmp_path / "data" / "state.db").exists()


@pytest.mark.external
def test_server_without_tables(tmp_path: Path, site_folder: Path, postgresql: PostgreSql) -> None:
    """The web application does not make the tables: the pipeline does."""
    config = _config(tmp_path, site_folder, postgresql.create("settings"))

    with pytest.raises(
        UserError, match=r"PostgreSQL database settings at .* has no tables yet, not .*: start the pipe"
    ):
        context(load(config))


@pytest.mark.external
def test_server_away(tmp_path: Path, site_folder: Path) -> None:
    """A command tells in one line that nobody answers, without the password; started again later it may find it."""
    config = _config(tmp_path, site_folder, "postgresql://wang:hush@127.0.0.1:1/wangge")

    with pytest.raises(AwayError) as caught, case_store(config, None):
        pass

    assert caught.value.exit_code == 1
    assert str(caught.value) == "PostgreSQL database wangge at 127.0.0.1:1 cannot be reached: Connection refused"


def test_database_is_a_secret(tmp_path: Path) -> None:
    """Whoever prints the settings does not print the password in the URL."""
    settings = Settings(site=tmp_path, data=tmp_path, database=SecretStr("postgresql://wang:hush@host/wangge"))

    assert "hush" not in f"{settings!r} {settings.model_dump_json()}"
    assert settings.database_url == "postgresql://wang:hush@host/wangge"


def test_other_file(tmp_path: Path, site_folder: Path) -> None:
    """A SQLite file of another name is used too."""
    engine = open_database(f"sqlite:///{tmp_path / 'other.db'}", synchronous="OFF")
    migrate(engine)
    engine.dispose()

    made = context(load(_config(tmp_path, site_folder, f"sqlite:///{tmp_path / 'other.db'}")))
    made.series.close()
    made.engine.dispose()

    assert made.engine.url.database == str(tmp_path / "other.db")


def test_no_data_folder(tmp_path: Path, site_folder: Path) -> None:
    """A command does not make the data folder of a mistyped setting."""
    with (
        pytest.raises(UserError, match=r"data folder .*data does not exist: start the pipeline once, or name another"),
        case_store(_config(tmp_path, site_folder, None), None),
    ):
        pass
