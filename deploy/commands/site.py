"""`wangge site`: checks a site folder."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands._base import Command, UserError

if TYPE_CHECKING:
    from deploy.site import Site

_group = typer.Typer(no_args_is_help=True)


@_group.callback()
def _describe() -> None:
    """Check a site folder."""


@_group.command("check")
def check(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Site folder (with site.yaml).")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")] = False,
) -> None:
    """Report every fault of a site with file and line (exit 2), or what the site has."""
    from deploy.site import load_site

    site, faults = load_site(folder)
    if as_json:
        told = [{"file": one.file, "line": one.line, "path": one.path, "message": one.message} for one in faults]
        typer.echo(json.dumps({"faults": told, "summary": _summary(site) if site else None}, ensure_ascii=False))
    elif site is None:
        typer.echo("\n".join(map(str, faults)), err=True)
    else:
        _print(site)
    if site is None:
        raise UserError(f"{folder} has {len(faults)} fault{'s' if len(faults) > 1 else ''}")


def _summary(site: Site) -> dict[str, int]:
    kinds = Counter(f"{device.domain}: {device.kind}" for device in site.register.devices.values())
    return {
        "cells": len(site.cells),
        "devices": len(site.register.devices),
        **{f"devices, {kind}": count for kind, count in sorted(kinds.items())},
        "properties": len(site.dictionary),
        "rules": len(site.rules),
        "categories": len(site.categories),
        "units": len(site.matrix.units),
        "crews": len(site.matrix.crews),
    }


def _print(site: Site) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{site.title_zh} · {site.title_en} ({site.division})")
    table.add_column("what")
    table.add_column("count", justify="right")
    for what, count in _summary(site).items():
        table.add_row(what, f"{count:,}")
    Console().print(table)


COMMAND = Command("site", _group)
