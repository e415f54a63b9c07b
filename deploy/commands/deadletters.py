"""`wangge deadletters`: looks at frames that gave no observations, and publishes them again."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands._base import Command, UserError
from deploy.commands._store import case_store

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from alerts.store.deadletters import DeadLetter
    from simulators.publisher import Publisher

_group = typer.Typer(no_args_is_help=True)
_AT_ONCE = 200
_FLUSH_S = 30.0
_SHORT = 12  # digits of an id that a list shows
_SHOWN_BYTES = 4_096

_Config = Annotated[Path | None, typer.Option("--config", help="Settings file (TOML).")]
_Data = Annotated[Path | None, typer.Option("--data", help="Data folder, instead of a settings file.")]
_Stage = Annotated[str | None, typer.Option(help="Only of this stage: decode or normalise.")]
_Reason = Annotated[str | None, typer.Option(help="Only for this reason, as unknown_device.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")]


@_group.callback()
def _describe() -> None:
    """Look at frames that gave no observations, and publish them again."""


@_group.command("list")
def list_(
    config: _Config = None,
    data: _Data = None,
    stage: _Stage = None,
    reason: _Reason = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    *,
    as_json: _Json = False,
) -> None:
    """List dead letters that were not published again, the last received first."""
    from alerts.store import deadletters

    with _reading(config, data) as connection:
        letters = deadletters.listed(connection, stage=stage, reason=reason, limit=limit)
        counts = deadletters.count(connection)
    if as_json:
        by_reason = [{"stage": key[0], "reason": key[1], "letters": number} for key, number in counts.items()]
        typer.echo(json.dumps({"by_reason": by_reason, "items": [_told(one) for one in letters]}, ensure_ascii=False))
        return
    for one in letters:
        typer.echo(f"{one.id[:_SHORT]}  {one.times:>5}×  {one.stage}/{one.reason}  {one.topic}  {one.detail}")
    told = ", ".join(f"{key[0]}/{key[1]} {number}" for key, number in counts.items())
    typer.echo(f"{sum(counts.values())} letters{': ' if told else ''}{told}")


@_group.command()
def show(
    identity: Annotated[str, typer.Argument(metavar="ID", help="Id of the letter, or its first digits.")],
    config: _Config = None,
    data: _Data = None,
    *,
    as_json: _Json = False,
) -> None:
    """Show one dead letter with its bytes."""
    from alerts.store import deadletters

    with _reading(config, data) as connection:
        letter = deadletters.get(connection, _one(connection, identity))
    if letter is None:
        raise UserError(f"there is no dead letter {identity!r}: `wangge deadletters list` shows their ids")
    if as_json:
        typer.echo(json.dumps(_told(letter), ensure_ascii=False))
        return
    for name, value in _told(letter).items():
        if name not in {"payload_b64", "payload"}:
            typer.echo(f"{name:<22}{value}")
    typer.echo(letter.payload[:_SHOWN_BYTES].decode("utf-8", "backslashreplace"))


@_group.command()
def redrive(
    identities: Annotated[list[str] | None, typer.Argument(metavar="[ID…]", help="Ids, or their first digits.")] = None,
    config: _Config = None,
    data: _Data = None,
    stage: _Stage = None,
    reason: _Reason = None,
    broker: Annotated[str | None, typer.Option(help="MQTT broker, host:port; default: that of the settings.")] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="All letters that were not published again.")] = False,
    as_json: _Json = False,
) -> None:
    """Publish the frames of dead letters again: the same bytes on the same topic."""
    from alerts.store import deadletters
    from alerts.store.database import reading

    chosen = sum((bool(identities), stage is not None or reason is not None, everything))
    if chosen != 1:
        raise UserError("name letters by their ids, or choose them by --stage and --reason, or take --all")
    address = _address(config, broker)
    with case_store(config, data) as engine:
        with reading(engine) as connection:
            if identities:
                ids = list(dict.fromkeys(_one(connection, identity) for identity in identities))
            else:
                ids = deadletters.waiting_ids(connection, stage=stage, reason=reason)
        done = _redrive(engine, ids, address) if ids else 0
    typer.echo(json.dumps({"redriven": done}) if as_json else f"{done} frames published again")


def _redrive(engine: Engine, ids: Sequence[str], address: tuple[str, int]) -> int:
    """Publish in portions; a portion is marked when the broker has acknowledged all of it."""
    import getpass

    from alerts.store import audit, deadletters
    from alerts.store.database import reading
    from deploy.clock import wall_ms
    from simulators.publisher import Publisher, PublishError

    done = 0
    try:
        with Publisher(*address, "wangge-redrive") as publisher:
            for start in range(0, len(ids), _AT_ONCE):
                with reading(engine) as connection:
                    found = (deadletters.get(connection, identity) for identity in ids[start : start + _AT_ONCE])
                    letters = [letter for letter in found if letter is not None]
                _publish(publisher, letters)
                with engine.begin() as connection:
                    audit.append(
                        connection,
                        now_ms=wall_ms(),
                        actor=f"shell:{getpass.getuser()}",
                        action="deadletters.redrive",
                        object=f"{len(letters)} dead letters",
                        detail={"ids": [letter.id for letter in letters]},
                    )
                    deadletters.mark_redriven(connection, letters, wall_ms())
                done += len(letters)
    except (PublishError, ValueError) as exc:
        raise UserError(f"{exc} ({done} of {len(ids)} frames were published again)") from exc
    return done


def _publish(publisher: Publisher, letters: Sequence[DeadLetter]) -> None:
    from simulators.publisher import PublishError

    for letter in letters:
        publisher.publish(letter.topic, letter.payload)
    if publisher.flush(_FLUSH_S):
        raise PublishError(f"the broker did not acknowledge within {_FLUSH_S:g} s")


def _one(connection: Connection, identity: str) -> str:
    from alerts.store import deadletters

    found = deadletters.matching(connection, identity.lower()) if identity else []
    if not found:
        raise UserError(f"there is no dead letter {identity!r}: `wangge deadletters list` shows their ids")
    if len(found) > 1:
        raise UserError(f"several dead letters begin with {identity!r}: give more digits")
    return found[0]


def _told(letter: DeadLetter) -> dict[str, str | int | None]:
    return {
        "id": letter.id,
        "source": letter.source,
        "topic": letter.topic,
        "stage": letter.stage,
        "reason": letter.reason,
        "detail": letter.detail,
        "times": letter.times,
        "first_received_at_ms": letter.first_received_at_ms,
        "last_received_at_ms": letter.last_received_at_ms,
        "redriven_at_ms": letter.redriven_at_ms,
        "payload_bytes": len(letter.payload),
        "payload_b64": base64.b64encode(letter.payload).decode(),
    }


def _address(config: Path | None, broker: str | None) -> tuple[str, int]:
    from deploy.addresses import host_port
    from deploy.settings import load

    if broker is not None:
        return host_port(broker, "--broker")
    if config is None:
        raise UserError("name the broker with --broker, or the settings file with --config")
    mqtt = load(config).mqtt
    return mqtt.host, mqtt.port


@contextlib.contextmanager
def _reading(config: Path | None, data: Path | None) -> Iterator[Connection]:
    from alerts.store.database import reading

    with case_store(config, data) as engine, reading(engine) as connection:
        yield connection


COMMAND = Command("deadletters", _group)
