"""`wangge worker`: normalises, judges and stores what the bridge has put into Kafka."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deploy.commands._base import Command


def worker(
    config: Annotated[Path, typer.Option(help="Settings file (TOML): site, data, database, store, kafka.")],
) -> None:
    """Work until SIGTERM or Ctrl-C. Start several: they share the partitions among them."""
    from deploy import hangup
    from deploy.metrics_folder import share
    from deploy.metrics_server import answer
    from deploy.runtimes.cluster.connection import need_extra
    from deploy.settings import load

    settings = load(config)
    need_extra()
    share(settings.data)
    hangup.listen()
    answer(settings.metrics)
    from deploy.cluster import run_worker

    run_worker(settings)


COMMAND = Command("worker", worker)
