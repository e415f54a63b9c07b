"""`wangge bridge`: carries frames from MQTT to Kafka, for the workers of the cluster runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deploy.commands._base import Command


def bridge(
    config: Annotated[Path, typer.Option(help="Settings file (TOML): site, data, mqtt, epoch, kafka.")],
    name: Annotated[str, typer.Option(help="Tells this bridge from others; keep it over restarts.")] = "1",
    *,
    alone: Annotated[bool, typer.Option("--alone", help="It is the only one: the subscription is its own.")] = False,
) -> None:
    """Carry frames to Kafka until SIGTERM or Ctrl-C. Start several, each with a name of its own, to share the load."""
    from deploy.metrics_folder import share
    from deploy.metrics_server import answer
    from deploy.runtimes.cluster.connection import need_extra
    from deploy.settings import load

    settings = load(config)
    need_extra()
    share(settings.data)
    answer(settings.metrics)
    from deploy.cluster import run_bridge

    run_bridge(settings, name, alone=alone)


COMMAND = Command("bridge", bridge)
