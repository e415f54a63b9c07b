"""`wangge rules versions`: which versions of a rule ran, since when, and who wrote them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from deploy.commands._base import UserError
from deploy.commands._store import case_store


def versions(
    rule_id: Annotated[str, typer.Argument(metavar="ID", help="Id of the rule, such as flood.road.")],
    config: Annotated[Path | None, typer.Option("--config", help="Settings file (TOML).")] = None,
    data: Annotated[Path | None, typer.Option("--data", help="Data folder, instead of a settings file.")] = None,
    *,
    text: Annotated[bool, typer.Option("--text", help="Also print how each stood in its file.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")] = False,
) -> None:
    """List the versions of a rule that ever ran, the newest first; alerts name the one that raised them."""
    from alerts.store import rule_versions
    from alerts.store.database import reading
    from rules.sentences import instant

    with case_store(config, data) as engine, reading(engine) as connection:
        found = rule_versions.of_rule(connection, rule_id)
    if as_json:
        typer.echo(json.dumps({"versions": [one._asdict() for one in found]}, ensure_ascii=False))
        return
    if not found:
        raise UserError(f"no rule {rule_id!r} ever ran here")
    for one in found:
        typer.echo(f"{one.version:<14}{instant(one.first_run_ms)}  {one.author or 'no author named'}")
        if text:
            typer.echo(f"\n{one.text}\n")
