"""`wangge rules explain` and `wangge rules list`: rules in plain Chinese and English."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from deploy.commands import _rules_load as files
from deploy.commands._base import UserError

if TYPE_CHECKING:
    from rules.model import Text

_Lang = Annotated[Literal["zh", "en"] | None, typer.Option("--lang", help="Only this language; without: both.")]


def explain(
    rule_id: Annotated[str, typer.Argument(metavar="ID", help="Id of the rule, such as flood.road.")],
    paths: files.Paths = None,
    lang: _Lang = None,
    site: files.SiteFolder = None,
) -> None:
    """Say what a rule watches, when it fires and ends, what comes of it and what to do, in plain words."""
    from rules.explaining import explain as in_words
    from rules.wording import Wording

    loaded, dictionary = files.load(paths, site)
    item = files.chosen(loaded, rule_id)
    said = in_words(item.rule, Wording(dictionary.get), _categories(site))
    if lang is None:
        typer.echo(f"{rule_id}  {item.rule.title.zh}\n{said.zh}\n\n{rule_id}  {item.rule.title.en}\n{said.en}")
    else:
        typer.echo(f"{rule_id}  {getattr(item.rule.title, lang)}\n{getattr(said, lang)}")


def list_rules(
    paths: files.Paths = None,
    lang: _Lang = "en",
    site: files.SiteFolder = None,
    *,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the page docs/catalogue.md.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")] = False,
) -> None:
    """List rules: id, severity, title, what must be so in plain words, case."""
    from deploy import catalogue_page
    from rules.explaining import begins
    from rules.wording import Wording

    if markdown and as_json:
        raise UserError("--markdown and --json print the same in two ways: take one")
    loaded, dictionary = files.load(paths, site)
    rules, wording = [item.rule for item in loaded], Wording(dictionary.get)
    if markdown:
        typer.echo(catalogue_page.markdown(rules, wording), nl=False)
    elif as_json:
        typer.echo(json.dumps({"rules": list(catalogue_page.rows(rules, wording))}, ensure_ascii=False))
    else:
        for rule in rules:
            title, when = (getattr(text, lang or "en") for text in (rule.title, begins(rule, wording)))
            case = rule.case.category if rule.case else "no case"
            typer.echo(f"{rule.id:<32}{rule.severity:<10}{title}: {when} [{case}]")
        typer.echo(f"{len(rules)} rules")


def _categories(site: Path | None) -> Callable[[str], Text | None]:
    """Return what the site calls the categories of cases, with their codes; nothing without a site."""
    from alerts.cases import categories
    from rules.model import Text

    if site is None:
        return lambda _: None
    known, faults = categories.load(site / "categories.yaml")
    files.leave_if(faults)

    def named(key: str) -> Text | None:
        found = known.get(key)
        if found is None:
            return None
        return Text(zh=f"{found.title.zh}（{found.code}）", en=f"{found.title.en} ({found.code})")

    return named
