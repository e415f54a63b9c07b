"""`wangge ledger` explains each hour, for people and machines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alerts.store import deadletters, ledger
from deploy.app import case_database
from deploy.cli import build
from deploy.commands._base import UserError
from ingest.flow import HOUR_MS, Counts, Letter
from ingest.model import Frame, Refusal

HOUR = 1_790_000_000_000 // HOUR_MS * HOUR_MS  # 2026-09-21T14:00Z


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a data folder with two hours of a ledger, one of them with a mistake."""
    refusal = Refusal(stage="normalise", reason="unit", detail="why", dialect="senml_json", model="em@1.1")
    engine = case_database(tmp_path)
    with engine.begin() as connection:
        ledger.add(connection, "mqtt", HOUR, Counts(frames=3, acknowledged=3, received=5, stored=4, refused=1))
        ledger.add(connection, "mqtt", HOUR - HOUR_MS, Counts(frames=3, acknowledged=1, received=5, stored=4))
        deadletters.add(connection, [Letter(Frame("t", b"x", HOUR + 7, "mqtt"), refusal)])
    engine.dispose()
    return tmp_path


def wangge(*arguments: str) -> str:
    """Run a command and return what it prints; mistakes of the user are raised."""
    result = CliRunner().invoke(build(), arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_ledger(data: Path) -> None:
    """Newest hour first; what was refused is named; a row that does not add up says how much is missing."""
    first, group, second = wangge("ledger", "--data", str(data)).splitlines()

    assert first == (
        "2026-09-21 14:00Z  mqtt       3 frames, 5 received = 4 stored + 0 duplicate + 1 refused + 0 dead-lettered"
        "  balanced"
    )
    assert group == "          1 normalise/unit  senml_json em@1.1"
    assert second == (
        "2026-09-21 13:00Z  mqtt       3 frames, 5 received = 4 stored + 0 duplicate + 0 refused + 0 dead-lettered"
        "  NOT BALANCED: 1 missing, 2 frames not acknowledged yet"
    )


def test_ledger_of_one_hour(data: Path) -> None:
    """One hour, one source, as JSON."""
    items = json.loads(wangge("ledger", "--data", str(data), "--hour", "2026-09-21T13", "--source", "mqtt", "--json"))
    none = wangge("ledger", "--data", str(data), "--hour", "2026-09-21T12")

    assert [(one["hour_ms"], one["missing"], one["in_flight"]) for one in items["items"]] == [(HOUR - HOUR_MS, 1, 2)]
    assert none == "nothing was received\n"


def test_mistake(data: Path) -> None:
    """An hour that is none is told."""
    with pytest.raises(UserError, match="--hour is 'today': write it as 2026-11-24T18"):
        wangge("ledger", "--data", str(data), "--hour", "today")
