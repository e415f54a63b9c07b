"""`wangge devices`: makes the register of a new site, lists devices that it lacks, and takes them in."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands._base import Command, UserError
from deploy.commands._store import case_store

if TYPE_CHECKING:
    from alerts.unknown import Unknown

_group = typer.Typer(no_args_is_help=True)

_Config = Annotated[Path | None, typer.Option("--config", help="Settings file (TOML): site, data, broker.")]
_Site = Annotated[Path | None, typer.Option("--site", help="Site folder, instead of that of the settings.")]
_Data = Annotated[Path | None, typer.Option("--data", help="Data folder, instead of a settings file.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")]


@_group.callback()
def _describe() -> None:
    """Make the device register of a site, list devices that it lacks, and take them in."""


@_group.command("generate")
def generate(
    site: Annotated[Path, typer.Option(help="Site folder with divisions.csv and cells.geojson.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same file.")] = 7,
) -> None:
    """Write a synthetic devices.csv: four domains, parents, cadences, places inside their cells."""
    from deploy import cells, site_devices, site_places
    from ingest import cells as grid

    divisions, faults = cells.load_divisions(site / "divisions.csv")
    found, more = grid.load(site / "cells.geojson")
    if faults or more:
        raise UserError("\n".join(["the site has faults:", *map(str, (*faults, *more))]))
    try:
        text = site_devices.generate(site_places.grounds(divisions, found), seed)
    except ValueError as exc:
        raise UserError(f"{site / 'cells.geojson'}: {exc}") from exc
    out = site / "devices.csv"
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise UserError(f"{out} cannot be written: {exc.strerror}") from exc
    typer.echo(f"{out}: {text.count(chr(10)) - 1} devices")


@_group.command("unknown")
def unknown(
    config: _Config = None,
    site: _Site = None,
    data: _Data = None,
    limit: Annotated[int, typer.Option(min=1, help="How many devices at most.")] = 100,
    *,
    as_json: _Json = False,
) -> None:
    """List devices that the register lacks and whose frames are kept: what they sent, and what kind of device it is."""
    import msgspec

    from alerts.store.database import reading
    from alerts.unknown import nameless as count_nameless
    from deploy import unknown as quarantine
    from deploy.app import checked_site
    from deploy.commands._adoption import folder_of
    from ingest.topics import discover

    register = checked_site(folder_of(config, site)).register
    with case_store(config, data) as engine, reading(engine) as connection:
        found = quarantine.listed(connection, register, discover(), limit=limit)
        nameless = count_nameless(connection)
    if as_json:
        typer.echo(json.dumps({"items": msgspec.to_builtins(found), "nameless": nameless}, ensure_ascii=False))
        return
    for one in found:
        typer.echo(_in_words(one))
    typer.echo(f"{len(found)} unknown devices{': `wangge devices adopt NAME` takes one in' if found else ''}")
    if nameless:
        typer.echo(
            f"{nameless} frames name no device: `wangge deadletters list --reason unknown_device` says what to do"
        )


@_group.command("adopt")
def adopt(
    name: Annotated[str, typer.Argument(help="The device as `wangge devices unknown` names it, or as it will.")],
    config: _Config = None,
    site: _Site = None,
    data: _Data = None,
    broker: Annotated[str | None, typer.Option(help="MQTT broker, host:port; default: that of the settings.")] = None,
    device_id: Annotated[str | None, typer.Option("--id", help="Its id; default: the first word of NAME.")] = None,
    domain: Annotated[str | None, typer.Option(help="traffic, weather, lighting or waste; default: the guess.")] = None,
    kind: Annotated[str | None, typer.Option(help="As waste_bin; default: the guess.")] = None,
    title: Annotated[str | None, typer.Option(help="What people call it.")] = None,
    cell: Annotated[str | None, typer.Option(help="Its cell; default: the one that holds --lat, --lon.")] = None,
    lat: Annotated[float | None, typer.Option(help="Latitude in the datum of the site; default: in the cell.")] = None,
    lon: Annotated[float | None, typer.Option(help="Longitude in the datum of the site.")] = None,
    cadence_s: Annotated[
        int | None, typer.Option(help="Seconds between its messages; default: as they came, else 3600.")
    ] = None,
    parent: Annotated[str | None, typer.Option(help="Id of the device that feeds or relays it.")] = None,
    eui: Annotated[str | None, typer.Option(help="LoRaWAN DevEUI; default: the one in NAME.")] = None,
    height_cm: Annotated[float | None, typer.Option(help="Inner height of a bin.")] = None,
    topic: Annotated[str | None, typer.Option(help="Topic filter, for messages that do not name it.")] = None,
    attribute: Annotated[list[str] | None, typer.Option(help="A further attribute, NAME=VALUE.")] = None,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for the pipeline and for refusals.")] = 10,
    *,
    as_json: _Json = False,
) -> None:
    """Add a device to devices.csv; once the running pipeline has it, publish its waiting frames again."""
    from alerts.store.database import reading
    from deploy import unknown as quarantine
    from deploy.app import checked_site
    from deploy.commands import _adoption, _letters
    from ingest.topics import discover

    known = checked_site(_adoption.folder_of(config, site))
    attributes = _adoption.attributes(attribute or (), height_cm, topic)
    place = cell, lat, lon
    wish = _adoption.Wish(name, device_id, domain, kind, title, *place, cadence_s, parent, eui, attributes)
    with case_store(config, data) as engine:
        with reading(engine) as connection:
            guess = quarantine.find(connection, known.register, discover(), name)
            ids = quarantine.letters_of(connection, name)
        row = _adoption.row_of(wish, guess, known)
        version = _adoption.write(known, row, engine, name)
        result: dict[str, object] = {"adopted": row, "waiting": len(ids), "redriven": 0, "refused_again": 0}
        typer.echo(f"{row['id']}: {row['domain']}, {row['kind']}, in cell {row['cell']}", err=as_json)
        if ids and (broker or config) and _adoption.is_met(engine, version, wait):
            way = _letters.way_of(config, broker, plain=False)
            result["redriven"] = _letters.redrive(engine, ids, way, lambda text: typer.echo(text, err=True))
            result["refused_again"] = _letters.refused_again(engine, ids, min(wait, 2.0))
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False))
    elif result["redriven"]:
        typer.echo(f"{result['redriven']} frames published again, {result['refused_again']} refused again")
    elif ids:
        remedy = f"`wangge deadletters redrive --device '{name}'`"
        typer.echo(f"{len(ids)} frames wait: when the pipeline has the register (it reads this folder?), {remedy}")


def _in_words(one: Unknown) -> str:
    first, last = (
        dt.datetime.fromtimestamp(time_ms / 1000, dt.UTC).strftime("%Y-%m-%d %H:%M")
        for time_ms in (one.first_received_at_ms, one.last_received_at_ms)
    )
    what = f"{one.domain}/{one.kind}?" if one.domain else "?"
    values = ", ".join(f"{value.property} {value.value:g} {value.unit}" for value in one.would_read) or one.problem
    sender = " ".join(part for part in (one.dialect, one.model) if part)
    return f"{one.device}  {one.frames} frames {first} … {last} UTC  {sender}  {what}\n    {one.topic}: {values}"


COMMAND = Command("devices", _group)
