"""The worked examples of the README run as written: a dialect with its recorded cases, a rule with its test."""

from __future__ import annotations

import importlib
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import ingest.dialects
from ingest.dialects._base import Dialect
from ingest.model import Frame, Refusal
from ingest.topics import Dialects, discover
from rules.schema import load_with_tests
from rules.testing import run
from tests.docs.pages import ROOT, file_of
from tests.ingest.dialects.recorded import DICTIONARY, RECEIVED_MS, register_of

README = ROOT / "README.md"
DIALECT = "ingest/dialects/old_bins.py"
CASES = "tests/ingest/dialects/payloads/old_bins"
RULE = "deploy/sites/xixiangtang/rules/battery.yaml"
MODULE = "ingest.dialects.old_bins"


@pytest.fixture
def dialects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dialects]:
    """Return all dialects, found with the example's file in their folder."""
    (tmp_path / "old_bins.py").write_text(file_of(README, DIALECT), encoding="utf-8")
    monkeypatch.setattr(ingest.dialects, "__path__", [*ingest.dialects.__path__, str(tmp_path)])
    importlib.invalidate_caches()
    yield discover()
    del sys.modules[MODULE]


def case(name: str) -> dict[str, Any]:
    """Return a recorded case of the README."""
    content: dict[str, Any] = json.loads(file_of(README, f"{CASES}/{name}.json"))
    return content


def frame(content: dict[str, Any], payload: bytes | None = None) -> Frame:
    """Return the frame of a case, or one with another payload."""
    return Frame(content["topic"], payload or json.dumps(content["payload"]).encode(), RECEIVED_MS, "test")


def test_dialect_reads_its_good_case(dialects: Dialects) -> None:
    """The new file is found by itself, chosen by its topic, and gives what the case expects."""
    full = case("full")
    chosen: Dialect | None = dialects.choose(frame(full))
    outcome = dialects.decode(frame(full), register_of(full["devices"]))

    assert chosen is not None
    assert chosen.name == "old_bins"
    assert not isinstance(outcome, Refusal)
    assert [(one.device_id, one.observed_property, one.value) for one in outcome] == [tuple(full["expect"][0][:3])]
    assert outcome[0].phenomenon_time_ms == 1_795_516_200_000


def test_dialect_refuses_its_bad_case(dialects: Dialects) -> None:
    """The reason and the words are those of the case."""
    bad = case("no_time")
    outcome = dialects.decode(frame(bad), register_of(bad["devices"]))

    assert isinstance(outcome, Refusal)
    assert (f"{outcome.stage}/{outcome.reason}", outcome.detail) == (bad["refusal"], bad["detail"])


def test_dialect_lets_nothing_escape(dialects: Dialects) -> None:
    """Numbers beyond all bounds, other shapes and spoiled bytes are observations or refusals."""
    full = case("full")
    register, good = register_of(full["devices"]), frame(full).payload
    chance = random.Random(7)
    spoiled = [b"[]", b"{}", b'{"pct": 1, "s": 1e308}', b'{"pct": 1e308, "s": -1}', b'{"pct": null, "s": true}']
    for _ in range(500):
        changed = bytearray(good)
        changed[chance.randrange(len(changed))] = chance.randrange(256)
        spoiled.append(bytes(changed))

    for payload in spoiled:
        assert isinstance(dialects.decode(frame(full, payload), register), tuple | Refusal)


def test_dialect_passes_the_project_check() -> None:
    """Whoever copies the example has nothing to mend before a commit."""
    source = file_of(README, DIALECT)
    for arguments in (("check",), ("format", "--check")):
        command = [sys.executable, "-m", "ruff", *arguments, "--stdin-filename", DIALECT, "-"]
        done = subprocess.run(command, input=source, text=True, capture_output=True, check=False, cwd=ROOT)

        assert done.returncode == 0, done.stdout + done.stderr


def test_rule_passes_its_own_test(tmp_path: Path) -> None:
    """The rule file has no fault, and its test is fulfilled."""
    path = tmp_path / "battery.yaml"
    path.write_text(file_of(README, RULE), encoding="utf-8")
    loaded, faults = load_with_tests([path], DICTIONARY)
    outcomes = [outcome for item in loaded for outcome in run(item, DICTIONARY)]

    assert faults == ()
    assert [outcome.passed for outcome in outcomes] == [True]
