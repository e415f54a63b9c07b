"""The crew pages as files: what a phone gets, before anybody has logged in."""

from __future__ import annotations

import json
import re
from pathlib import Path

from alerts.crew import pages
from alerts.crew.texts import tables
from tests.alerts.api.conftest import Client

STATIC = Path(pages.__file__).with_name("static")


def test_the_shell_is_public_and_complete(client: Client) -> None:
    """Everything that the worker keeps is there, without a login."""
    nobody = client(None)
    worker = nobody.get("/crew/worker.js").text
    shell = json.loads(re.search(r"const SHELL = (\[.*\]);", worker)[1])  # type: ignore[index]

    assert {path: nobody.get(path).status_code for path in shell} == dict.fromkeys(shell, 200)
    assert nobody.get("/crew").headers["Location"] == "/crew/"


def test_the_worker_has_a_version(client: Client) -> None:
    """A changed file is a changed worker, so that phones fetch it."""
    worker = client(None).get("/crew/worker.js").text

    assert f"wangge-crew-{pages.version()}" in worker
    assert "VERSION" not in worker


def test_both_languages_say_everything() -> None:
    """Every key that the script asks for exists in both languages."""
    script = (STATIC / "app.js").read_text(encoding="utf-8")
    asked = set(re.findall(r'"((?:crew|app|login|form|unit)\.[a-z_\-]+)"', script))
    words = tables()

    assert asked
    assert asked - set(words["zh"]) == set()
    assert set(words["zh"]) == set(words["en"])
    assert [key for lang in words.values() for key, text in lang.items() if not text] == []


def test_nothing_is_put_into_the_page_as_markup() -> None:
    """Data becomes text nodes only."""
    script = (STATIC / "app.js").read_text(encoding="utf-8")

    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", script)


def test_nothing_comes_from_another_host() -> None:
    """The pages work without the internet."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in STATIC.iterdir()}

    assert [name for name, text in texts.items() if re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)] == []
