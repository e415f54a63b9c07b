"""`wangge user`: the people who may log in."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands._base import Command, UserError
from deploy.commands._store import case_store

if TYPE_CHECKING:
    from sqlalchemy import Connection

user = typer.Typer(help="Add, list and change the people who may log in.", no_args_is_help=True)

_Config = Annotated[Path | None, typer.Option("--config", help="Settings file (TOML).")]
_Data = Annotated[Path | None, typer.Option("--data", help="Data folder, instead of a settings file.")]
_Name = Annotated[str, typer.Argument(help="Name of the person: a-z, 0-9, point, dash, underscore.")]
_FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


@user.command()
def add(
    name: _Name,
    role: Annotated[str, typer.Option(help="viewer, operator, dispatcher, crew or administrator.")],
    crew: Annotated[str | None, typer.Option(help="Which crew, for the role crew.")] = None,
    config: _Config = None,
    data: _Data = None,
    password_stdin: _FromStdin = False,
) -> None:
    """Add a person; the password is asked for."""
    from alerts.api.roles import PEOPLE
    from alerts.cases.workflow import Role
    from alerts.store import users

    if role not in set(PEOPLE):
        raise UserError(f"role {role!r} is not one of {', '.join(PEOPLE)}")
    password = _password(from_stdin=password_stdin)
    with _people(config, data) as (connection, now_ms):
        users.create(connection, name, password, Role(role), now_ms=now_ms, crew=crew)
        _audit(connection, now_ms, "user.add", name, {"role": role, "crew": crew})
    typer.echo(f"added {name} ({role})")


@user.command("list")
def list_(config: _Config = None, data: _Data = None, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """List everybody who may log in."""
    import msgspec

    from alerts.store import users

    with _people(config, data) as (connection, _):
        everybody = users.everybody(connection)
    if as_json:
        typer.echo(msgspec.json.encode(everybody).decode())
        return
    for one in everybody:
        words = (one.name, one.role, one.crew or "", "disabled" if one.disabled else "")
        typer.echo("  ".join(f"{word:<16}" for word in words).rstrip())


@user.command()
def passwd(
    name: _Name,
    config: _Config = None,
    data: _Data = None,
    password_stdin: _FromStdin = False,
) -> None:
    """Give a person another password and end their sessions."""
    from alerts.store import sessions, users

    password = _password(from_stdin=password_stdin)
    with _people(config, data) as (connection, now_ms):
        users.set_password(connection, name, password)
        sessions.end_all(connection, name)
        _audit(connection, now_ms, "user.passwd", name, {})
    typer.echo(f"{name} has a new password")


@user.command()
def disable(
    name: _Name,
    config: _Config = None,
    data: _Data = None,
    enable: Annotated[bool, typer.Option("--undo", help="Let the person in again.")] = False,
) -> None:
    """Lock a person out at once, or let them in again with --undo."""
    from alerts.store import sessions, users

    with _people(config, data) as (connection, now_ms):
        users.set_disabled(connection, name, disabled=not enable)
        sessions.end_all(connection, name)
        _audit(connection, now_ms, "user.enable" if enable else "user.disable", name, {})
    typer.echo(f"{name} {'may log in again' if enable else 'is locked out'}")


@contextmanager
def _people(config: Path | None, data: Path | None) -> Iterator[tuple[Connection, int]]:
    from deploy.clock import wall_ms

    with case_store(config, data) as engine, engine.begin() as connection:
        yield connection, wall_ms()


def _audit(connection: Connection, now_ms: int, action: str, name: str, detail: dict[str, str | None]) -> None:
    import getpass

    from alerts.store import audit

    actor = f"shell:{getpass.getuser()}"
    audit.append(connection, now_ms=now_ms, actor=actor, action=action, object=f"user {name}", detail=detail)


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise UserError("no terminal to ask for the password: use --password-stdin")
    password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return password


COMMAND = Command("user", user)
