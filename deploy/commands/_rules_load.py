"""What the commands on rule files share: how files are named and loaded, and how faults are told."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands._base import UserError

if TYPE_CHECKING:
    from ingest.located import Fault
    from ingest.model import Property
    from rules.schema import Loaded

Paths = Annotated[
    list[Path] | None,
    typer.Argument(help="Rule files and folders, later ones first; without any: the catalogue.", metavar="[PATH]..."),
]
SiteFolder = Annotated[
    Path | None, typer.Option("--site", help="Site folder: its dictionary is read, its rules come after the paths.")
]


def read(
    paths: Sequence[Path] | None, site: Path | None
) -> tuple[tuple[Loaded, ...], dict[str, Property], tuple[Fault, ...]]:
    """Return rules, dictionary and every fault in both."""
    from ingest import dictionary as properties
    from rules.schema import CATALOG, load_with_tests

    chosen = list(paths or [CATALOG])
    overlays = []
    if site is not None:
        chosen += [folder for folder in [site / "rules"] if folder.is_dir()]
        overlays += [file for file in [site / "dictionary.yaml"] if file.exists()]
    dictionary, faults = properties.load(*overlays)
    loaded, more = load_with_tests(chosen, dictionary)
    return loaded, dictionary, (*faults, *more)


def load(paths: Sequence[Path] | None, site: Path | None) -> tuple[tuple[Loaded, ...], dict[str, Property]]:
    """Return rules and dictionary, or tell all faults and leave with exit code 2."""
    loaded, dictionary, faults = read(paths, site)
    leave_if(faults)
    return loaded, dictionary


def leave_if(faults: Sequence[Fault]) -> None:
    """Tell faults and leave with exit code 2, if there are any."""
    for fault in faults:
        typer.echo(located(fault), err=True)
    if faults:
        told = "1 fault: mend it" if len(faults) == 1 else f"{len(faults)} faults: mend them"
        typer.echo(f"wangge: {told} and check again", err=True)
        raise typer.Exit(2)


def some(count: int, what: str) -> str:
    """Return a number with its word: `1 rule`, `2 rules`."""
    return f"{count} {what}" + "s" * (count != 1)


def located(fault: Fault) -> str:
    """Return `file:line:column: path: message`, which editors can jump to."""
    return (
        str(fault) if not fault.column else str(fault).replace(f":{fault.line}:", f":{fault.line}:{fault.column}:", 1)
    )


def chosen(loaded: Sequence[Loaded], rule_id: str) -> Loaded:
    """Return the rule with an id; raises UserError with ids that look like it."""
    known: Mapping[str, Loaded] = {item.rule.id: item for item in loaded}
    if rule_id in known:
        return known[rule_id]
    raise absent(rule_id, known)


def absent(rule_id: str, known: Collection[str]) -> UserError:
    """Return what to say of an id that no rule has, with ids that look like it."""
    near = difflib.get_close_matches(rule_id, known, n=3)
    return UserError(
        f"there is no rule {rule_id!r}" + (f": is it {' or '.join(near)}?" if near else ": see `rules list`")
    )
