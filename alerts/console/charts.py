"""The options of a series chart (Apache ECharts): values as a line, doubtful ones as marks, limits of rules as lines.

Pure: points and limits in, plain values out. Times are milliseconds since 1970 UTC; the axis is labelled in the
site's zone, so every time is moved by the zone's offset and the chart is told to use UTC.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from ingest.model import Quality
from ingest.stores._base import Point

_TEXT, _MUTED, _LINE, _VALUE = "#d5dee4", "#8799a6", "#26313a", "#5aa9e6"
_FIRES, _CLEARS = "#ff5c5c", "#54c28a"
_DOUBTFUL = {
    Quality.UNKNOWN: "#8799a6",
    Quality.SUSPECT: "#f2d04b",
    Quality.FAIL: "#ff5c5c",
    Quality.MISSING: "#8799a6",
}
_FEW_POINTS = 60
_GAP_INTERVALS = 4  # a line is broken where so many reports are missing


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LimitLine:
    """A limit of a rule, drawn across; `words` stand above its right end."""

    value: float
    words: str
    fires: bool


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SeriesChart:
    """What a chart shows; `quality_words` names each QARTOD flag, `spans` are (from, to) of alerts.

    `causes` are (time, value) of the observations that made a rule fire, which `causes_words` names.
    What `is_told_on_change` stands until the next value: it is drawn in steps, without gaps, up to the end.
    """

    title: str
    unit: str
    points: Sequence[Point]
    from_ms: int
    to_ms: int
    zone: ZoneInfo
    cadence_s: int
    limits: Sequence[LimitLine] = ()
    spans: Sequence[tuple[int, int]] = ()
    quality_words: Sequence[tuple[int, str]] = ()
    causes: Sequence[tuple[int, float]] = ()
    causes_words: str = ""
    is_told_on_change: bool = False


def options(chart: SeriesChart) -> dict[str, Any]:
    """Return ECharts options."""
    offset_ms = _offset_ms(chart.zone, chart.to_ms)
    doubtful = [
        _marks(chart, quality, words, offset_ms) for quality, words in chart.quality_words if quality in _DOUBTFUL
    ]
    line: dict[str, Any] = {
        "type": "line",
        "name": chart.title,
        "data": _stairs(chart, offset_ms) if chart.is_told_on_change else _broken(chart, offset_ms),
        "step": "end" if chart.is_told_on_change else False,
        "showSymbol": len(chart.points) <= _FEW_POINTS,  # a value with none near it would not be seen
        "symbolSize": 4,
        "connectNulls": False,
        "lineStyle": {"color": _VALUE, "width": 1.6},
        "itemStyle": {"color": _VALUE},
        "markLine": {
            "silent": True,
            "symbol": "none",
            "animation": False,
            "data": [_limit(one) for one in chart.limits],
        },
        "markArea": {
            "silent": True,
            "itemStyle": {"color": "rgba(255, 92, 92, .10)"},
            "data": [[{"xAxis": begin + offset_ms}, {"xAxis": end + offset_ms}] for begin, end in chart.spans],
        },
    }
    return {
        "useUTC": True,
        "animation": False,
        "textStyle": {"color": _MUTED, "fontFamily": "inherit"},
        "grid": {"left": 56, "right": 24, "top": 34, "bottom": 30},
        "legend": {"right": 24, "top": 4, "textStyle": {"color": _MUTED}, "itemHeight": 8},
        "tooltip": {
            "trigger": "axis",
            "backgroundColor": "#1b242b",
            "borderColor": _LINE,
            "textStyle": {"color": _TEXT},
        },
        "xAxis": {
            "type": "time",
            "min": chart.from_ms + offset_ms,
            "max": chart.to_ms + offset_ms,
            "axisLine": {"lineStyle": {"color": _LINE}},
            "axisLabel": {"color": _MUTED},
            "splitLine": {"show": False},
        },
        "yAxis": {
            "type": "value",
            "name": chart.unit,
            "scale": True,
            "min": _floor(chart),
            "max": _ceiling(chart),
            "nameTextStyle": {"color": _MUTED, "align": "right"},
            "axisLabel": {"color": _MUTED},
            "splitLine": {"lineStyle": {"color": "#1c252c"}},
        },
        "series": [line, *(one for one in (*doubtful, _causes(chart, offset_ms)) if one["data"])],
    }


def _offset_ms(zone: ZoneInfo, at_ms: int) -> int:
    offset = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds() * 1000)


def _stairs(chart: SeriesChart, offset_ms: int) -> list[list[float]]:
    data = [[one.time_ms + offset_ms, round(one.value, 4)] for one in chart.points]
    return [*data, [chart.to_ms + offset_ms, data[-1][1]]] if data else []


def _broken(chart: SeriesChart, offset_ms: int) -> list[list[float | None]]:
    data: list[list[float | None]] = []
    longest_ms = _GAP_INTERVALS * chart.cadence_s * 1000
    before_ms: int | None = None
    for point in chart.points:
        if point.quality == Quality.FAIL:
            continue
        if before_ms is not None and point.time_ms - before_ms > longest_ms:
            data.append([before_ms + 1 + offset_ms, None])
        data.append([point.time_ms + offset_ms, round(point.value, 4)])
        before_ms = point.time_ms
    return data


def _marks(chart: SeriesChart, quality: int, words: str, offset_ms: int) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": words,
        "symbolSize": 6,
        "itemStyle": {"color": _DOUBTFUL[Quality(quality)]},
        "data": [[one.time_ms + offset_ms, round(one.value, 4)] for one in chart.points if one.quality == quality],
    }


def _causes(chart: SeriesChart, offset_ms: int) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": chart.causes_words,
        "symbol": "diamond",
        "symbolSize": 11,
        "itemStyle": {"color": "transparent", "borderColor": _TEXT, "borderWidth": 1.6},
        "data": [[at_ms + offset_ms, round(value, 4)] for at_ms, value in chart.causes],
    }


def _limit(limit: LimitLine) -> dict[str, Any]:
    colour = _FIRES if limit.fires else _CLEARS
    side = "insideEndTop" if limit.fires else "insideStartTop"  # both may have the same value
    return {
        "yAxis": limit.value,
        "lineStyle": {"color": colour, "type": "dashed" if limit.fires else "dotted", "width": 1.2},
        "label": {"formatter": limit.words, "color": colour, "position": side, "fontSize": 11},
    }


def _ceiling(chart: SeriesChart) -> float | None:
    """Return where the axis must end so that the highest limit is in sight; None where the values reach it anyway."""
    highest = max((one.value for one in chart.limits), default=None)
    if highest is None or any(one.value > highest for one in chart.points):
        return None
    step = _step(chart)
    return round((math.floor(highest / step) + 1) * step, 6)


def _floor(chart: SeriesChart) -> float | None:
    lowest = min((one.value for one in chart.limits), default=None)
    if lowest is None or any(one.value < lowest for one in chart.points):
        return None
    step = _step(chart)
    return round((math.ceil(lowest / step) - 1) * step, 6)


def _step(chart: SeriesChart) -> float:
    """Return a round step, about a tenth of all that is drawn."""
    values = [one.value for one in chart.points] + [one.value for one in chart.limits]
    span = max(values) - min(values) or abs(max(values)) or 1.0
    return float(10 ** math.floor(math.log10(span)) / 2)
