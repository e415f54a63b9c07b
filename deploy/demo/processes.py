"""Starts the parts of the demo as processes, watches them, ends them in order."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from deploy.commands._base import UserError

_LINES_OF_LOG = 15


class Child:
    """A `wangge` command in a process and session of its own, its output in a log file.

    `variables` are added to its environment.
    """

    def __init__(self, name: str, arguments: list[str], log: Path, variables: Mapping[str, str]) -> None:
        self.name, self._log = name, log
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", "deploy.child", *arguments],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, **variables},
            )

    def check(self) -> None:
        """Raise UserError with the end of the log when the process has failed."""
        if self._process.poll() not in {None, 0}:
            lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LINES_OF_LOG:]
            raise UserError(
                f"{self.name} ended with exit code {self._process.returncode}; the end of {self._log}:\n"
                + "\n".join(lines)
            )

    def ask(self) -> None:
        """Ask the process to end."""
        if self._process.poll() is None:
            self._process.terminate()

    def stop(self, timeout_s: float = 20.0) -> None:
        """Ask the process to end, and wait for it; end it by force after `timeout_s`."""
        self.ask()
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
