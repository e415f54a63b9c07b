"""The calls that ioos_qc's own tests make of its functions, recorded: our tests give the same flags."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.ingest.quality import qartod

ABSENT_LIBRARY = "ImportError"  # raised only because a library was not there: says nothing about the test


@pytest.mark.corpora
def test_recorded_calls(corpora: Path) -> None:
    """Every recorded call gives the recorded flags, or is refused where that was."""
    recorded = json.loads((corpora / "qartod-ioos-qc" / "qartod.cases.json").read_text(encoding="utf-8"))["cases"]
    wrong, refused = [], 0

    for number, case in enumerate(recorded):
        ours = getattr(qartod, case["function"])
        if case.get("raises") == ABSENT_LIBRARY:
            continue
        if "raises" in case:
            with pytest.raises((TypeError, ValueError)):
                ours(*case["args"], **case["kwargs"])
            refused += 1
        elif ours(*case["args"], **case["kwargs"]) != case["flags"]:
            wrong.append((number, case["function"]))

    assert wrong == []
    assert (len(recorded), refused) == (75, 5)
