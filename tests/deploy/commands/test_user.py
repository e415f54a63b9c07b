"""`wangge user`: people are added, listed, given passwords and locked out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alerts.store import sessions, users
from alerts.store.database import open_database
from deploy.commands._base import UserError
from deploy.commands.user import COMMAND

PASSWORD = "a long enough password"  # noqa: S105 - of people that exist in tests only
NINE_MS = 1_795_482_000_000


def run(data: Path, *arguments: str, stdin: str = f"{PASSWORD}\n") -> Result:
    """Run `wangge user …` on a data folder."""
    assert not callable(COMMAND.run) or hasattr(COMMAND.run, "registered_commands")
    return CliRunner().invoke(COMMAND.run, [*arguments, "--data", str(data)], input=stdin)  # type: ignore[arg-type] # a group


def test_add_and_list(tmp_path: Path) -> None:
    """Who was added is listed, as text and as JSON."""
    added = run(tmp_path, "add", "wang", "--role", "operator", "--password-stdin")
    run(tmp_path, "add", "li", "--role", "crew", "--crew", "drainage-1", "--password-stdin")

    listed = run(tmp_path, "list")
    as_json = json.loads(run(tmp_path, "list", "--json").stdout)

    assert (added.exit_code, added.stdout) == (0, "added wang (operator)\n")
    assert [line.split() for line in listed.stdout.splitlines()] == [["li", "crew", "drainage-1"], ["wang", "operator"]]
    assert [(one["name"], one["role"], one["crew"]) for one in as_json] == [
        ("li", "crew", "drainage-1"),
        ("wang", "operator", None),
    ]


def test_passwd_ends_sessions(tmp_path: Path) -> None:
    """A new password throws out whoever used the old one."""
    run(tmp_path, "add", "wang", "--role", "operator", "--password-stdin")
    engine = open_database(f"sqlite:///{tmp_path / 'state.db'}")
    with engine.begin() as connection:
        token = sessions.create(connection, "wang", now_ms=NINE_MS, lifetime_ms=1000).token

    run(tmp_path, "passwd", "wang", "--password-stdin", stdin="quite another password\n")

    with engine.begin() as connection:
        session = sessions.find(connection, token, now_ms=NINE_MS)
        old = users.verify(connection, "wang", PASSWORD)
        new = users.verify(connection, "wang", "quite another password")
    engine.dispose()
    assert (session, old) == (None, None)
    assert new is not None


def test_disable_and_undo(tmp_path: Path) -> None:
    """Locked out at once, let in again."""
    run(tmp_path, "add", "wang", "--role", "viewer", "--password-stdin")

    out = run(tmp_path, "disable", "wang")
    listed = run(tmp_path, "list")
    back = run(tmp_path, "disable", "wang", "--undo")

    assert out.stdout == "wang is locked out\n"
    assert listed.stdout.split() == ["wang", "viewer", "disabled"]
    assert back.stdout == "wang may log in again\n"


@pytest.mark.parametrize(
    "arguments, stdin, told",
    [
        (("add", "wang", "--role", "king", "--password-stdin"), "", "role 'king' is not one of viewer, operator"),
        (("add", "wang", "--role", "viewer", "--password-stdin"), "short\n", "the password is too short"),
        (("add", "Wang!", "--role", "viewer", "--password-stdin"), f"{PASSWORD}\n", "is no user name"),
        (("add", "wang", "--role", "crew", "--password-stdin"), f"{PASSWORD}\n", "belongs to a crew: name it"),
        (("add", "wang", "--role", "viewer"), "", "no terminal to ask for the password: use --password-stdin"),
        (("passwd", "nobody", "--password-stdin"), f"{PASSWORD}\n", "there is no user 'nobody'"),
        (("disable", "nobody"), "", "there is no user 'nobody'"),
    ],
)
def test_mistakes_are_told_in_one_line(tmp_path: Path, arguments: tuple[str, ...], stdin: str, told: str) -> None:
    """What is wrong, and nothing is changed."""
    result = run(tmp_path, *arguments, stdin=stdin)

    assert isinstance(result.exception, UserError)
    assert told in str(result.exception)
    assert "\n" not in str(result.exception)


def test_folder_is_missing(tmp_path: Path) -> None:
    """A data folder is not made by a typing mistake."""
    result = run(tmp_path / "nowhere", "list")

    assert isinstance(result.exception, UserError)
    assert "does not exist: start the pipeline once, or name another" in str(result.exception)
