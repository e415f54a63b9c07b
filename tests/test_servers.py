"""A test that lacks its server is skipped by name, and the run ends with what ran against what."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def test_absent_server_is_told(tmp_path: Path) -> None:
    """Without a cache InfluxDB is absent: its tests are skipped with its name, counted, and the run passes."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/contracts/test_series_store.py"]
    environment = {**os.environ, "WANGGE_SERVICES": str(tmp_path)}

    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    told = ended.stdout.splitlines()

    assert ended.returncode == 0
    assert any("InfluxDB is absent (`make services` gets what can be had)" in line for line in told)
    assert any(re.fullmatch(r"InfluxDB: absent +0 tests ran, [1-9]\d* skipped", line) for line in told)
