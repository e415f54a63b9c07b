"""`wangge cells`: makes the unit grid cells of a new site."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deploy.commands._base import Command, UserError

_group = typer.Typer(no_args_is_help=True)


@_group.callback()
def _describe() -> None:
    """Make the unit grid cells (单元网格) of a site."""


@_group.command("generate")
def generate(
    divisions: Annotated[Path, typer.Option(help="CSV file: level,code,name,parent,setting.")],
    out: Annotated[Path, typer.Option(help="GeoJSON file to write.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same file.")] = 7,
    box: Annotated[
        str, typer.Option(help="West,south,east,north of the district in degrees (default: Xixiangtang).")
    ] = "107.764158,22.756934,108.3584,23.104372",
    core: Annotated[
        str, typer.Option(help="The same of its built-up part; rural sub-districts lie west of it.")
    ] = "108.235,22.795,108.345,22.905",
) -> None:
    """Write synthetic cells, labelled so, over the real communities of a district."""
    from deploy import cells

    found, faults = cells.load_divisions(divisions)
    if faults:
        raise UserError("\n".join(["the divisions have faults:", *map(str, faults)]))
    outer, inner = cells.Box.of(*_edges("--box", box)), cells.Box.of(*_edges("--core", core))
    if not outer.holds(inner):
        raise UserError("--core must lie inside --box")
    text = cells.generate(found, seed, outer, inner)
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise UserError(f"{out} cannot be written: {exc.strerror}") from exc
    typer.echo(f"{out}: {text.count(chr(10)) - 2} cells of {sum(d.level == 'community' for d in found)} communities")


def _edges(option: str, text: str) -> tuple[float, float, float, float]:
    try:
        west, south, east, north = map(float, text.split(","))
    except ValueError:
        raise UserError(f"{option} is {text!r}: give four numbers, as in 107.7,22.7,108.3,23.1") from None
    if not (west < east and south < north):
        raise UserError(f"{option} is {text!r}: west must be less than east, and south less than north")
    return west, south, east, north


COMMAND = Command("cells", _group)
