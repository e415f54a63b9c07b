"""Turns rows of the case store into the plain values that the parts of a page show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from alerts.api.cases import LogOut
from alerts.api.context import SiteView
from alerts.api.reads.alerts import SEVERITY_RANK
from alerts.console.reasons import in_words
from alerts.console.texts import Language

Shown = dict[str, Any]
Rows = tuple[list[Row[Any]], int]  # a page of rows, and how many there are in all
_ALERT = (
    "id", "severity", "state", "firing", "fired_at_ms", "resolved_at_ms", "device_id", "case_id", "case_number", "cell",
    "domain", "version", "rule_id", "rule_version",
)  # fmt: skip
_CASE = (
    "id", "number", "severity", "state", "domain", "cell", "reported_at_ms", "dispatched_at_ms", "done_at_ms",
    "deadline_ms", "closed_at_ms", "closed_how", "rework_count",
)  # fmt: skip


def alert(row: Any, site: SiteView, lang: Language) -> Shown:
    """Return what a list of alerts shows of one."""
    shown = {key: getattr(row, key) for key in _ALERT}
    shown["title"] = row.title_zh if lang == "zh" else row.title_en
    shown["reason"] = in_words(row.reason, site, lang)
    shown["place"] = site.place(row.cell)
    return shown


def case(row: Any, site: SiteView, lang: Language) -> Shown:
    """Return what a list of cases shows of one."""
    shown = {key: getattr(row, key) for key in _CASE}
    shown["title"] = row.title_zh if lang == "zh" else row.title_en
    shown["place"] = site.place(row.cell)
    shown["crew"] = crew(row.crew, site, lang)
    return shown


def event(one: LogOut, site: SiteView, lang: Language) -> Shown:
    """Return what the timeline of a case shows of one event."""
    shown = one.model_dump(mode="json", exclude={"detail"})
    shown["reason"] = in_words(one.reason, site, lang)
    shown["who"] = crew(one.actor, site, lang)
    return shown


def crew(name: str | None, site: SiteView, lang: Language) -> str:
    """Return the title of a crew, or its id where the site does not know it any more."""
    title = site.crews.get(name or "")
    return (name or "") if title is None else title.zh if lang == "zh" else title.en


def unit(name: str | None, site: SiteView, lang: Language) -> str:
    """Return the title of a unit, or its id where the site does not know it any more."""
    title = site.units.get(name or "")
    return (name or "") if title is None else title.zh if lang == "zh" else title.en


def dots(rows: Sequence[Any], site: SiteView) -> list[Shown]:
    """Return a mark on the map for each device with a live alert: the worst of those that fire, else of the others."""
    marks: dict[str, Shown] = {}
    for row in sorted(rows, key=lambda one: (not one.firing, SEVERITY_RANK.get(one.severity, len(SEVERITY_RANK)))):
        device = site.register.device(row.device_id) if row.device_id else None
        if device is not None:
            mark = {"lat": device.lat, "lon": device.lon, "severity": row.severity, "firing": row.firing}
            marks.setdefault(device.id, mark)
    return list(reversed(marks.values()))  # the worst are drawn last, above the others
