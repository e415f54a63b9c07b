"""`wangge deadletters`: looks at frames that gave no observations, and publishes them again."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands._base import Command, UserError
from deploy.commands._login import PasswordOption, UsernameOption
from deploy.commands._store import case_store

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alerts.store.letter_groups import Group

_group = typer.Typer(no_args_is_help=True)
_SHORT = 12  # digits of an id that a list shows
_SHOWN_BYTES = 4_096
_BARS = " ▁▂▃▄▅▆▇█"

_Config = Annotated[Path | None, typer.Option("--config", help="Settings file (TOML).")]
_Data = Annotated[Path | None, typer.Option("--data", help="Data folder, instead of a settings file.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")]
_Stage = Annotated[str | None, typer.Option(help="Only of this stage: decode, normalise or store.")]
_Reason = Annotated[str | None, typer.Option(help="Only for this reason, as unknown_device.")]
_Dialect = Annotated[str | None, typer.Option(help="Only of this dialect, as the_things_stack.")]
_Model = Annotated[str | None, typer.Option(help="Only of this device model; MODEL@FIRMWARE for one firmware.")]
_Device = Annotated[str | None, typer.Option(help="Only of the device that the frames name so: an id or EUI.")]


@_group.callback()
def _describe() -> None:
    """Look at frames that gave no observations, and publish them again."""


@_group.command("list")
def list_(
    config: _Config = None,
    data: _Data = None,
    stage: _Stage = None,
    reason: _Reason = None,
    dialect: _Dialect = None,
    model: _Model = None,
    device: _Device = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    *,
    as_json: _Json = False,
) -> None:
    """List dead letters that were not published again, the last received first."""
    from alerts.store import deadletters
    from deploy.commands import _letters

    choice = deadletters.Choice(stage=stage, reason=reason, dialect=dialect, model=model, device=device)
    with _reading(config, data) as connection:
        letters = deadletters.listed(connection, choice, limit=limit)
        counts = deadletters.count(connection)
    if as_json:
        by_reason = [{"stage": key[0], "reason": key[1], "letters": number} for key, number in counts.items()]
        items = [_letters.told(one) for one in letters]
        typer.echo(json.dumps({"by_reason": by_reason, "items": items}, ensure_ascii=False))
        return
    for one in letters:
        typer.echo(f"{one.id[:_SHORT]}  {one.times:>5}×  {one.stage}/{one.reason}  {one.topic}  {one.detail}")
    told = ", ".join(f"{key[0]}/{key[1]} {number}" for key, number in counts.items())
    typer.echo(f"{sum(counts.values())} letters{': ' if told else ''}{told}")


@_group.command()
def groups(
    config: _Config = None,
    data: _Data = None,
    stage: _Stage = None,
    reason: _Reason = None,
    dialect: _Dialect = None,
    model: _Model = None,
    days: Annotated[int, typer.Option(min=1, max=90, help="Days of the trend, by UTC.")] = 14,
    *,
    as_json: _Json = False,
) -> None:
    """Group dead letters by stage, reason, dialect, device model and firmware, the most frequent first."""
    import msgspec

    from alerts.store import letter_groups
    from alerts.store.deadletters import Choice
    from deploy.clock import wall_ms

    choice = Choice(stage=stage, reason=reason, dialect=dialect, model=model)
    with _reading(config, data) as connection:
        found = letter_groups.groups(connection, choice, now_ms=wall_ms(), days=days)
    if as_json:
        typer.echo(json.dumps({"items": msgspec.to_builtins(found)}, ensure_ascii=False))
        return
    for one in found:
        typer.echo(_line(one))
    typer.echo(f"{sum(one.letters for one in found)} letters in {len(found)} groups")


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
    from deploy.commands import _letters

    with _reading(config, data) as connection:
        letter = deadletters.get(connection, _letters.the_id(connection, identity))
    if letter is None:
        raise UserError(f"there is no dead letter {identity!r}: `wangge deadletters list` shows their ids")
    if as_json:
        typer.echo(json.dumps(_letters.told(letter), ensure_ascii=False))
        return
    for name, value in _letters.told(letter).items():
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
    dialect: _Dialect = None,
    model: _Model = None,
    device: _Device = None,
    broker: Annotated[str | None, typer.Option(help="MQTT broker, host:port; default: that of the settings.")] = None,
    username: UsernameOption = None,
    password_file: PasswordOption = None,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for what is refused again.")] = 0,
    *,
    everything: Annotated[bool, typer.Option("--all", help="All letters that were not published again.")] = False,
    plain: Annotated[bool, typer.Option(help="On their own topic: their time of receipt is then now.")] = False,
    as_json: _Json = False,
) -> None:
    """Publish the frames of dead letters again: the same bytes, with the topic and the time of their first receipt."""
    from alerts.store import deadletters
    from alerts.store.database import reading
    from deploy.commands import _letters

    choice = deadletters.Choice(stage=stage, reason=reason, dialect=dialect, model=model, device=device)
    if sum((bool(identities), _letters.narrowed(choice), everything)) != 1:
        raise UserError("name letters by their ids, or choose them by --stage, --reason, --model …, or take --all")
    way = _letters.way_of(config, broker, plain=plain, username=username, password_file=password_file)
    with case_store(config, data) as engine:
        with reading(engine) as connection:
            if identities:
                ids = list(dict.fromkeys(_letters.the_id(connection, identity) for identity in identities))
            else:
                ids = deadletters.waiting_ids(connection, choice)
        done = _letters.redrive(engine, ids, way, lambda text: typer.echo(text, err=True)) if ids else 0
        result = {"redriven": done}
        if wait and ids:
            result["refused_again"] = _letters.refused_again(engine, ids, wait)
    typer.echo(json.dumps(result) if as_json else _in_words(result))


def _in_words(result: dict[str, int]) -> str:
    again = f", {result['refused_again']} refused again" if "refused_again" in result else ""
    return f"{result['redriven']} frames published again{again}"


def _line(group: Group) -> str:
    most = max(group.days) or 1
    bars = "".join(_BARS[-(-day * (len(_BARS) - 1) // most)] for day in group.days)
    firmware = f"@{group.firmware}" if group.firmware else ""
    sender = " ".join(part for part in (group.dialect, f"{group.model}{firmware}") if part) or "–"
    again = f"  {group.refused_again} refused again" if group.refused_again else ""
    head = f"{group.letters:>7} letters {group.times:>7}×  {bars}  {group.stage}/{group.reason}  {sender}{again}"
    return f"{head}\n        as {group.example[:_SHORT]}: {group.detail}"


@contextlib.contextmanager
def _reading(config: Path | None, data: Path | None) -> Iterator[Connection]:
    from alerts.store.database import reading

    with case_store(config, data) as engine, reading(engine) as connection:
        yield connection


COMMAND = Command("deadletters", _group)
