"""`wangge profiles`: lists, shows and checks device profiles, and drafts one from recorded messages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands._base import Command, UserError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ingest.model import Property
    from ingest.profiles.model import Profile

_group = typer.Typer(no_args_is_help=True)

_Site = Annotated[Path | None, typer.Option(help="Site folder: its dictionary and its own profiles are read too.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")]


@_group.callback()
def _describe() -> None:
    """Device models: what the fields of their messages, or their bytes, mean."""


@_group.command("list")
def list_(
    *,
    site: _Site = None,
    as_json: _Json = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print the table of docs/profiles.md.")] = False,
) -> None:
    """List the profiles: the shipped ones and those of a site."""
    from ingest.profiles.loading import distinct
    from ingest.profiles.telling import markdown, summary

    profiles = distinct(_load(site)[0])
    if as_markdown:
        typer.echo(markdown(profiles), nl=False)
        return
    rows = [summary(profile) for profile in profiles]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table()
    table.add_column("model", no_wrap=True)
    for heading in ("title", "domain", "properties", "bytes"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        properties = ", ".join(row["properties"]) or str(row["unusable"] or "")
        domains = ", ".join(row["domains"])
        table.add_row(row["id"], f"{row['title_zh']} · {row['title_en']}", domains, properties, "✓" * row["bytes"])
    Console().print(table)


@_group.command("show")
def show(model: str, *, site: _Site = None, as_json: _Json = False) -> None:
    """Show what a profile reads, field by field."""
    from ingest.profiles.telling import described, summary

    profiles, _ = _load(site)
    profile = profiles.get(model)
    if profile is None:
        raise UserError(f"there is no profile {model!r}: see `wangge profiles list`")
    if as_json:
        typer.echo(json.dumps({**summary(profile), "fields": described(profile)}, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{profile.id}: {profile.title_zh} · {profile.title_en}")
    for heading in ("field", "property", "how"):
        table.add_column(heading, overflow="fold")
    for row in described(profile):
        table.add_row(row["field"], row["property"], row["how"])
    Console().print(table)
    typer.echo(f"source: {profile.source}")
    if profile.unusable:
        typer.echo(f"refused: {profile.unusable}")


@_group.command("check")
def check(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="Profiles, folders of them, or a site folder; without: the shipped."),
    ] = None,
    *,
    site: _Site = None,
) -> None:
    """Report every fault of profiles with file and line (exit 2 if there is one)."""
    from ingest import dictionary
    from ingest.profiles import loading

    chosen: list[Path] = []
    for path in paths or [loading.SHIPPED]:
        if not path.exists():
            raise UserError(f"{path} is neither a file nor a folder")
        is_site = (path / "site.yaml").exists()
        site = path if is_site else site
        chosen.append(path / "profiles" if is_site else path)
    known, faults = dictionary.load(*_overlay(site))
    profiles, more = loading.load([path for path in chosen if path.exists()], known)
    for fault in (*faults, *more):
        typer.echo(str(fault), err=True)
    if faults or more:
        count = len(faults) + len(more)
        raise UserError(f"{count} fault{'s' * (count > 1)}: mend them and check again")
    count = len(loading.distinct(profiles))
    typer.echo(f"{count} profile{'s' * (count != 1)}: no fault")


@_group.command("schema")
def schema() -> None:
    """Print the JSON Schema of profile files (for editors)."""
    from ingest.profiles.schema import json_schema

    typer.echo(json.dumps(json_schema(), ensure_ascii=False, indent=2))


@_group.command("new")
def new(
    files: Annotated[list[Path] | None, typer.Argument(metavar="[FILE]...", help="More recorded messages.")] = None,
    *,
    recorded: Annotated[
        list[Path], typer.Option("--from", metavar="FILE", help="Recorded messages: JSON, or one a line.")
    ],
    id_: Annotated[str | None, typer.Option("--id", help="Id of the model: vendor-model.")] = None,
    domain: Annotated[str | None, typer.Option(help="Domain of the device; without: guessed.")] = None,
    site: _Site = None,
    into: Annotated[
        Path | None, typer.Option("--into", metavar="DIR", help="Write DIR/ID.yaml instead of printing it.")
    ] = None,
) -> None:
    """Draft a profile from recorded messages of a device: The Things Stack, ChirpStack, or bare decoded objects.

    Fields are guessed by name, unit and value; what is doubtful is marked, what is not understood stands as comments.
    """
    from ingest.profiles import drafting, recordings

    _, known = _load(site)
    domains = sorted({name.partition(".")[0] for name in known} - {"device"})
    if domain is not None and domain not in domains:
        raise UserError(f"--domain {domain!r} is not one of {', '.join(domains)}")
    try:
        recording = recordings.read([*recorded, *(files or [])])
    except recordings.RecordingError as exc:
        raise UserError(str(exc)) from exc
    chosen = id_ or drafting.model_id(recording, recorded[0].stem)
    if not drafting.ID.fullmatch(chosen):
        raise UserError(f"--id {chosen!r} is not words of small letters and digits joined by -, such as acme-bin-01")
    text = drafting.draft(recording, known, id_=chosen, domain=domain)
    if into is None:
        typer.echo(text, nl=False)
        return
    target = into / f"{chosen}.yaml"
    if target.exists():
        raise UserError(f"{target} is there already: take it away, or choose another --id")
    into.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    typer.echo(f"{target}: look at every line, then `wangge profiles check {target}`")


def _overlay(site: Path | None) -> Sequence[Path]:
    return [file for file in [site / "dictionary.yaml"] if file.exists()] if site is not None else []


def _load(site: Path | None) -> tuple[Mapping[str, Profile], Mapping[str, Property]]:
    """Return the profiles and the dictionary of a site, or the shipped ones; faults are told and end the command."""
    from ingest import dictionary
    from ingest.profiles import loading

    if site is not None and not site.is_dir():
        raise UserError(f"{site} is not a folder: name the folder that holds site.yaml")
    known, faults = dictionary.load(*_overlay(site))
    profiles, more = loading.for_site(site, known) if site is not None else loading.load([loading.SHIPPED], known)
    for fault in (*faults, *more):
        typer.echo(str(fault), err=True)
    if faults or more:
        raise UserError("the profiles have faults: mend them first (`wangge profiles check`)")
    return profiles, known


COMMAND = Command("profiles", _group)
