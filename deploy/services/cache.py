"""Where the servers lie: one folder for all checkouts, one subfolder for each server and version.

    ${WANGGE_SERVICES:-${XDG_CACHE_HOME:-~/.cache}/wangge/services}/
        influxdb-2.7.12/   complete      written last: a folder without it is a broken attempt and is made anew
                           influxd …
        influxdb-2.7.12.log              what the last attempt printed

The two variables are read here and nowhere else: they belong to the machine, not to an installation's settings.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """A server that is there: its version and its program (for Kafka the folder of its jars)."""

    version: str
    path: Path


class AbsentError(Exception):
    """A server that cannot be had here; the message is one line that says why and what would mend it."""


def folder() -> Path:
    """Return the folder that holds all servers (it need not exist)."""
    chosen = os.environ.get("WANGGE_SERVICES")
    if chosen:
        return Path(chosen).expanduser().absolute()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "wangge" / "services"


def complete(name: str) -> Path | None:
    """Return the subfolder of a server when everything of it is there."""
    place = folder() / name
    return place if (place / "complete").exists() else None


@contextlib.contextmanager
def filling(name: str) -> Iterator[Path]:
    """Yield an empty subfolder to fill; it counts as complete when the block ends without an error."""
    place = folder() / name
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    yield place
    (place / "complete").touch()


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Let one process at a time fill the folder; the others wait. Raises AbsentError where it cannot be written."""
    try:
        folder().mkdir(parents=True, exist_ok=True)
        lock = (folder() / "lock").open("w")
    except OSError as exc:
        raise AbsentError(f"{exc.filename}: {exc.strerror}: name another folder with WANGGE_SERVICES") from exc
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
