"""`wangge influx`: the InfluxDB 2 of `store = "influx"`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from deploy.commands._base import Command, UserError

influx = typer.Typer(help="Set up and check the InfluxDB 2 that keeps the time series.", no_args_is_help=True)

_Config = Annotated[Path, typer.Option("--config", help="Settings file (TOML).")]


@influx.command()
def setup(
    config: _Config,
    keep_days: Annotated[int, typer.Option(min=0, help="How long every observation is kept; 0: for ever.")] = 400,
    means_days: Annotated[int, typer.Option(min=0, help="How long five-minute means are kept; 0: for ever.")] = 3_650,
) -> None:
    """Make the bucket, a second one for five-minute means, and the task that computes them; change what differs.

    The token needs the right to do so: give another than that of the pipeline with WANGGE_INFLUX__TOKEN.
    """
    from deploy.settings import load

    options = load(config).influx.options()
    with _told():
        from ingest.stores._influx_setup import provide

        for line in provide(options, keep_days, means_days):
            typer.echo(line)


@influx.command()
def check(config: _Config) -> None:
    """Say whether server, token and bucket are as the settings have them, and how much is stored."""
    from deploy.settings import load
    from ingest.stores.influx import InfluxStore

    settings = load(config)
    options = settings.influx.options()
    with _told():
        from ingest.stores._influx_client import InfluxClient

        with contextlib.closing(InfluxStore(InfluxClient(options), options, settings.data)) as store:
            store.check()
            typer.echo(f"{options.url}: bucket {options.bucket} holds {store.count()} observations")


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Tell what is wrong in one line."""
    from ingest.stores._base import StoreError

    try:
        yield
    except ImportError as exc:
        raise UserError(f"InfluxDB needs the extra `cluster` ({exc}): pip install 'wangge[cluster]'") from exc
    except StoreError as exc:
        raise UserError(str(exc)) from exc


COMMAND = Command("influx", influx)
