"""Spoiled rule files: whatever stands in one, what comes of it is rules, or faults with a line; and it ends soon."""

from __future__ import annotations

import random
import time
from itertools import pairwise
from pathlib import Path

import pytest

from ingest import dictionary
from rules.schema import CATALOG, load_with_tests
from rules.testing import run

DICTIONARY, _ = dictionary.load()
FILES = sorted(CATALOG.glob("*.yaml"))
SEED = 20_261_124
JUNK = (
    "", "~", "null", "true", "-1", "0", "1e400", ".nan", "-.inf", "0x1F", "1_000", "99999999999999999999", "2026-99-99",
    "12:61:61", "[]", "{}", "[[[[[[]]]]]]", "{a: {b: {c: 1}}}", "!!python/object:os.system x", "!unknown x", "*nobody",
    "&a [*a]", "'", '"', "|", ">", "%", "@", "`", "\t", "\u2028", "\ud7ff", "字" * 300, "x" * 5_000, "- - -", "? a",
    "<<: 1", "5m", "-5m", "1d1d", "0s", "9999d", "device", "cell", "critical", "weather.rain_increment", "nobody.knows",
    "__import__('os')",
)  # fmt: skip


def spoiled(text: str, chance: random.Random) -> str:
    """Return the text of a file with one to four mistakes in it."""
    lines = text.splitlines()
    for _ in range(chance.randint(1, 4)):
        number = chance.randrange(len(lines))
        line = lines[number]
        junk = chance.choice(JUNK)
        match chance.randrange(9):
            case 0:
                del lines[number]
            case 1:
                lines.insert(chance.randrange(len(lines)), line)
            case 2:
                lines[number] = f"{line.partition(':')[0]}: {junk}"
            case 3:
                lines[number] = line.replace(line.strip().partition(":")[0] or "x", junk or "y", 1)
            case 4:
                lines[number] = " " * chance.randrange(9) + line.strip()
            case 5:
                cut = chance.randrange(len(line) + 1)
                lines[number] = line[:cut] + junk + line[cut:]
            case 6:
                lines[number] = line[: chance.randrange(len(line) + 1)]
            case 7:
                other = chance.randrange(len(lines))
                lines[number], lines[other] = lines[other], line
            case _:
                lines[number] = line.replace(chance.choice("0123456789"), chance.choice("0123456789.-x"))
        lines = lines or [junk]
    return "\n".join(lines)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_spoiled_catalogue(tmp_path: Path) -> None:
    """Rules that still load run their tests to the end; the others have faults, each with file, line and words."""
    chance = random.Random(SEED)
    path = tmp_path / "rule.yaml"
    outcomes = {"rules": 0, "faults": 0}
    for number in range(1_500):
        text = spoiled(chance.choice(FILES).read_text(encoding="utf-8"), chance)
        path.write_text(text, encoding="utf-8", errors="surrogatepass")
        try:
            loaded, faults = load_with_tests([path], DICTIONARY)
            for item in loaded:
                list(run(item, DICTIONARY))
        except Exception as exc:
            raise AssertionError(f"number {number}:\n{text}") from exc
        outcomes["faults" if faults else "rules"] += 1
        assert all(fault.line >= 1 and fault.message and fault.file == str(path) for fault in faults), text

    assert min(outcomes.values()) > 50, outcomes


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in pairwise("abcdefghi")),
        "id: &a {x: *a}",
        "[" * 50_000,
        "a: " * 5_000,
        "id: !!python/object/apply:os.system [echo]",
        "id: 2026-99-99",
        "when: !!binary x",
        "? [a, b]\n: c",
        "- id: a\n  <<: [1, 2]",
    ],
    ids=["doubling", "itself", "deep", "deep keys", "code", "no such day", "bytes", "list as key", "merge"],
)
def test_hostile_file(tmp_path: Path, text: str) -> None:
    """What would run code, or grow for ever, is a fault, at once."""
    path = tmp_path / "rule.yaml"
    path.write_text(text, encoding="utf-8")
    start_s = time.monotonic()

    loaded, faults = load_with_tests([path], DICTIONARY)

    assert (loaded, bool(faults)) == ((), True)
    assert time.monotonic() - start_s < 5
    assert all(len(fault.message) < 1_000 for fault in faults)
