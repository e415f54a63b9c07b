"""What a file of this folder exports: `COMMAND = Command(name, run)`; `run` is a function or a `typer.Typer` group."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import ClassVar

import typer


class UserError(Exception):
    """Something that the person at the keyboard can mend: the message is one line that says what and how (exit 2)."""

    exit_code: ClassVar[int] = 2


class AwayError(UserError):
    """A server that is away, a disk that is full: whoever starts us again later may find it mended (exit 1)."""

    exit_code = 1


@dataclasses.dataclass(frozen=True, slots=True)
class Command:
    """A subcommand. Heavy imports belong inside `run`, so that `wangge --help` stays quick."""

    name: str
    run: Callable[..., None] | typer.Typer
