"""`wangge token`: tokens of programs that use the API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands._base import Command, UserError
from deploy.commands._store import case_store

if TYPE_CHECKING:
    from sqlalchemy import Connection

token = typer.Typer(help="Make, list and revoke tokens of programs that use the API.", no_args_is_help=True)

_Config = Annotated[Path, typer.Option("--config", help="Settings file (TOML).")]
_Name = Annotated[str, typer.Argument(help="Name of the token: a-z, 0-9, point, dash, underscore.")]
_DAY_MS = 86_400_000


@token.command()
def create(
    name: _Name,
    config: _Config,
    topic: Annotated[
        list[str] | None, typer.Option(help="MQTT filter of what it may send to; default: all that the pipeline hears.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long it is good.")] = 365,
) -> None:
    """Make a token that may send frames (POST /api/v1/frames), and print it: it is shown once."""
    from alerts.store import api_tokens
    from deploy.settings import load

    topics = topic or list(load(config).mqtt.topics)
    for one in topics:
        if not one or "\0" in one or "#" in one[:-1]:
            raise UserError(f"--topic {one!r} is no MQTT filter: write one such as wangge/+/up/#")
    with _tokens(config) as (connection, now_ms):
        scopes = (api_tokens.Scope.FRAMES,)
        secret = api_tokens.create(connection, name, scopes, topics, now_ms=now_ms, lifetime_ms=days * _DAY_MS)
        _audit(connection, now_ms, "token.create", name, {"scopes": " ".join(scopes), "topics": " ".join(topics)})
    typer.echo(secret)


@token.command("list")
def list_(config: _Config, *, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """List all tokens, also those that are no longer good."""
    import msgspec

    from alerts.store import api_tokens

    with _tokens(config) as (connection, now_ms):
        found = api_tokens.listed(connection)
    if as_json:
        typer.echo(msgspec.json.encode(found).decode())
        return
    for one in found:
        state = "revoked" if one.revoked_at_ms is not None else "ended" if one.expires_at_ms <= now_ms else "good"
        typer.echo(f"{one.name:<16}  {state:<8}  {' '.join(one.scopes):<8}  {' '.join(one.topics)}")


@token.command()
def revoke(name: _Name, config: _Config) -> None:
    """End a token at once."""
    from alerts.store import api_tokens

    with _tokens(config) as (connection, now_ms):
        api_tokens.revoke(connection, name, now_ms=now_ms)
        _audit(connection, now_ms, "token.revoke", name, {})
    typer.echo(f"{name} is revoked")


@contextmanager
def _tokens(config: Path) -> Iterator[tuple[Connection, int]]:
    from deploy.clock import wall_ms

    with case_store(config, None) as engine, engine.begin() as connection:
        yield connection, wall_ms()


def _audit(connection: Connection, now_ms: int, action: str, name: str, detail: dict[str, str]) -> None:
    import getpass

    from alerts.store import audit

    actor = f"shell:{getpass.getuser()}"
    audit.append(connection, now_ms=now_ms, actor=actor, action=action, object=f"token {name}", detail=detail)


COMMAND = Command("token", token)
