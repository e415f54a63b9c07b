"""`wangge rules`: checks and explains rule files, runs their tests, tries them on the past, prints their schema."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands import _rules_load as files
from deploy.commands._backtest import backtest
from deploy.commands._base import Command
from deploy.commands._progress import over_time
from deploy.commands._rules_check import check
from deploy.commands._rules_diff import diff
from deploy.commands._rules_noise import noise
from deploy.commands._rules_versions import versions
from deploy.commands._rules_words import explain, list_rules

if TYPE_CHECKING:
    from ingest.model import Property
    from rules.schema import Loaded
    from rules.testing import Outcome

_group = typer.Typer(no_args_is_help=True)


@_group.callback()
def _describe() -> None:
    """Check, explain and test rules."""


@_group.command("test")
def run_tests(
    paths: files.Paths = None,
    site: files.SiteFolder = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Run the tests that rules carry (exit code 1 if one fails, 2 if a file has faults)."""
    loaded, dictionary = files.load(paths, site)
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
        ran = f"{files.some(len(loaded), 'rule')}, {files.some(count, 'test')}"
        typer.echo(f"{ran}: {count - len(failed)} passed, {len(failed)} failed")
    if failed:
        raise typer.Exit(1)


@_group.command("schema")
def schema() -> None:
    """Print the JSON Schema of rule files (for editors)."""
    from rules.schema import json_schema

    typer.echo(json.dumps(json_schema(), ensure_ascii=False, indent=2))


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
    from rules.drawing import draw, reasons

    loaded = outcome.loaded
    lines = [f"{loaded.file}:{outcome.line}: {loaded.rule.id}: FAILED: {outcome.test.name}", draw(outcome)]
    lines += [f"  {reason}" for reason in reasons(outcome)]
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


_group.command("check")(check)
_group.command("explain")(explain)
_group.command("list")(list_rules)
_group.command("backtest")(backtest)
_group.command("diff")(diff)
_group.command("noise")(noise)
_group.command("versions")(versions)
COMMAND = Command("rules", _group)
