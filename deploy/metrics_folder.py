"""The folder in which the processes of an installation keep their metrics, so that `/metrics` shows all of them.

prometheus-client writes one file a process and kind there (its multiprocess mode), and reads the variable when it is
first imported: `share` comes before. A process that is gone leaves its files; they are removed at the next start, which
Prometheus sees as a reset counter.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from deploy.commands._base import UserError

_OF_PROCESS = re.compile(r"\w+_(\d+)\.db")


def share(data: Path) -> None:
    """Let this process keep its metrics in the data folder. Raises UserError where that cannot be written."""
    folder = data / "metrics"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.glob("*.db"):
            found = _OF_PROCESS.fullmatch(path.name)
            if found and not Path(f"/proc/{found[1]}").exists():
                path.unlink(missing_ok=True)
    except OSError as exc:
        raise UserError(f"data folder {data}: {exc.strerror}: name one that you may write, with `data`") from exc
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
