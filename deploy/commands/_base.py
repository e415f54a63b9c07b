"""What a file of this folder exports: `COMMAND = Command(name, run)`; `run` is a function or a `typer.Typer` group."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import typer


class UserError(Exception):
    """Something that the person at the keyboard can mend: the message is one line that says what and how (exit 2)."""


@dataclasses.dataclass(frozen=True, slots=True)
class Command:
    """A subcommand. Heavy imports belong inside `run`, so that `wangge --help` stays quick."""

    name: str
    run: Callable[..., None] | typer.Typer
