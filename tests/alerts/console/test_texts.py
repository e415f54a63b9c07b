"""Both languages say everything, and nothing is asked for that no table has."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import alerts.console
from alerts.api.roles import PEOPLE
from alerts.cases.workflow import CaseState, Move, Role
from alerts.console.texts import TEXTS, language, table, text
from alerts.console.texts_domain import DOMAIN_TEXTS
from alerts.console.texts_ui import UI_TEXTS
from alerts.lifecycle import AlertState
from ingest.errors import Reason
from ingest.model import Quality
from rules.model import Severity

FOLDER = Path(alerts.console.__file__).parent
CHINESE = re.compile("[\u4e00-\u9fff]")
SAME_IN_BOTH = {"overview.domain", "app.language"}


def test_no_text_is_missing() -> None:
    """Every key has words in Chinese and in English, and stands in one table only."""
    empty = [key for key, both in TEXTS.items() if not all(word.strip() for word in both)]
    not_chinese = [key for key, (zh, _) in TEXTS.items() if not CHINESE.search(zh) and key not in SAME_IN_BOTH]
    not_english = [key for key, (_, en) in TEXTS.items() if CHINESE.search(en) and key not in SAME_IN_BOTH]

    assert (empty, not_chinese, not_english) == ([], [], [])
    assert set(DOMAIN_TEXTS) & set(UI_TEXTS) == set()


def test_both_languages_fill_in_the_same() -> None:
    """What stands in braces is the same in both."""

    def names(words: str) -> set[str | None]:
        return {name for _, name, _, _ in Formatter().parse(words)} - {None}

    assert [key for key, (zh, en) in TEXTS.items() if names(zh) != names(en)] == []


def test_every_key_that_is_asked_for_exists() -> None:
    """Keys in pages and parts, as far as they are written out."""
    asked: set[str] = set()
    for path in [*FOLDER.rglob("*.py"), *FOLDER.rglob("*.js")]:
        source = path.read_text(encoding="utf-8")
        asked |= set(re.findall(r"""\b(?:t|text)\(\s*["']([a-z_]+\.[a-z_0-9.]+)["'][,)]""", source))

    assert len(asked) > 100
    assert asked - set(TEXTS) == set()


def test_every_word_of_the_domain_has_a_text() -> None:
    """Whatever state, move, severity, role or flag the stages know, people can read it."""
    needed = {
        *(f"case_state.{one}" for one in CaseState),
        *(f"move.{one}" for one in Move),
        *(f"alert_state.{one}" for one in AlertState),
        *(f"severity.{one}" for one in Severity),
        *(f"role.{one}" for one in PEOPLE),
        *(f"actor.{one}" for one in (Role.IOT, Role.RULE, Role.MATRIX, Role.SENSOR, Role.TIMER)),
        *(f"quality.{one.value}" for one in Quality),
        *(f"reason.{one.value}" for one in Reason),
    }

    assert needed - set(TEXTS) == set()


def test_every_note_of_a_case_has_a_text() -> None:
    """The words that parts of the system note in a case's log, read from their sources."""
    alerts_folder = FOLDER.parent
    noted: set[str] = set()
    for path in [*alerts_folder.glob("*.py"), *alerts_folder.glob("cases/*.py"), *alerts_folder.glob("dispatch/*.py")]:
        source = path.read_text(encoding="utf-8")
        noted |= set(re.findall(r'record\.note\(\s*\w+, \w+, Role\.[A-Z]+, "([a-z_]+)"', source))

    assert noted >= {"join", "warn", "breach"}
    assert {f"move.{word}" for word in noted} - set(TEXTS) == set()


def test_language() -> None:
    """Chinese unless English is asked for by name."""
    assert [language(word) for word in ("en", "zh", "fr", None)] == ["en", "zh", "zh", "zh"]
    assert text("en", "list.more", n=3) == "3 more"
    assert text("zh", "no.such.key") == "no.such.key"
    assert table("en")["nav.alerts"] == "Alerts"
