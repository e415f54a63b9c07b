"""`wangge rules diff`: in words, for a machine, and as a page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deploy.cli import build
from deploy.commands._base import UserError

RULE = """\
id: traffic.slow
title: {zh: 缓行, en: Slow}
domain: traffic
when: {threshold: {property: traffic.speed, at_most: 20, clear_above: 30}}
for: FOR
severity: major
runbook: {zh: 看, en: Look}
"""


def wangge(*arguments: str | Path) -> Result:
    """Run `wangge rules diff …`."""
    return CliRunner().invoke(build(), ["rules", "diff", *map(str, arguments)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with two versions of a rule: the new one wants five minutes, the old one fires at once."""
    (tmp_path / "old.yaml").write_text(RULE.replace("FOR", "0"), encoding="utf-8")
    (tmp_path / "new.yaml").write_text(RULE.replace("FOR", "5m"), encoding="utf-8")
    slow = {10, 11, *range(40, 60)}
    lines = [f"2026-07-01 09:{minute:02}:00,{15 if minute in slow else 60}" for minute in range(60)]
    (tmp_path / "a&b.csv").write_text("\n".join(lines), encoding="utf-8")
    spans = {"a&b.csv": [["2026-07-01 09:38:00", "2026-07-01 09:59:00"]]}
    (tmp_path / "labels.json").write_text(json.dumps(spans), encoding="utf-8")
    return tmp_path


def asked(folder: Path) -> list[str | Path]:
    """Return the arguments."""
    return [folder / "old.yaml", folder / "new.yaml", "--series", folder / "a&b.csv"]


def test_in_words(folder: Path) -> None:
    """The last line says what the change is worth."""
    ran = wangge(*asked(folder), "--labels", folder / "labels.json")

    assert ran.output.splitlines() == [
        "- 2026-07-01T09:10:00Z  traffic.slow  a&b.csv",
        "~ 2026-07-01T09:40:00Z  traffic.slow  a&b.csv: 5 min later",
        "2 → 1 alerts, no labelled incident missed, 1 → 0 false alarms, median 5 min later",
    ]


def test_for_a_machine(folder: Path) -> None:
    """JSON has every alert."""
    told = json.loads(wangge(*asked(folder), "--labels", folder / "labels.json", "--json").output)

    assert (told["old"]["alerts"], told["new"]["alerts"], told["new"]["found"]) == (2, 1, 1)
    assert [one["since"] for one in told["vanished"]] == ["2026-07-01T09:10:00Z"]
    assert (told["appeared"], len(told["moved"]), told["median_shift_s"]) == ([], 1, 300.0)


def test_page(folder: Path) -> None:
    """The page holds a bar for each alert, the incident, and names as text."""
    page = folder / "page.html"

    wangge(*asked(folder), "--labels", folder / "labels.json", "--html", page)
    text = page.read_text(encoding="utf-8")

    assert [text.count(f'<rect class="{kind}"') for kind in ("gone", "more", "old", "new", "incident")] == [
        1,
        0,
        1,
        1,
        1,
    ]
    assert "traffic.slow · a&amp;b.csv" in text
    assert "2 → 1 alerts, no labelled incident missed, 1 → 0 false alarms" in text


def test_page_cannot_be_written(folder: Path) -> None:
    """A folder that is not there is told."""
    ran = wangge(*asked(folder), "--html", folder / "absent" / "page.html")

    assert isinstance(ran.exception, UserError)
    assert "No such file" in str(ran.exception)


def test_nothing_to_draw(folder: Path) -> None:
    """The same rules make no difference, and a past without alerts an empty page."""
    (folder / "a&b.csv").write_text("2026-07-01 09:00:00,60\n", encoding="utf-8")

    ran = wangge(folder / "old.yaml", folder / "old.yaml", "--series", folder / "a&b.csv", "--html", folder / "p.html")

    assert ran.output == "0 → 0 alerts\n"
    assert "<svg" not in (folder / "p.html").read_text(encoding="utf-8")
