"""`wangge dictionary`: shows which properties can be observed, of the shipped dictionary or of a site."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from deploy.commands._base import Command, UserError


def dictionary(
    site: Annotated[Path | None, typer.Option(help="Site folder, whose own entries are laid over.")] = None,
    *,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the page docs/dictionary.md.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")] = False,
) -> None:
    """Show the data dictionary: properties with unit, range, statistic, resolution, names in Chinese and English."""
    from deploy import dictionary_page
    from ingest import dictionary as entries

    if markdown and as_json:
        raise UserError("--markdown and --json print the same in two ways: take one")
    known, faults = entries.load(*([site / "dictionary.yaml"] if site else []))
    if faults:
        raise UserError("\n".join(["the dictionary has faults:", *map(str, faults)]))
    properties = known.values()
    if markdown:
        typer.echo(dictionary_page.markdown(properties), nl=False)
    elif as_json:
        typer.echo(json.dumps({"properties": list(dictionary_page.rows(properties))}, ensure_ascii=False))
    else:
        for one in properties:
            bounds = dictionary_page.span(one.low, one.high)
            typer.echo(f"{one.name:<32}{one.unit:<10}{bounds:<24}{one.statistic:<9}{one.title_zh} {one.title_en}")
        typer.echo(f"{len(known)} properties")


COMMAND = Command("dictionary", dictionary)
