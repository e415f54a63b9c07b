"""The measurements that the decisions quote can be repeated: each runs, on a little work, as it is written."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, Block, blocks, file_of

MEASUREMENTS = [block for page in PAGES for block in blocks(page) if block.language == "sh" and "timeit" in block.text]
KEYS = ROOT / "docs" / "decisions" / "0004-series-key.md"


@pytest.mark.slow
@pytest.mark.parametrize("block", MEASUREMENTS, ids=lambda block: block.place)
def test_timings_run(block: Block) -> None:
    """The shell takes the lines as they stand; one loop instead of many."""
    python = shlex.quote(sys.executable)
    script = block.text.replace(".venv/bin/python", python).replace("-m timeit", "-m timeit -n 1 -r 1")
    done = subprocess.run(
        ["bash", "-e", "-c", script], capture_output=True, text=True, check=False, cwd=ROOT, timeout=100
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count(" per loop") == block.text.count("timeit")


def test_keys_run(tmp_path: Path) -> None:
    """The script of the series' key prints a line for each key."""
    script = file_of(KEYS, "keys.py")
    fewer = ("20_000, 1_000_000, 2_000, 20_000", "200, 8_000, 1_000, 2_000")
    for shipped, ours in (fewer, ("series = 77", "series = 7")):
        assert shipped in script
        script = script.replace(shipped, ours)
    path = tmp_path / "keys.py"
    path.write_text(script, encoding="utf-8")
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert [line.partition("  ")[0] for line in done.stdout.splitlines()] == [
        "series, time_ms", "time_ms, series", "bucket, series, time_ms",
    ]  # fmt: skip
