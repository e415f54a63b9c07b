"""`wangge rules check`: every fault in rule files, and doubts about rules that have none."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands import _rules_load as files

if TYPE_CHECKING:
    from ingest.located import Fault
    from ingest.model import Property
    from rules.schema import Loaded


def check(
    paths: files.Paths = None,
    site: files.SiteFolder = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Report every fault in rule files, with file, line and column (exit code 2 if there is one).

    Without a fault also warns of rules that can never fire or clear, and of those that say nothing new; with --site, of
    those that no device of the site feeds.
    """
    loaded, dictionary, faults = files.read(paths, site)
    faults = faults or _unknown_categories(loaded, site)
    warnings = () if faults else tuple(sorted(_warnings(loaded, dictionary, site)))
    if as_json:
        found = {"rules": len(loaded), "faults": list(map(_plain, faults)), "warnings": list(map(_plain, warnings))}
        typer.echo(json.dumps(found, ensure_ascii=False))
        if faults:
            raise typer.Exit(2)
        return
    files.leave_if(faults)
    for warning in warnings:
        typer.echo(f"{files.located(warning)} (warning)", err=True)
    tests = sum(len(item.tests) for item in loaded)
    told = f"{files.some(len(loaded), 'rule')} with {files.some(tests, 'test')}"
    typer.echo(f"{told}: no fault, {files.some(len(warnings), 'warning')}")


def _unknown_categories(loaded: Sequence[Loaded], site: Path | None) -> tuple[Fault, ...]:
    if site is None:
        return ()
    from alerts.cases import categories
    from deploy import site_checks

    known, faults = categories.load(site / "categories.yaml")
    return faults or tuple(site_checks.categories_exist(loaded, known))


def _warnings(loaded: Sequence[Loaded], dictionary: Mapping[str, Property], site: Path | None) -> Iterator[Fault]:
    from rules.doubts import doubts
    from rules.unfed import unfed

    yield from doubts(loaded, dictionary)
    if site is None:
        return
    from ingest import cells, devices
    from ingest.profiles import loading as profiles

    grid, faults = cells.load(site / "cells.geojson")
    models, more = profiles.for_site(site, dictionary)
    register, last = devices.load(site / "devices.csv", dictionary, grid, models)
    files.leave_if((*faults, *more, *last))
    yield from unfed(loaded, register, grid.neighbours)


def _plain(fault: Fault) -> dict[str, object]:
    return {
        "file": fault.file,
        "line": fault.line,
        "column": fault.column or 1,
        "path": fault.path,
        "message": fault.message,
    }
