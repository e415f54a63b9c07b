"""docs/rules.md keeps up with the rules and conditions that there are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rules.schema import CATALOG, kinds, load

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")


def test_page_has_every_rule_of_the_catalogue(world: Any) -> None:
    """The table lists the catalogue: id, title, severity and case."""
    rules, _ = load([CATALOG], world.dictionary)
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and "." in line.split("|")[1]]

    assert [rule.id for rule in rules] == [row.split("|")[1].strip() for row in rows]
    for rule, row in zip(rules, rows, strict=True):
        category = rule.case.category if rule.case else "–"
        assert [rule.title.zh, rule.severity, category] == [row.split("|")[place].strip() for place in (2, 5, 6)]


def test_page_has_every_condition_and_option() -> None:
    """The table of conditions names each option."""
    for name, kind in kinds().items():
        assert f"| `{name}` |" in PAGE
        for field, info in kind.options.model_fields.items():
            assert f"`{info.alias or field}`" in PAGE
