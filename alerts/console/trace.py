"""A chart of one series with the limits of the rules that judge it, and where alerts of the device were firing."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence

from nicegui import ui

from alerts.api.reads import alerts as reads
from alerts.api.rules import limits_of
from alerts.console.charts import LimitLine, SeriesChart, options
from alerts.console.reasons import unit
from alerts.console.visit import Visit
from alerts.store.database import reading
from ingest.model import Device, Property
from ingest.stores._base import Point
from ingest.trust import PROPERTY as TRUST
from rules.model import Rule

_MOST_POINTS = 10_000
_DRAWN = 1_500


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Which part of which series: from_ms ≤ time < to_ms.

    With `rule_id` only the limits of that rule are drawn, and `spans` (from, to) of its firing instead of those of all
    alerts; `causes` are (time, value) of what made it fire.
    """

    device: Device
    observed_property: str
    from_ms: int
    to_ms: int
    rule_id: str | None = None
    causes: tuple[tuple[int, float], ...] = ()
    spans: tuple[tuple[int, int], ...] = ()


class Trace:
    """The chart element; `show` reads the store and draws."""

    def __init__(self, visit: Visit, *, tall: bool = False) -> None:
        self._visit = visit
        self._chart = ui.echart({}, renderer="canvas").classes("w-chart tall" if tall else "w-chart")

    async def show(self, stretch: Stretch) -> bool:
        """Draw a stretch; tell whether it has any point."""
        chart = await asyncio.to_thread(_read, self._visit, stretch)
        self._chart.options.clear()
        self._chart.options.update(options(chart))
        self._chart.update()
        return bool(chart.points)


def judging(visit: Visit, device: Device, observed_property: str) -> list[Rule]:
    """Return the rules that judge this series of this device."""
    return [
        rule
        for rule in visit.context.site.rules
        if _selects(rule, device) and any(one.observed_property == observed_property for one in limits_of(rule))
    ]


def _selects(rule: Rule, device: Device) -> bool:
    values = {**device.attributes, "kind": device.kind, "domain": device.domain}
    return rule.domain == device.domain and all(values.get(name) in allowed for name, allowed in rule.where)


def _read(visit: Visit, stretch: Stretch) -> SeriesChart:
    context, device = visit.context, stretch.device
    known = context.site.register.property(stretch.observed_property)
    points = context.series.read(device.id, stretch.observed_property, stretch.from_ms, stretch.to_ms, _MOST_POINTS)
    spans = stretch.spans if stretch.rule_id else _alerts(visit, stretch)
    inside = [(max(begin, stretch.from_ms), min(end, stretch.to_ms)) for begin, end in spans]
    return SeriesChart(
        title=property_title(visit, known, stretch.observed_property),
        unit="" if known is None else unit(known.unit, visit.lang),
        points=thin(points, _DRAWN),
        from_ms=stretch.from_ms,
        to_ms=stretch.to_ms,
        zone=context.site.zone,
        cadence_s=device.cadence_s,
        limits=_lines(visit, stretch),
        spans=[(begin, end) for begin, end in inside if begin < end],
        quality_words=[(flag, visit.t(f"quality.{flag}")) for flag in (2, 3, 4, 9)],
        causes=stretch.causes,
        is_told_on_change=stretch.observed_property == TRUST,
        causes_words=visit.t("alert.causes"),
    )


def _alerts(visit: Visit, stretch: Stretch) -> Sequence[tuple[int, int]]:
    """Return from when to when alerts of the series fired."""
    with reading(visit.context.engine) as connection:
        rows, _ = reads.find(connection, reads.AlertFilter(device_id=stretch.device.id), limit=50)
    return [
        (row.fired_at_ms, row.resolved_at_ms or stretch.to_ms)
        for row in rows
        if row.observed_property == stretch.observed_property
    ]


def property_title(visit: Visit, known: Property | None, name: str) -> str:
    """Return the title of a property in the visitor's language, or its name."""
    return name if known is None else known.title_zh if visit.lang == "zh" else known.title_en


def thin(points: list[Point], most: int) -> list[Point]:
    """Return about `most` points: of each stretch the lowest and highest, and every doubtful one."""
    if len(points) <= most:
        return points
    size = -(-len(points) // (most // 2))
    kept: set[Point] = {one for one in points if one.quality != 1}
    for begin in range(0, len(points), size):
        part = points[begin : begin + size]
        kept |= {min(part, key=lambda one: one.value), max(part, key=lambda one: one.value)}
    return sorted(kept)


def _lines(visit: Visit, stretch: Stretch) -> list[LimitLine]:
    lines: dict[tuple[float, str], LimitLine] = {}
    observed_property = stretch.observed_property
    for rule in judging(visit, stretch.device, observed_property):
        if stretch.rule_id not in {None, rule.id}:
            continue
        title = rule.title.zh if visit.lang == "zh" else rule.title.en
        for one in limits_of(rule):
            if one.observed_property == observed_property:
                words = f"{title} {one.value:g}" if one.role == "fires" else f"{visit.t('device.clears')} {one.value:g}"
                lines.setdefault(
                    (one.value, one.role), LimitLine(value=one.value, words=words, fires=one.role == "fires")
                )
    return list(lines.values())
