"""`wangge drift` lists alarms for people and machines."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from alerts.store import drift
from deploy.app import case_database
from deploy.cli import build
from ingest.drift_alarms import OpenAlarm
from tests.alerts.store.test_drift import JUMP, REFUSALS


def wangge(*arguments: str) -> str:
    """Run a command and return what it prints."""
    result = CliRunner().invoke(build(), arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_drift(tmp_path: Path) -> None:
    """The open ones, or all; as lines, or as JSON."""
    engine = case_database(tmp_path)
    with engine.begin() as connection:
        drift.open_(connection, JUMP, 1_790_000_000_000)
        drift.open_(connection, REFUSALS, 2000)
        drift.clear(connection, OpenAlarm(2000, REFUSALS), "returned", 3000)
    engine.dispose()
    text = wangge("drift", "--data", str(tmp_path))
    every = json.loads(wangge("drift", "--cleared", "--json", "--data", str(tmp_path)))["items"]

    assert text.splitlines()[0].startswith(
        "2026-09-21 14:13Z  open      wangge_json  gauge  weather.water_level has jumped"
    )
    assert text.endswith("1 open alarms\n")
    assert [one["state"] for one in every] == ["open", "cleared"]
