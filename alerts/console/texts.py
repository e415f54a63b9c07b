"""Every word of the console and the crew pages, in Chinese and English: one table, one line a text.

A page asks for a key; what stands in braces is filled in by the page. A test compares both languages and looks for
keys that no table has.
"""

from __future__ import annotations

from typing import Literal

from alerts.console.texts_domain import DOMAIN_TEXTS
from alerts.console.texts_ui import UI_TEXTS

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
DEFAULT_LANGUAGE: Language = "zh"
TEXTS: dict[str, tuple[str, str]] = {**DOMAIN_TEXTS, **UI_TEXTS}


def language(word: str | None) -> Language:
    """Return the language that a cookie or query names, or the default."""
    return "en" if word == "en" else DEFAULT_LANGUAGE


def table(lang: Language) -> dict[str, str]:
    """Return all texts of one language (the browser gets them once a page)."""
    index = LANGUAGES.index(lang)
    return {key: both[index] for key, both in TEXTS.items()}


def text(lang: Language, key: str, **values: object) -> str:
    """Return one text, filled in; a key that no table has is returned as it is."""
    both = TEXTS.get(key)
    return key if both is None else both[LANGUAGES.index(lang)].format(**values)
