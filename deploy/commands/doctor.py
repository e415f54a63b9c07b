"""`wangge doctor`: checks a configuration against reality."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands._base import Command, UserError

if TYPE_CHECKING:
    from deploy.doctor import Finding


def doctor(
    config: Annotated[Path, typer.Option(help="Settings file (TOML).")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON array.")] = False,
) -> None:
    """Say for each part whether it is as it must be, or what is missing and how to mend it (exit 2).

    Site, data folder, broker with its window, Kafka topics, InfluxDB, database: nothing is made or changed.
    """
    findings = []
    for one in _findings(config):
        findings.append(one)
        if not as_json:
            _print(one)
    if as_json:
        typer.echo(json.dumps([one._asdict() for one in findings], ensure_ascii=False))
    wrong = [one.part for one in findings if not one.ok]
    if wrong:
        raise UserError(f"not as it must be: {', '.join(wrong)}")


def _findings(config: Path) -> Iterator[Finding]:
    from deploy.doctor import Finding, examine
    from deploy.settings import load

    try:
        settings = load(config)
    except UserError as exc:
        yield Finding("settings", ok=False, detail=str(exc))
        return
    yield Finding("settings", ok=True, detail=str(config))
    yield from examine(settings)


def _print(one: Finding) -> None:
    first, *more = one.detail.splitlines()
    typer.echo(f"{'ok' if one.ok else 'WRONG':6} {one.part:9} {first}")
    for line in more:
        typer.echo(f"{'':16} {line}")


COMMAND = Command("doctor", doctor)
