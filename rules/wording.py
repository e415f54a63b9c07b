"""Plain words, in Chinese and English, for what rules are made of: titles, amounts with units, spans of time.

Conditions explain themselves with these (`explain`), and `rules.explaining` makes sentences of a whole rule.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

from ingest.model import Property, Statistic
from rules.model import Severity, Text

_STEPS = ((86_400_000, "天", "day"), (3_600_000, "小时", "hour"), (60_000, "分钟", "minute"), (1000, "秒", "second"))
_UNITS = {
    "Cel": "°C",
    "ug/m3": "µg/m³",
    "mg/m3": "mg/m³",
    "W/m2": "W/m²",
    "m2": "m²",
    "deg": "°",
    "{veh}/h": "veh/h",
    "{veh}": "veh",
    "{veh}/km": "veh/km",
    "dB[mW]": "dBm",
    "kW.h": "kWh",
    "[ppm]": "ppm",
    "[ppb]": "ppb",
    "dB[SPL]": "dB",
    "1": "",
}
_UNITS_ZH = {"{veh}/h": "辆/小时", "{veh}": "辆", "{veh}/km": "辆/公里", "s": "秒"}
_CLOSE = ("%", "°")
SEVERITIES: Mapping[Severity, Text] = {
    Severity.CRITICAL: Text(zh="危急", en="critical"),
    Severity.MAJOR: Text(zh="严重", en="major"),
    Severity.MINOR: Text(zh="一般", en="minor"),
    Severity.WARNING: Text(zh="预警", en="warning"),
    Severity.INFO: Text(zh="提示", en="info"),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Wording:
    """Words for properties, as the data dictionary has them; one that it does not have is called by its name."""

    property: Callable[[str], Property | None]

    def title(self, name: str) -> Text:
        """Return what a property is called, as it stands inside a sentence; that of a status in quotes."""
        known = self.property(name)
        if known is None:
            return Text(zh=name, en=name)
        if known.statistic is Statistic.STATUS:
            return Text(zh=f"“{known.title_zh}”", en=f'"{inside(known.title_en)}"')
        return Text(zh=known.title_zh, en=inside(known.title_en))

    def amount(self, name: str, value: float) -> Text:
        """Return a value of a property with its unit; that of a status is yes or no."""
        known = self.property(name)
        if known is not None and known.statistic is Statistic.STATUS and value in {0, 1}:
            return Text(zh="“是”", en="yes") if value else Text(zh="“否”", en="no")
        return measured(value, "1" if known is None else known.unit)

    def is_status(self, name: str) -> bool:
        """Tell whether a property is one that is either so (1) or not (0)."""
        known = self.property(name)
        return known is not None and known.statistic is Statistic.STATUS


def measured(value: float, unit: str) -> Text:
    """Return a number with its unit (UCUM) as people write it: `15 cm`, `80%`, `600 辆/小时`."""
    number = f"{value:.10g}"
    words = unit_words(unit)
    return Text(zh=_beside(number, words.zh), en=_beside(number, words.en))


def unit_words(unit: str) -> Text:
    """Return a UCUM unit as people write it."""
    plain = _UNITS.get(unit, unit)
    return Text(zh=_UNITS_ZH.get(unit, plain), en=plain)


def _beside(number: str, unit: str) -> str:
    return number + unit if unit in _CLOSE else f"{number} {unit}".rstrip()


def span(milliseconds: int) -> Text:
    """Return a span of time: `1 小时 30 分钟`, `1 hour 30 minutes`."""
    zh, en, left = [], [], milliseconds
    for step_ms, word_zh, word_en in _STEPS:
        count, left = divmod(left, step_ms)
        if count:
            zh.append(f"{count} {word_zh}")
            en.append(f"{count} {word_en}{'s' * (count > 1)}")
    return Text(zh=" ".join(zh) or "0 秒", en=" ".join(en) or "0 seconds")


def each(milliseconds: int) -> Text:
    """Return a span as what something is counted for: `每分钟`, `per 5 minutes`."""
    said = span(milliseconds)
    single = {f"1 {zh}": (zh, en) for _, zh, en in _STEPS}.get(said.zh)
    return (
        Text(zh=f"每 {said.zh}", en=f"per {said.en}")
        if single is None
        else Text(zh=f"每{single[0]}", en=f"per {single[1]}")
    )


def inside(title: str) -> str:
    """Return an English title as it stands inside a sentence; abbreviations and names such as PM2.5 stay."""
    return title[:1].lower() + title[1:] if title[1:2].islower() else title


def by_level(severities: Sequence[Severity], said: Sequence[Text]) -> Text:
    """Return that a level is reached, and what is said of each, worst last: `reaches a level (minor: …; major: …)`."""
    named = [SEVERITIES[one] for one in severities]
    return Text(
        zh=f"达到某一级（{'；'.join(f'{name.zh}：{one.zh}' for name, one in zip(named, said, strict=True))}）",
        en=f"reaches a level ({'; '.join(f'{name.en}: {one.en}' for name, one in zip(named, said, strict=True))})",
    )
