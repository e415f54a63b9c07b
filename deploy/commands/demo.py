"""`wangge demo`: everything on one machine, with simulated sensors and crews."""

from __future__ import annotations

import enum
import functools
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands._base import Command, UserError

if TYPE_CHECKING:
    from deploy.demo import plan

SAMPLE_SITE = Path(__file__).parents[1] / "sites" / "xixiangtang"
_UNITS = {"s": 1, "m": 60, "h": 3600}


class Runtime(enum.StrEnum):
    """What the pipeline is: one process on files, or bridge and workers on servers."""

    EMBEDDED = "embedded"
    CLUSTER = "cluster"


def demo(
    site: Annotated[Path, typer.Option(help="Site folder.")] = SAMPLE_SITE,
    runtime: Annotated[
        Runtime, typer.Option(help="embedded: one process, no server; cluster: on the servers of `make services`.")
    ] = Runtime.EMBEDDED,
    workers: Annotated[int, typer.Option(min=1, max=8, help="Workers of the cluster runtime.")] = 2,
    data: Annotated[
        Path | None, typer.Option(help="Data folder; var/demo or var/demo-cluster, or a new one with --for.")
    ] = None,
    run_for: Annotated[str | None, typer.Option("--for", help="End after this long, as 60s or 10m.")] = None,
    speed: Annotated[float, typer.Option(min=0.1, max=600, help="How many times faster than the wall clock.")] = 20,
    seed: Annotated[int, typer.Option(help="Seed of the simulated city.")] = 7,
    scenario: Annotated[str, typer.Option(help="Scenario of the simulators.")] = "evening",
    report: Annotated[Path | None, typer.Option(help="Write what the run did to this JSON file.")] = None,
    crew: Annotated[str | None, typer.Option(help="A crew that you play yourself, on the crew page.")] = None,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port of the console; 0 takes a free one.")] = 8080,
    mqtt_port: Annotated[int, typer.Option(min=0, max=65_535, help="Port of the broker; 0 takes a free one.")] = 0,
) -> None:
    """Run broker, pipeline, console and simulators of all domains; Ctrl-C stops everything cleanly.

    The cluster runtime takes the servers that are there, and says in a table what runs on what.
    """
    from rich.console import Console

    from deploy.demo.plan import Plan
    from deploy.demo.run import run
    from simulators import scenario as scenarios

    run_s = None if run_for is None else seconds(run_for)
    if report is not None and run_s is None:
        raise UserError("--report goes with --for: an endless run has no report")
    if data is None and run_s is not None:
        data = Path(tempfile.mkdtemp(prefix="wangge-demo-"))
    if scenario not in scenarios.names():
        raise UserError(f"--scenario {scenario!r} is not one of {', '.join(scenarios.names())}")
    script, faults = scenarios.load(scenarios.FOLDER / f"{scenario}.yaml")
    if script is None:
        raise UserError("\n".join(map(str, faults)))
    if report is not None:
        _prove_writable(report)
    asked = Plan(
        site=site,
        data=data or Path("var/demo" if runtime is Runtime.EMBEDDED else "var/demo-cluster"),
        scenario=scenario,
        seed=seed,
        speed=speed,
        start_ms=script.start_ms,
        run_s=run_s,
        web_port=port,
        mqtt_port=mqtt_port,
        report=report,
        crew=crew,
    )
    run(asked, _ground(runtime, workers), Console(soft_wrap=True))


def _ground(runtime: Runtime, workers: int) -> plan.Runtime:
    """Return what starts the servers of a runtime."""
    if runtime is Runtime.EMBEDDED:
        from deploy.demo import embedded

        return embedded.ground
    from deploy.runtimes.cluster.connection import need_extra

    need_extra()
    from deploy.demo import cluster

    return functools.partial(cluster.ground, workers=workers)


def _prove_writable(report: Path) -> None:
    """Raise UserError unless the report can be written when the run is over."""
    try:
        report.touch()
    except OSError as exc:
        remedy = "name a file in a folder that you may write"
        raise UserError(f"--report {report} cannot be written: {exc.strerror}: {remedy}") from exc


def seconds(text: str) -> float:
    """Return a duration such as 60s, 10m or 1h in seconds; raise UserError for anything else."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", text)
    if found is None or float(found[1]) == 0:
        raise UserError(f"--for {text!r} is not a duration: write it as 60s, 10m or 1h")
    return float(found[1]) * _UNITS[found[2]]


COMMAND = Command("demo", demo)
