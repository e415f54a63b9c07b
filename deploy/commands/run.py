"""`wangge run`: the pipeline, against a broker that is there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deploy.commands._base import Command


def run(
    config: Annotated[Path, typer.Option(help="Settings file (TOML): site, data, mqtt, epoch, clock.")],
) -> None:
    """Run the pipeline until SIGTERM or Ctrl-C; a broker that is away is waited for."""
    import signal
    import threading

    from deploy import hangup
    from deploy.metrics_folder import share
    from deploy.settings import load

    settings = load(config)
    share(settings.data)
    hangup.listen()
    from deploy.app import pipeline

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with pipeline(settings) as (runtime, collect):
        runtime.run(stop, collect)


COMMAND = Command("run", run)
