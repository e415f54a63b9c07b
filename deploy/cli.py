"""The `wangge` command: finds its subcommands in `deploy.commands`; mistakes of the user end in one line and exit 2."""

from __future__ import annotations

import sys

import typer

from deploy.commands._base import UserError
from ingest.plugins import find


def build() -> typer.Typer:
    """Return the command with every subcommand of the folder."""
    app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    app.callback()(_describe)
    for name, command in find("deploy.commands", "COMMAND").items():
        if isinstance(command.run, typer.Typer):
            app.add_typer(command.run, name=name)
        else:
            app.command(name)(command.run)
    return app


def _describe() -> None:
    """Wangge (网格): turns what street sensors say into work that somebody does."""


def main() -> None:
    """Run the command line."""
    try:
        build()()
    except UserError as exc:
        print(f"wangge: {exc}", file=sys.stderr)  # noqa: T201 - the one place that talks to the terminal
        sys.exit(exc.exit_code)
