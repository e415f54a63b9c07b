"""docs/rules.md and docs/catalogue.md keep up with the rules and conditions that there are."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from deploy.cli import build
from rules.schema import kinds

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "rules.md").read_text(encoding="utf-8")
CATALOGUE = DOCS / "catalogue.md"


def test_catalogue_page_is_what_the_command_prints() -> None:
    """`wangge rules list --markdown > docs/catalogue.md` renews docs/catalogue.md."""
    printed = CliRunner().invoke(build(), ["rules", "list", "--markdown"]).stdout

    assert CATALOGUE.read_text(encoding="utf-8") == printed


def test_page_has_every_condition_and_option() -> None:
    """The table of conditions names each option."""
    for name, kind in kinds().items():
        assert f"| `{name}` |" in PAGE
        for field, info in kind.options.model_fields.items():
            assert f"`{info.alias or field}`" in PAGE
