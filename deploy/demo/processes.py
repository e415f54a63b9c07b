"""Starts the parts of the demo as processes, watches them, ends them in order."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from deploy.commands._base import UserError

_LINES_OF_LOG = 15


class Child:
    """A `wangge` command in a process and session of its own, its output in a log file."""

    def __init__(self, name: str, arguments: list[str], log: Path) -> None:
        self.name, self._log = name, log
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", "deploy.child", *arguments],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Tell whether the process has ended."""
        return self._process.poll() is not None

    def check(self) -> None:
        """Raise UserError with the end of the log when the process has failed."""
        if self._process.poll() not in {None, 0}:
            lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LINES_OF_LOG:]
            raise UserError(
                f"{self.name} ended with exit code {self._process.returncode}; the end of {self._log}:\n"
                + "\n".join(lines)
            )

    def stop(self, timeout_s: float = 20.0) -> None:
        """Ask the process to end, and wait for it; end it by force after `timeout_s`."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()

    def wait(self, timeout_s: float) -> bool:
        """Wait for the process to end by itself; tell whether it did."""
        deadline = time.monotonic() + timeout_s
        while self._process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        return self.ended
