"""`wangge bench`: how fast it is, against a reference in the same run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.commands._base import Command
from deploy.commands.demo import SAMPLE_SITE

APP = typer.Typer(no_args_is_help=True, help="Measure, against a reference in the same run.")


@APP.command()
def pipeline(
    site: Annotated[Path, typer.Option(help="Site folder.")] = SAMPLE_SITE,
    messages: Annotated[int, typer.Option(min=1_000, help="Messages in the backlog.")] = 200_000,
    rounds: Annotated[int, typer.Option(min=1, help="Drains of each; the median counts.")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Drain a Mosquitto backlog with the whole embedded line, and with a plain paho subscriber that does nothing."""
    from rich.console import Console

    from deploy.app import checked_site
    from deploy.bench.pipeline import measure

    _show(measure(checked_site(site), site, messages, rounds, Console(stderr=True).print), as_json=as_json)


@APP.command()
def ingest(
    messages: Annotated[int, typer.Option(min=10_000, help="Messages in the backlog.")] = 200_000,
    rounds: Annotated[int, typer.Option(min=1, help="Drains of each; the median counts.")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Drain a Mosquitto backlog with our MQTT source and with plain paho; decode every dialect; check quality."""
    from rich.console import Console

    from deploy.bench.ingest import measure

    _show(measure(messages, rounds, Console(stderr=True).print), as_json=as_json)


@APP.command()
def steady(
    site: Annotated[Path, typer.Option(help="Site folder.")] = SAMPLE_SITE,
    seconds: Annotated[float, typer.Option(min=10, help="How long.")] = 600,
    rate: Annotated[float, typer.Option(min=10, help="Observations a second.")] = 5_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Run the embedded line under a steady load: memory over time, and latency from sensor to alert."""
    from rich.console import Console

    from deploy.app import checked_site
    from deploy.bench.steady import measure

    _show(measure(checked_site(site), site, seconds, rate, Console(stderr=True).print), as_json=as_json)


@APP.command()
def series(
    observations: Annotated[int, typer.Option(min=10_000, help="How many.")] = 500_000,
    devices: Annotated[int, typer.Option(min=10, help="Devices, of three series each.")] = 5_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write to and read from each time-series store that is there: SQLite, InfluxDB 2, VictoriaMetrics."""
    from rich.console import Console

    from deploy.bench.series import measure

    _show(measure(observations, devices, Console(stderr=True).print), as_json=as_json)


@APP.command()
def cluster(
    site: Annotated[Path, typer.Option(help="Site folder.")] = SAMPLE_SITE,
    messages: Annotated[int, typer.Option(min=1_000, help="Messages in the backlog.")] = 100_000,
    rounds: Annotated[int, typer.Option(min=1, help="Drains of each; the median counts.")] = 3,
    servers: Annotated[bool, typer.Option(help="Workers write to PostgreSQL and InfluxDB, not to SQLite.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Run bridge and workers on a Kafka of our own, and a naive Faust agent on the same."""
    from rich.console import Console

    from deploy.runtimes.cluster.connection import need_extra

    need_extra()
    from deploy.app import checked_site
    from deploy.bench.cluster import Plan, measure

    plan = Plan(messages, rounds, servers=servers)
    _show(measure(checked_site(site), site, plan, Console(stderr=True).print), as_json=as_json)


@APP.command()
def state(
    states: Annotated[int, typer.Option(min=1_000, help="States to recover.")] = 100_000,
    updates: Annotated[int, typer.Option(min=800, help="Keys that get two states each.")] = 4_000,
    rounds: Annotated[int, typer.Option(min=1, help="Turns of each; the median counts.")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare where rule state may lie: a Faust table with a changelog, the case store with the offset."""
    from rich.console import Console

    from deploy.runtimes.cluster.connection import need_extra

    need_extra()
    from deploy.bench.state import measure

    _show(measure(states // 8 * 8, updates // 8 * 8, rounds, Console(stderr=True).print), as_json=as_json)


@APP.command()
def rules(
    site: Annotated[Path, typer.Option(help="Site folder.")] = SAMPLE_SITE,
    rounds: Annotated[int, typer.Option(min=1, help="Turns of each; the median counts.")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Run the rules engine alone over 10,000 and 100,000 devices, beside Bytewax: rate, state, restart."""
    from rich.console import Console

    from deploy.app import checked_site
    from deploy.bench.rules import measure

    _show(measure(checked_site(site), rounds, Console(stderr=True).print), as_json=as_json)


@APP.command()
def detection(
    corpora: Annotated[Path, typer.Option(help="Folder that holds `nab/`, the Numenta Anomaly Benchmark.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Score the shipped rules on labelled traffic series, beside a plain limit and a rolling z-score."""
    from deploy.bench.detection import markdown, measure
    from deploy.commands._base import UserError
    from rules.errors import RecordedError

    try:
        found = measure(corpora)
    except RecordedError as exc:
        raise UserError(str(exc)) from exc
    typer.echo(json.dumps(found) if as_json else markdown(found))


@APP.command()
def size(
    site: Annotated[Path, typer.Option(help="Site folder.")] = SAMPLE_SITE,
    observations: Annotated[int, typer.Option(min=10_000, help="How many are written.")] = 2_000_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write observations to SQLite and InfluxDB: bytes an observation on disk."""
    from rich.console import Console

    from deploy.app import checked_site
    from deploy.bench.size import measure

    _show(measure(checked_site(site), observations, Console(stderr=True).print), as_json=as_json)


@APP.command()
def register(
    site: Annotated[Path, typer.Option(help="Site folder.")] = SAMPLE_SITE,
    devices: Annotated[int, typer.Option(min=10_000, help="How many.")] = 100_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Repeat the devices of a site: time until a worker knows them, and its memory."""
    from deploy.bench.register import measure

    _show(measure(site, devices), as_json=as_json)


def _show(result: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(result))
    else:
        for name, value in result.items():
            typer.echo(f"{name:24} {value}")


COMMAND = Command("bench", APP)
