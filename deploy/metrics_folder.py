"""The folder in which the processes of an installation keep their metrics, so that `/metrics` shows all of them.

prometheus-client writes one file a process and kind there (its multiprocess mode), and reads the variable when it is
first imported: `share` comes before. A process that is gone leaves its files; they are removed at the next start, which
Prometheus sees as a reset counter. It maps its files into memory: writing where the disk has no room would end the
process (SIGBUS), so they get all of their room at the start.
"""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

from deploy.commands._base import AwayError, UserError

_OF_PROCESS = re.compile(r"\w+_(\d+)\.db")
_KINDS = "counter", "gauge_mostrecent", "histogram"  # of deploy.metrics
_FILE_BYTES = 1_048_576  # prometheus-client's first size of a file


def share(data: Path) -> None:
    """Let this process keep its metrics in the data folder. Raises UserError where that cannot be written."""
    folder = data / "metrics"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.glob("*.db"):
            found = _OF_PROCESS.fullmatch(path.name)
            if found and not Path(f"/proc/{found[1]}").exists():
                path.unlink(missing_ok=True)
        for kind in _KINDS:
            with (folder / f"{kind}_{os.getpid()}.db").open("ab") as file:
                os.posix_fallocate(file.fileno(), 0, _FILE_BYTES)
    except OSError as exc:
        raise refused(data, exc) from exc
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def refused(data: Path, error: OSError) -> UserError:
    """Return in a line why the data folder cannot be written."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return AwayError(f"data folder {data}: {error.strerror}: make room, or name a folder on another disk")
    return UserError(f"data folder {data}: {error.strerror}: name one that you may write, with `data`")
