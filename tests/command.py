"""The `wangge` command as a process of its own, for tests that need what the shell sees."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

WANGGE = (sys.executable, "-c", "from deploy.cli import main; main()")
TIMEOUT_S = 120.0  # far beyond what is needed, also on a busy machine


def wangge(*arguments: object, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command to its end in `folder` (default: here); return exit code and what it printed."""
    return subprocess.run(
        [*WANGGE, *map(str, arguments)],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=TIMEOUT_S,
        check=False,
    )
