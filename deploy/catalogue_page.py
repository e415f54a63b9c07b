"""A list of rules for people and machines: the page docs/catalogue.md, and rows of plain values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from rules.explaining import begins, watched
from rules.model import Rule, Text
from rules.wording import SEVERITIES, Wording

_HEAD = """\
# The catalogue of rules

Every rule that comes with Wangge, made from `rules/catalog/` by `wangge rules list --markdown`: do not edit this page.
`wangge rules explain flood.road` says one of them in full, with what to do. A site adds rules of its own or replaces
these in its folder `rules/` ([rules](rules.md)); `wangge rules list --site my-district` shows what then holds.

The case is a key of the site's `categories.yaml`; – means an alert without a case. A rule with several severities rises
and falls between them.
"""
_TITLES = {
    "traffic": "交通 · Traffic",
    "weather": "气象与积水 · Weather and water",
    "lighting": "照明 · Lighting",
    "waste": "环卫 · Waste",
}


def rows(rules: Iterable[Rule], wording: Wording) -> Iterator[dict[str, object]]:
    """Yield the rules as plain values."""
    for rule in rules:
        yield {
            "id": rule.id,
            "version": rule.version,
            "author": rule.author or None,
            "domain": rule.domain,
            "title": _plain(rule.title),
            "severity": rule.severity.value,
            "severities": [rule.severity_of(level).value for level in range(rule.levels)],
            "watches": _plain(watched(rule)),
            "when": _plain(begins(rule, wording)),
            "case": rule.case.category if rule.case else None,
            "source": rule.source,
        }


def markdown(rules: Iterable[Rule], wording: Wording) -> str:
    """Return the page: a table for each domain, in the order of ids."""
    parts = [_HEAD]
    for domain, group in groupby(sorted(rules, key=lambda one: (list(_TITLES).index(one.domain), one.id)), _domain):
        parts += [
            f"\n## {_TITLES[domain]}\n\n",
            "| rule | watches | when | severity | case | source |\n",
            "|---|---|---|---|---|---|\n",
            *(_row(rule, wording) for rule in group),
        ]
    return "".join(parts)


def _domain(rule: Rule) -> str:
    return rule.domain


def _plain(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _row(rule: Rule, wording: Wording) -> str:
    levels = [SEVERITIES[rule.severity_of(level)] for level in range(rule.levels)]
    cells = (
        f"`{rule.id}`<br>{rule.title.zh}<br>{rule.title.en}",
        _both(watched(rule)),
        _both(begins(rule, wording)),
        _both(Text(zh="、".join(one.zh for one in levels), en=", ".join(one.en for one in levels))),
        f"`{rule.case.category}`" if rule.case else "–",
        rule.source,
    )
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def _both(text: Text) -> str:
    return f"{text.zh}<br>{text.en}"
