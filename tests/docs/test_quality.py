"""docs/quality.md says what the dictionary says."""

from __future__ import annotations

import re

import yaml

from ingest import dictionary
from ingest.quality.settings import QualityEntry
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs" / "quality.md").read_text(encoding="utf-8")


def test_defaults() -> None:
    """The table of settings is the section `quality` of the shipped dictionary, less the sources."""
    shipped = yaml.safe_load(dictionary.BASE.read_text(encoding="utf-8"))["quality"]
    expected = {name: {key: one for key, one in tests.items() if key != "source"} for name, tests in shipped.items()}

    rows = re.findall(r"^\| `(\w+\.\w+)` \| (.*) \|$", PAGE, re.MULTILINE)

    assert {name: yaml.safe_load("\n".join(text.strip("`").split("` `"))) for name, text in rows} == expected


def test_every_test_is_named() -> None:
    """Each test that can be set has its row, and its file is there."""
    for name in QualityEntry.model_fields.keys() - {"source", "roll_over"}:
        assert f"| `{name}` | `{name}.py` |" in PAGE
        assert (ROOT / "ingest" / "quality" / f"{name}.py").exists()
