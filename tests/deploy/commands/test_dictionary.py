"""`wangge dictionary`: the page is current, JSON holds every entry, a site's own entries are laid over."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from deploy import dictionary_page
from deploy.cli import build
from ingest import dictionary

PAGE = Path(__file__).parents[3] / "docs" / "dictionary.md"


def wangge(*arguments: str | Path) -> Result:
    """Run `wangge dictionary …`."""
    return CliRunner().invoke(build(), ["dictionary", *map(str, arguments)])


def test_page_is_current() -> None:
    """docs/dictionary.md is what the command prints: `wangge dictionary --markdown > docs/dictionary.md` renews it."""
    assert PAGE.read_text(encoding="utf-8") == wangge("--markdown").stdout


def test_json_holds_every_entry() -> None:
    """The rows for machines name every property of the shipped dictionary, in its order."""
    known, _ = dictionary.load()
    rows = json.loads(wangge("--json").stdout)["properties"]

    assert [row["name"] for row in rows] == list(known)
    assert next(row for row in rows if row["name"] == "weather.rain_total") == {
        "name": "weather.rain_total",
        "unit": "mm",
        "title": {"zh": "累计降雨量", "en": "Rain gauge counter"},
        "possible": [0.0, 1_000_000.0],
        "plausible": [None, None],
        "statistic": "total",
        "resolution": 0.1,
        "increments": "weather.rain_increment",
        "molar_mass": None,
    }


def test_site_is_laid_over(tmp_path: Path) -> None:
    """With a site its own entries are shown too, and its faults are told."""
    own = tmp_path / "dictionary.yaml"
    own.write_text('properties:\n  waste.odour: {unit: "[ppm]", title: {zh: 臭气, en: Odour}}\n', encoding="utf-8")
    shown = wangge("--site", tmp_path)
    own.write_text("properties:\n  waste.odour: {unit: smell, title: {zh: 臭气, en: Odour}}\n", encoding="utf-8")
    refused = wangge("--site", tmp_path)

    assert "waste.odour" in shown.stdout
    assert "'smell' is not a UCUM unit" in str(refused.exception)
    assert "take one" in str(wangge("--markdown", "--json").exception)


def test_spans() -> None:
    """A range is written with the ends that it has."""
    assert [dictionary_page.span(*ends) for ends in ((None, None), (0, None), (None, 5), (-1, 4_294_967_295))] == [
        "",
        "≥ 0",
        "≤ 5",
        "-1 … 4294967295",
    ]
