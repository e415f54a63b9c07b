"""Everything that the pages point at is there: links, images, headings, files named in the text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, anchors, code_words, links

_PATH = re.compile(r"(?:ingest|rules|alerts|simulators|deploy|tests|docs)/[\w./-]+")
_EXAMPLE = re.compile(r"(^|/)x(/|\.|$)")  # `ingest/dialects/x.py`: a place for something new


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """A relative link or image exists, and the heading that it names stands there."""
    broken = []
    for place, target in links(page):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        there = (page.parent / name).resolve() if name else page
        if not there.exists() or (anchor and anchor not in anchors(there)):
            broken.append(f"{place}: {target}")

    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_named_in_the_text_are_there(page: Path) -> None:
    """A path of the project in code style exists, unless it is the place of something new."""
    missing = [
        f"{place}: {text}"
        for place, text in code_words(page)
        if _PATH.fullmatch(text) and not _EXAMPLE.search(text) and not (ROOT / text).exists()
    ]

    assert missing == []


def test_every_page_is_reached() -> None:
    """From the README every page of docs/ is found by following links."""
    found, open_ = set[Path](), [ROOT / "README.md"]
    while open_:
        page = open_.pop()
        found.add(page)
        targets = {(page.parent / target.partition("#")[0]).resolve() for _, target in links(page)}
        open_ += [target for target in targets if target.suffix == ".md" and target.exists() and target not in found]

    assert [str(page.relative_to(ROOT)) for page in PAGES if "docs" in page.parts and page not in found] == []
