"""`wangge rules`: checks rule files, runs the tests that they carry, tries them on the past, prints their schema."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands._backtest import backtest
from deploy.commands._base import Command
from deploy.commands._progress import over_time
from deploy.commands._rules_diff import diff
from deploy.commands._rules_noise import noise

if TYPE_CHECKING:
    from ingest.located import Fault
    from ingest.model import Property
    from rules.schema import Loaded
    from rules.testing import Outcome

_group = typer.Typer(no_args_is_help=True)

_Paths = Annotated[
    list[Path] | None,
    typer.Argument(help="Rule files and folders, later ones first; without any: the catalogue.", metavar="[PATH]..."),
]
_Site = Annotated[
    Path | None, typer.Option(help="Site folder: its dictionary is read, its rules come after the paths.")
]


@_group.callback()
def _describe() -> None:
    """Check and test rules."""


@_group.command("check")
def check(paths: _Paths = None, site: _Site = None) -> None:
    """Report every fault in rule files, with file and line (exit code 2 if there is one).

    With --site also warns of rules that no device of the site feeds.
    """
    loaded, dictionary = _load(paths, site)
    warnings = list(_unfed(loaded, dictionary, site)) if site else []
    for warning in warnings:
        typer.echo(f"{warning} (warning)", err=True)
    tests = sum(len(item.tests) for item in loaded)
    typer.echo(f"{len(loaded)} rules with {tests} tests: no fault, {len(warnings)} warnings")


@_group.command("test")
def run_tests(
    paths: _Paths = None,
    site: _Site = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Run the tests that rules carry (exit code 1 if one fails, 2 if a file has faults)."""
    loaded, dictionary = _load(paths, site)
    failed, count = [], 0
    for outcome in _outcomes(loaded, dictionary):
        count += 1
        if not outcome.passed:
            failed.append(outcome)
    if as_json:
        summary = {"rules": len(loaded), "tests": count, "passed": count - len(failed)}
        typer.echo(json.dumps(summary | {"failed": [_as_json(item) for item in failed]}, ensure_ascii=False))
    else:
        for outcome in failed:
            typer.echo(_as_text(outcome) + "\n")
        untested = [item.rule.id for item in loaded if not item.tests]
        if untested:
            typer.echo(f"without tests: {', '.join(untested)}", err=True)
        typer.echo(f"{len(loaded)} rules, {count} tests: {count - len(failed)} passed, {len(failed)} failed")
    if failed:
        raise typer.Exit(1)


@_group.command("schema")
def schema() -> None:
    """Print the JSON Schema of rule files (for editors)."""
    from rules.schema import json_schema

    typer.echo(json.dumps(json_schema(), ensure_ascii=False, indent=2))


def _load(paths: Sequence[Path] | None, site: Path | None) -> tuple[tuple[Loaded, ...], dict[str, Property]]:
    """Return rules and dictionary, or report all faults and leave with exit code 2."""
    from ingest import dictionary as properties
    from rules.schema import CATALOG, load_with_tests

    chosen = list(paths or [CATALOG])
    overlays = []
    if site is not None:
        chosen += [folder for folder in [site / "rules"] if folder.is_dir()]
        overlays += [file for file in [site / "dictionary.yaml"] if file.exists()]
    dictionary, faults = properties.load(*overlays)
    loaded, more = load_with_tests(chosen, dictionary)
    _leave_if((*faults, *more))
    return loaded, dictionary


def _leave_if(faults: Sequence[Fault]) -> None:
    for fault in faults:
        typer.echo(str(fault), err=True)
    if faults:
        typer.echo(f"wangge: {len(faults)} fault{'s' * (len(faults) > 1)}: mend them and check again", err=True)
        raise typer.Exit(2)


def _unfed(loaded: Sequence[Loaded], dictionary: dict[str, Property], site: Path) -> Iterator[Fault]:
    """Yield a warning for each rule that selects no device of the site."""
    from ingest import cells, devices
    from ingest.located import Fault
    from rules.program import selects

    grid, faults = cells.load(site / "cells.geojson")
    register, more = devices.load(site / "devices.csv", dictionary, grid)
    _leave_if((*faults, *more))
    for item in loaded:
        if not any(selects(item.rule, device) for device in register.devices.values()):
            yield Fault(str(item.file), item.line, "selects no device of the site", item.rule.id)


def _outcomes(loaded: Sequence[Loaded], dictionary: dict[str, Property]) -> Iterator[Outcome]:
    """Yield the outcome of every test, with a progress bar if somebody looks on."""
    from rules.testing import run

    done = 0
    with over_time("testing rules", sum(len(item.tests) for item in loaded)) as progress:
        for item in loaded:
            for outcome in run(item, dictionary):
                progress(done := done + 1)
                yield outcome


def _as_text(outcome: Outcome) -> str:
    from rules.drawing import draw

    loaded = outcome.loaded
    lines = [f"{loaded.file}:{outcome.line}: {loaded.rule.id}: FAILED: {outcome.test.name}", draw(outcome)]
    lines += [f"  {item.state}: {item.reason}" for item in outcome.transitions]
    return "\n".join(lines)


def _as_json(outcome: Outcome) -> dict[str, object]:
    return {
        "rule": outcome.loaded.rule.id,
        "test": outcome.test.name,
        "file": str(outcome.loaded.file),
        "line": outcome.line,
        "expected": [{"at_s": item.at_s, "state": item.state} for item in outcome.expected],
        "got": [{"at_s": item.at_s, "state": item.state} for item in outcome.got],
    }


_group.command("backtest")(backtest)
_group.command("diff")(diff)
_group.command("noise")(noise)
COMMAND = Command("rules", _group)
