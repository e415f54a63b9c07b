"""Faults of files that people write: each has its line and column, and says what would be right."""

from __future__ import annotations

from pathlib import Path

import pydantic
import pytest

from ingest.located import Document, Fault, load_yaml, validate


class Limit(pydantic.BaseModel, extra="forbid"):
    """A part of a file."""

    above: float
    keep_for: int = 0


class File(pydantic.BaseModel, extra="forbid"):
    """A file."""

    title: str
    limit: Limit
    one_of: dict[str, int] = pydantic.Field(default={"a": 1}, min_length=1, max_length=1)


GOOD = "title: a\nlimit: {above: 1}\n"


@pytest.mark.parametrize(
    "text, expected",
    [
        ("limit: {above: 1}\n", (1, 1, "is missing")),
        (GOOD + "one_off: {}\n", (3, 10, "is not a key that may stand here: is it 'one_of'?")),
        (
            GOOD + "xyz: 1\n",
            (3, 6, "is not a key that may stand here (there are: title, limit, one_of, above, keep_for)"),
        ),
        ("title: a\nlimit: {above: 5 cm}\n", (2, 16, "must be a valid number, unable to parse string as a number")),
        ("title: a\nlimit: [1]\n", (2, 8, "must be keys with values, as `key: value`, not a list")),
        (GOOD + "one_of: {a: 1, b: 2}\n", (3, 9, "has 2 keys (a, b): at most 1 may stand here")),
        (GOOD + "one_of: {}\n", (3, 9, "has too few keys: at least 1 must stand here")),
    ],
)
def test_validate_says_what_would_be_right(tmp_path: Path, text: str, expected: tuple[int, int, str]) -> None:
    """Each row is one mistake, told at its place in words of the file, not of the library that found it."""
    file = tmp_path / "a.yaml"
    file.write_text(text, encoding="utf-8")
    document = load_yaml(file)
    assert isinstance(document, Document)
    faults = validate(File, document)

    assert isinstance(faults, tuple)
    assert len(faults) == 1
    assert (faults[0].line, faults[0].column) == expected[:2]
    assert faults[0].message.startswith(expected[2])


def test_load_yaml_names_the_byte_that_is_not_utf8(tmp_path: Path) -> None:
    """A file in another encoding is told with the place of its first foreign byte."""
    file = tmp_path / "a.yaml"
    file.write_bytes("id: a\ntitle: 测试\n".encode("gbk"))

    assert load_yaml(file, "a.yaml") == Fault("a.yaml", 2, "is not UTF-8 text: save it as UTF-8", column=8)


@pytest.mark.parametrize("text", ["[" * 300_000, "- " * 300_000 + "x", "{a: " * 100_000])
def test_bottomless_yaml(tmp_path: Path, text: str) -> None:
    """A file that is nested without end is a fault, and not the end of the process."""
    path = tmp_path / "deep.yaml"
    path.write_text(text, encoding="utf-8")

    found = load_yaml(path)

    assert isinstance(found, Fault)
    assert found.message == "is nested deeper than 64 levels"
