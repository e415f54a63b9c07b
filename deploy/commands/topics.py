"""`wangge topics`: makes and checks the Kafka topics of the cluster runtime."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands._base import Command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deploy.runtimes.cluster.administer import State

APP = typer.Typer(no_args_is_help=True, help="Make and check the Kafka topics of bridge and workers.")
Config = Annotated[Path, typer.Option(help="Settings file (TOML) with kafka.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON array.")]


@APP.command()
def create(config: Config, as_json: AsJson = False) -> None:
    """Create the topics that are missing; one that is there is left as it is, and told if it is not as it must be."""
    import asyncio

    from deploy.app import cluster_topics, forget_offsets
    from deploy.runtimes.cluster.connection import need_extra
    from deploy.settings import load

    need_extra()
    from deploy.runtimes.cluster.administer import create as make
    from deploy.runtimes.cluster.administer import refuse_problems

    settings = load(config)
    states = asyncio.run(make(settings.kafka, cluster_topics(settings)))
    forget_offsets(settings, [state.name for state in states if state.created])
    _show(states, as_json=as_json)
    refuse_problems(states)


@APP.command()
def check(config: Config, as_json: AsJson = False) -> None:
    """Tell whether every topic is there, with the partitions that the settings say; exit 2 otherwise."""
    import asyncio

    from deploy.app import cluster_topics
    from deploy.runtimes.cluster.connection import need_extra
    from deploy.settings import load

    need_extra()
    from deploy.runtimes.cluster.administer import check as look
    from deploy.runtimes.cluster.administer import refuse_problems

    settings = load(config)
    states = asyncio.run(look(settings.kafka, cluster_topics(settings)))
    _show(states, as_json=as_json)
    refuse_problems(states)


def _show(states: Sequence[State], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([state._asdict() for state in states], ensure_ascii=False))
        return
    for state in states:
        if not state.problem:
            typer.echo(f"{state.name:40} {state.partitions:4} partitions  {'created' if state.created else 'ok'}")


COMMAND = Command("topics", APP)
