"""The score on labelled series is what docs/detection.md says."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.bench.detection import KINDS, markdown, measure
from ingest import dictionary
from rules.schema import CATALOG, load
from tests.docs.pages import ROOT


@pytest.mark.corpora
def test_table_of_the_page(corpora: Path) -> None:
    """Every figure of the page is printed by the command, and no incident is missed."""
    found = measure(corpora)

    assert markdown(found) in (ROOT / "docs" / "detection.md").read_text(encoding="utf-8")
    assert found["all"]["rule"]["missed"] == 0
    assert found["all"]["rule"]["false_alarms"] < found["all"]["limit"]["false_alarms"]


def test_own_series(tmp_path: Path) -> None:
    """A series of our own: four weeks of a road, one slow morning, labelled."""
    data, labels = tmp_path / "nab" / "data" / "realTraffic", tmp_path / "nab" / "labels"
    data.mkdir(parents=True)
    labels.mkdir()
    lines = ["timestamp,value"]
    for hour in range(24 * 26):
        slow = hour in range(24 * 23 + 8, 24 * 23 + 11)
        for minute in range(0, 60, 15):
            at = f"2026-03-{2 + hour // 24:02} {hour % 24:02}:{minute:02}:00"
            lines.append(f"{at},{15 if slow else 80 - 10 * (hour % 24 in (7, 8)) + minute / 15}")
    (data / "speed_1.csv").write_text("\n".join(lines), encoding="utf-8")
    window = '{"realTraffic/speed_1.csv": [["2026-03-25 07:00:00", "2026-03-25 12:00:00"]]}'
    (labels / "combined_windows.json").write_text(window, encoding="utf-8")

    ways = measure(tmp_path)["files"]["speed_1.csv"]

    assert (ways["rule"]["found"], ways["rule"]["false_alarms"]) == (1, 0)
    assert (ways["limit"]["found"], ways["limit"]["false_alarms"]) == (1, 0)


def test_rules_are_shipped() -> None:
    """Each kind of measure has its rule in the catalogue."""
    rules, _ = load([CATALOG], dictionary.load()[0])

    assert {kind.rule_id for kind in KINDS} <= {rule.id for rule in rules}
