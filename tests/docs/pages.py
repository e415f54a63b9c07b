"""The pages of the project, taken apart: fenced and indented blocks, commands in them, words in code, links."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PAGES = (
    ROOT / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "deploy").rglob("*.md")),
)

_FENCE = re.compile(r"```(?P<language>\w*)(?: file=(?P<file>\S+))?\s*")
_SYNOPSIS = re.compile(r"[\[\]…{}]")
_OURS = re.compile(r"(\.venv/bin/)?wangge ")
_ENDS = frozenset({"|", ">", "<", ">>", ";", "&&", "||", "&"})
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_NO_SLUG = re.compile(r"[^\w\- ]")


class Block(NamedTuple):
    """A block of code: `language` is empty where none is named, `file` where the fence names none."""

    page: Path
    line: int
    language: str
    file: str
    text: str

    @property
    def place(self) -> str:
        """Where it stands, as `page:line`."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"


class Command(NamedTuple):
    """One command of a shell block, up to the first redirection or pipe."""

    place: str
    words: tuple[str, ...]

    @property
    def wangge(self) -> tuple[str, ...] | None:
        """The arguments of `wangge`, or None if it is another command."""
        return self.words[1:] if self.words[0].rpartition("/")[2] == "wangge" else None


def blocks(page: Path) -> Iterator[Block]:
    """Yield the fenced and the indented blocks of a page; an indented one of our commands is `sh`."""
    lines = page.read_text(encoding="utf-8").splitlines()
    at = 0
    while at < len(lines):
        fence = _FENCE.fullmatch(lines[at])
        if fence:
            end = lines.index("```", at + 1)
            yield Block(page, at + 2, fence["language"], fence["file"] or "", "\n".join(lines[at + 1 : end]))
            at = end + 1
        elif lines[at].startswith("    ") and (at == 0 or not lines[at - 1].strip()):
            end = at
            while end < len(lines) and (lines[end].startswith("    ") or not lines[end].strip()):
                end += 1
            text = "\n".join(line[4:] for line in lines[at:end]).rstrip()
            commands_only = _OURS.match(text) and not _SYNOPSIS.search(text)
            yield Block(page, at + 1, "sh" if commands_only else "", "", text)
            at = end
        else:
            at += 1


def commands(page: Path) -> Iterator[Command]:
    """Yield the commands of the shell blocks of a page, in order."""
    for block in blocks(page):
        if block.language == "sh":
            for offset, words in _statements(block.text):
                yield Command(f"{page.relative_to(ROOT)}:{block.line + offset}", words)


def _statements(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield (line, words) of each statement; a statement ends where its quotations and its line do."""
    begun, collected = 0, ""
    for number, line in enumerate(text.splitlines()):
        begun = begun if collected else number
        collected += line + "\n"
        try:
            words = [word for word in shlex.split(collected.replace("\\\n", " "), comments=True) if word.strip()]
        except ValueError:  # an open quotation
            continue
        if line.endswith("\\"):
            continue
        collected = ""
        while words and _ASSIGNMENT.match(words[0]):
            words.pop(0)
        end = next((place for place, word in enumerate(words) if word in _ENDS), len(words))
        if words[:end]:
            yield begun, tuple(words[:end])
    assert not collected.strip(), f"a statement does not end: {collected}"


def prose(page: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, text) of what stands outside of fenced blocks."""
    inside = False
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        if line.startswith("```"):
            inside = not inside
        elif not inside:
            yield number, line


def code_words(page: Path) -> Iterator[tuple[str, str]]:
    """Yield (place, text) of each piece of code in the prose."""
    for number, line in prose(page):
        for found in _CODE.finditer(line):
            yield f"{page.relative_to(ROOT)}:{number}", found[1]


def links(page: Path) -> Iterator[tuple[str, str]]:
    """Yield (place, target) of each link and image."""
    for number, line in prose(page):
        for found in _LINK.finditer(_CODE.sub("", line)):
            yield f"{page.relative_to(ROOT)}:{number}", found[1]


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = (line.lstrip("#").strip() for _, line in prose(page) if line.startswith("#"))
    return {_NO_SLUG.sub("", heading.replace("`", "").lower()).replace(" ", "-") for heading in headings}


def file_of(page: Path, name: str) -> str:
    """Return the text of the block whose fence says `file=name`."""
    (text,) = [block.text for block in blocks(page) if block.file == name]
    return text + "\n"
