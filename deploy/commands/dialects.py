"""`wangge dialects`: lists the ways in which devices may write, and shows how a payload would be read."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.commands._base import Command, UserError

if TYPE_CHECKING:
    from deploy.trial import Trial
    from ingest.devices import Register

_group = typer.Typer(no_args_is_help=True)

_Json = Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")]


@_group.callback()
def _describe() -> None:
    """List the dialects, and show how a payload would be read."""


@_group.command("list")
def list_(*, as_json: _Json = False) -> None:
    """List the dialects with the first line of what each file says of itself."""
    from ingest.plugins import find

    found = find("ingest.dialects", "DIALECT")
    texts = {name: sys.modules[type(dialect).__module__].__doc__ or "" for name, dialect in found.items()}
    if as_json:
        told = [{"name": name, "about": text.strip().partition("\n")[0]} for name, text in texts.items()]
        typer.echo(json.dumps({"dialects": told}, ensure_ascii=False))
        return
    for name, text in texts.items():
        typer.echo(f"{name:<20}{text.strip().partition(chr(10))[0]}")


@_group.command("try")
def try_(
    file: Annotated[str, typer.Argument(metavar="FILE", help="File with one payload; - reads standard input.")],
    topic: Annotated[str, typer.Option(help="MQTT topic that it came on; without: known by the payload alone.")] = "",
    site: Annotated[Path | None, typer.Option(help="Site folder, whose devices are known.")] = None,
    config: Annotated[Path | None, typer.Option("--config", help="Settings file (TOML), which names the site.")] = None,
    model: Annotated[
        str, typer.Option(help="Model of a device that is not registered, as `wangge profiles list`.")
    ] = "",
    *,
    as_json: _Json = False,
) -> None:
    """Show how a payload would be read: dialect, observations, refusals. Nothing is stored.

    A device that the register lacks is shown as quarantined, together with what would be read. Exit code 0 whenever
    there is an answer, be it a refusal. Without --site or --config no device is known.
    """
    from deploy.clock import wall_ms
    from deploy.trial import attempt
    from ingest.model import Frame
    from ingest.topics import discover

    payload = _payload(file)
    frame = Frame(topic=topic, payload=payload, received_at_ms=wall_ms(), source="try")
    register = _register(site, config)
    if model and model.partition("@")[0] not in register.profiles:
        raise UserError(f"there is no profile {model!r}: `wangge profiles list` shows those that there are")
    trial = attempt(frame, discover(), register, model=model)
    if as_json:
        typer.echo(json.dumps(_told(trial), ensure_ascii=False))
    else:
        _print(trial)


def _payload(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as exc:
        raise UserError(f"{file} cannot be read: {exc.strerror}") from exc


def _register(site: Path | None, config: Path | None) -> Register:
    from deploy.settings import load
    from deploy.site import load_site
    from ingest import dictionary
    from ingest.devices import Register
    from ingest.profiles import loading

    if site is not None and config is not None:
        raise UserError("--config names the site too: take one of --site and --config")
    folder = load(config).site if config is not None else site
    if folder is None:
        known, _ = dictionary.load()
        return Register({}, known, loading.load([loading.SHIPPED], known)[0])
    found, faults = load_site(folder)
    if found is None:
        raise UserError("\n".join(["the site has faults:", *map(str, faults)]))
    return found.register


def _told(trial: Trial) -> dict[str, Any]:
    return {
        "dialect": trial.dialect,
        "why": trial.why,
        "observations": _rows(trial),
        "refusals": [{"reason": one.reason, "detail": one.detail} for one in trial.refusals],
        "quarantined": [{"device_id": one.device_id, "read_as": one.read_as} for one in trial.quarantined],
    }


def _rows(trial: Trial) -> list[dict[str, Any]]:
    from ingest.model import Quality

    return [
        {
            "device_id": one.device_id,
            "property": one.observed_property,
            "value": one.value,
            "unit": one.series.property.unit,
            "phenomenon_time": _rfc3339(one.phenomenon_time_ms),
            "quality": Quality(one.quality).name,
        }
        for one in trial.observations
    ]


def _rfc3339(time_ms: int) -> str:
    from ingest.normalise import EPOCH, MILLISECOND

    return (EPOCH + time_ms * MILLISECOND).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _print(trial: Trial) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    console.print(f"[bold]{trial.dialect or 'no dialect'}[/bold]: {escape(trial.why)}", highlight=False, soft_wrap=True)
    for refusal in trial.refusals:
        text = f"[red]refused[/red] {refusal.stage}/{refusal.reason}: {escape(refusal.detail)}"
        console.print(text, highlight=False, soft_wrap=True)
    for one in trial.quarantined:
        text = f"[yellow]quarantined[/yellow] {escape(one.device_id)}"
        text += f", read below as a device of {one.read_as}" if one.read_as else ""
        console.print(text, highlight=False, soft_wrap=True)
    rows = _rows(trial)
    if not rows:
        return
    devices = {row["device_id"] for row in rows}
    table = Table(title=escape(devices.pop()) if len(devices) == 1 else None, title_justify="left")
    titles = [title for title in rows[0] if title != "device_id" or table.title is None]
    for title in titles:
        table.add_column(title, justify="right" if title == "value" else "left", overflow="fold")
    for row in rows:
        cells = (f"{row[title]:.10g}" if title == "value" else row[title].replace(".000Z", "Z") for title in titles)
        table.add_row(*map(escape, cells))
    console.print(table)


COMMAND = Command("dialects", _group)
