"""The data dictionary for people and machines: the page docs/dictionary.md, and rows of plain values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from ingest.model import Property

_HEAD = """\
# Data dictionary

Every property that can be observed, made from `ingest/dictionary.yaml` by `wangge dictionary --markdown`: do not edit
this page. A site adds or replaces entries in its own `dictionary.yaml` ([site](site.md)); `wangge dictionary --site
my-district` shows what then holds.

Values are kept in the unit of their property (UCUM). Outside of *possible* a value is a fault of the device (quality
FAIL), outside of *plausible* it is doubtful (SUSPECT). *Statistic* says what one value stands for: the moment
(`instant`), the period that ends then (`mean`, `max`, `min`, `sum`, `count`), everything since a counter was last reset
(`total`), or no and yes as 0 and 1 (`status`). What a total grows by goes to the property behind the arrow. A gas whose
unit stands with *(ppm, ppb)* may be stated in these too: it becomes a mass in a volume at 25 °C and 1013.25 hPa.
"""
_TITLES = {
    "traffic": "交通 · Traffic",
    "weather": "气象与积水 · Weather and water",
    "lighting": "照明 · Lighting",
    "waste": "环卫 · Waste",
    "device": "设备状态 · Device health",
}


def rows(properties: Iterable[Property]) -> Iterator[dict[str, object]]:
    """Yield the entries as plain values."""
    for one in properties:
        yield {
            "name": one.name,
            "unit": one.unit,
            "title": {"zh": one.title_zh, "en": one.title_en},
            "possible": [one.low, one.high],
            "plausible": [one.suspect_low, one.suspect_high],
            "statistic": one.statistic.value,
            "resolution": one.resolution,
            "increments": one.increments,
            "molar_mass": one.molar_g,
        }


def markdown(properties: Iterable[Property]) -> str:
    """Return the page: a table for each domain, in the order of the dictionary."""
    parts = [_HEAD]
    for domain, group in groupby(properties, key=lambda one: one.name.partition(".")[0]):
        parts += [
            f"\n## {_TITLES.get(domain, domain)}\n\n",
            "| property | 名称 | | unit | possible | plausible | step | statistic |\n",
            "|---|---|---|---|---|---|---|---|\n",
            *map(_row, group),
        ]
    return "".join(parts)


def _row(one: Property) -> str:
    statistic = f"{one.statistic} → `{one.increments}`" if one.increments else one.statistic.value
    step = "" if one.resolution is None else f"{one.resolution:g}"
    cells = (
        f"`{one.name}`",
        one.title_zh,
        one.title_en,
        f"`{one.unit}`{' (ppm, ppb)' if one.molar_g else ''}",
        span(one.low, one.high),
        span(one.suspect_low, one.suspect_high),
        step,
        statistic,
    )
    return f"| {' | '.join(cells)} |\n"


def span(low: float | None, high: float | None) -> str:
    """Return a range as people write it, empty where neither end is bounded."""
    if low is None and high is None:
        return ""
    if high is None:
        return f"≥ {low:.12g}"
    return f"≤ {high:.12g}" if low is None else f"{low:.12g} … {high:.12g}"
