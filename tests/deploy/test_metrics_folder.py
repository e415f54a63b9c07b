"""The folder of metrics that the processes share."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.commands._base import AwayError, UserError
from deploy.metrics_folder import share


def test_share_removes_what_ended_processes_left(tmp_path: Path) -> None:
    """Files of processes that run stay, those of processes that are gone do not pile up."""
    folder = tmp_path / "metrics"
    folder.mkdir()
    gone = 2**22 + 1  # above the highest process id
    for name in (f"counter_{os.getpid()}.db", f"counter_{gone}.db", f"gauge_mostrecent_{gone}.db", "note.txt"):
        (folder / name).touch()

    share(tmp_path)

    ours = [f"{kind}_{os.getpid()}.db" for kind in ("counter", "gauge_mostrecent", "histogram")]
    assert sorted(path.name for path in folder.iterdir()) == [*ours, "note.txt"]
    assert os.environ["PROMETHEUS_MULTIPROC_DIR"] == str(folder)


def test_metrics_have_their_room(tmp_path: Path) -> None:
    """What a process writes to its metrics later needs no room on the disk, for all kinds that there are."""
    program = f"""
import os, pathlib
from deploy.metrics_folder import share
data = pathlib.Path({str(tmp_path)!r})
share(data)
before = {{path: path.stat().st_blocks for path in data.glob("metrics/*.db")}}
from deploy import metrics
for number in range(200):
    metrics.RETRIES.labels(str(number)).inc()
    metrics.CONNECTED.labels(str(number)).set(1)
    metrics.STAGE_SECONDS.labels(str(number)).observe(1)
after = {{path: path.stat().st_blocks for path in data.glob("metrics/*.db")}}
assert before == after and len(after) == 3, (before, after)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_share_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no room it is tried again later: the exit code is 1."""

    def full(*_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)

    with pytest.raises(AwayError, match="No space left on device: make room"):
        share(tmp_path)


def test_share_of_a_folder_that_is_a_file(tmp_path: Path) -> None:
    """A data folder that cannot be one is told in a line."""
    (tmp_path / "data").touch()

    with pytest.raises(UserError, match="name one that you may write"):
        share(tmp_path / "data")
