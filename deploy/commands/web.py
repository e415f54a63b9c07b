"""`wangge web`: console, API and crew pages over the data folder of a pipeline."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Annotated

import typer

from deploy.commands._base import Command


def web(
    config: Annotated[Path, typer.Option(help="Settings file (TOML): site, data, web, clock.")],
) -> None:
    """Serve console, API and crew pages until SIGTERM or Ctrl-C."""
    from deploy import hangup
    from deploy.metrics_folder import share
    from deploy.settings import load

    settings = load(config)
    share(settings.data)
    hangup.listen()

    from deploy.web import ADMINISTRATOR, context, first_password, listen, serve

    stop = threading.Event()
    made = context(settings, stop)
    listener = listen(settings.web.host, settings.web.port)
    password = first_password(made)
    if password is not None:
        typer.echo(f"first administrator: {ADMINISTRATOR}  password: {password}  (shown once)")
    host, port = listener.getsockname()[:2]
    typer.echo(f"console: http://{host}:{port}/", err=True)
    try:
        serve(made, listener)
    finally:
        stop.set()


COMMAND = Command("web", web)
