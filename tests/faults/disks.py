"""A small disk of its own under a folder, and what fills it to the last byte."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

DISK_MIB = 192
_BLOCK = bytes(65_536)


@contextlib.contextmanager
def small(folder: Path, mib: int = DISK_MIB) -> Iterator[bool]:
    """Make a folder, on a disk of `mib` where that is allowed (tell whether it is); what it holds stays afterwards."""
    folder.mkdir(parents=True)
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", str(folder)]
    mounted = subprocess.run(mounting, check=False, capture_output=True).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            kept = folder.with_name(f"{folder.name}-kept")
            shutil.copytree(folder, kept)
            subprocess.run(["umount", "-l", str(folder)], check=True)
            shutil.copytree(kept, folder, dirs_exist_ok=True)


@contextlib.contextmanager
def full(folder: Path) -> Iterator[None]:
    """Fill the disk of a folder to the last byte; make room again at the end. Skips where it is no disk of its own."""
    if not os.path.ismount(folder):
        pytest.skip("a disk of a bounded size needs the right to mount one")
    filler = folder / "filler"
    try:
        with filler.open("wb", buffering=0) as stream, contextlib.suppress(OSError):
            while True:
                stream.write(_BLOCK)
        yield
    finally:
        filler.unlink()
