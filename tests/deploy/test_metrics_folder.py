"""The folder of metrics that the processes share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from deploy.commands._base import UserError
from deploy.metrics_folder import share


def test_share_removes_what_ended_processes_left(tmp_path: Path) -> None:
    """Files of processes that run stay, those of processes that are gone do not pile up."""
    folder = tmp_path / "metrics"
    folder.mkdir()
    gone = 2**22 + 1  # above the highest process id
    for name in (f"counter_{os.getpid()}.db", f"counter_{gone}.db", f"gauge_mostrecent_{gone}.db", "note.txt"):
        (folder / name).touch()

    share(tmp_path)

    assert sorted(path.name for path in folder.iterdir()) == [f"counter_{os.getpid()}.db", "note.txt"]
    assert os.environ["PROMETHEUS_MULTIPROC_DIR"] == str(folder)


def test_share_of_a_folder_that_is_a_file(tmp_path: Path) -> None:
    """A data folder that cannot be one is told in a line."""
    (tmp_path / "data").touch()

    with pytest.raises(UserError, match="name one that you may write"):
        share(tmp_path / "data")
