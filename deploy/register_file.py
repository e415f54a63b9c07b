"""devices.csv of a site: read as a whole against the site that it belongs to, and lengthened by a row.

A row is only written where the file is without fault with it, and then at once: whoever reads the file finds it with
the row or without it, never half of it.
"""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import fcntl
import io
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from deploy import site_checks
from deploy.site import Site
from ingest import devices
from ingest.devices import Register
from ingest.located import Fault

NAME = "devices.csv"


def load(site: Site, folder: Path | None = None) -> tuple[Register, tuple[Fault, ...]]:
    """Return the register of a site as its file is now (or that of another folder), and every fault of it."""
    path = (folder or site.folder) / NAME
    profiles = site.register.profiles or None
    register, faults = devices.load(path, site.dictionary, site.cells, profiles, datum=site.datum)
    astray = site_checks.devices_stand_in_their_cells(path.parent, site.cells, register)
    return register, tuple(sorted((*faults, *astray)))


def append(site: Site, row: Mapping[str, str]) -> tuple[Fault, ...]:
    """Add a row (by column) to the file of a site; return every fault that it would have, and then change nothing.

    Raises OSError where the file cannot be read or written.
    """
    file = site.folder / NAME
    with _alone(site.folder):
        content = _lengthened(file.read_bytes(), row)
        with tempfile.TemporaryDirectory(prefix="wangge-") as folder:
            trial = Path(folder) / NAME
            trial.write_bytes(content)
            _, faults = load(site, trial.parent)
        if not faults:
            _replace(file, content)
    return tuple(dataclasses.replace(fault, file=str(file)) for fault in faults)


def _lengthened(content: bytes, row: Mapping[str, str]) -> bytes:
    """Return a CSV file with one row more, in the order of its own columns and with its own line ends."""
    text = content.decode("utf-8-sig", "replace")
    columns = next(csv.reader(io.StringIO(text, newline="")), [])
    end = "\r\n" if "\r\n" in text else "\n"
    line = io.StringIO(newline="")
    csv.DictWriter(line, columns, restval="", extrasaction="ignore", lineterminator=end).writerow(row)
    gap = b"" if not content or content.endswith(b"\n") else end.encode()
    return content + gap + line.getvalue().encode()


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep others who write to the folder waiting meanwhile."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _replace(file: Path, content: bytes) -> None:
    descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        shutil.copymode(file, name)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
