"""Plain words: amounts, spans and titles as people write them."""

from __future__ import annotations

from typing import Any

import pytest

from alerts.console.texts_domain import DOMAIN_TEXTS
from rules.model import Severity, Text
from rules.wording import SEVERITIES, Wording, each, inside, measured, span


@pytest.mark.parametrize(
    "value, unit, zh, en",
    [
        (15, "cm", "15 cm", "15 cm"),
        (80.0, "%", "80%", "80%"),
        (45, "deg", "45°", "45°"),
        (37, "Cel", "37 °C", "37 °C"),
        (600, "{veh}/h", "600 辆/小时", "600 veh/h"),
        (0.85, "1", "0.85", "0.85"),
        (1_234_567, "cd", "1234567 cd", "1234567 cd"),
    ],
)
def test_measured_is_written_as_people_do(value: float, unit: str, zh: str, en: str) -> None:
    """A number has its unit; one without dimension has none."""
    assert measured(value, unit) == Text(zh=zh, en=en)


@pytest.mark.parametrize(
    "milliseconds, zh, en",
    [
        (0, "0 秒", "0 seconds"),
        (60_000, "1 分钟", "1 minute"),
        (5_400_000, "1 小时 30 分钟", "1 hour 30 minutes"),
        (172_800_000, "2 天", "2 days"),
    ],
)
def test_span_has_whole_units(milliseconds: int, zh: str, en: str) -> None:
    """The plural follows the number."""
    assert span(milliseconds) == Text(zh=zh, en=en)


def test_each_names_a_single_unit_without_a_number() -> None:
    """`每分钟`, but `每 5 分钟`."""
    assert each(60_000) == Text(zh="每分钟", en="per minute")
    assert each(300_000) == Text(zh="每 5 分钟", en="per 5 minutes")


def test_inside_keeps_abbreviations() -> None:
    """A title begins small inside a sentence, unless it is an abbreviation."""
    assert [inside(one) for one in ("Water level", "UV index", "")] == ["water level", "UV index", ""]


def test_status_is_yes_or_no(world: Any) -> None:
    """A flag of 0 or 1 is said as such; a property that nobody knows is called by its name."""
    wording = Wording(world.dictionary.get)

    assert wording.amount("waste.lid_open", 1) == Text(zh="“是”", en="yes")
    assert wording.amount("nobody.knows", 1.5) == Text(zh="1.5", en="1.5")
    assert wording.title("nobody.knows") == Text(zh="nobody.knows", en="nobody.knows")


def test_severities_are_called_as_on_the_console() -> None:
    """One word for one thing."""
    for one in Severity:
        zh, en = DOMAIN_TEXTS[f"severity.{one}"]
        assert SEVERITIES[one] == Text(zh=zh, en=en.lower())
