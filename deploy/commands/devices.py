"""`wangge devices`: makes the register of a new site."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deploy.commands._base import Command, UserError

_group = typer.Typer(no_args_is_help=True)


@_group.callback()
def _describe() -> None:
    """Make the device register of a site."""


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


COMMAND = Command("devices", _group)
