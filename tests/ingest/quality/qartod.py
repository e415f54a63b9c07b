"""Calls our quality tests as ioos_qc's functions are called: whole series in, a flag for each point out."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median
from typing import Any

from ingest.checks import AttenuatedSignal, ClimateSpan, FlatLine, RateOfChange, Spike, TimeGap
from ingest.model import Quality
from ingest.quality import (
    attenuated_signal,
    climatology,
    flat_line,
    gross_range,
    impossible_time,
    location,
    rate_of_change,
    spike,
    time_gap,
)
from ingest.quality.settings import SpikeEntry

Flags = list[int]
NOW_MS = 1_790_000_000_000


def _values(given: Sequence[float | None]) -> list[float]:
    return [math.nan if value is None else float(value) for value in given]


def _times_ms(given: Sequence[str | float]) -> list[int]:
    return [_ms(one) for one in given]


def _ms(one: str | float) -> int:
    moment = datetime.fromisoformat(one).replace(tzinfo=UTC).timestamp() if isinstance(one, str) else one
    return round(moment * 1000)


def _flags(values: Sequence[Any], judge: Callable[[int], Quality]) -> Flags:
    return [int(judge(index)) for index in range(len(values))]


def gross_range_test(inp: Any, fail_span: Any, suspect_span: Any = None) -> Flags:
    """Judge by spans, which must be such as a dictionary may hold."""
    if list(fail_span) != sorted(fail_span) or (suspect_span and not _inside(suspect_span, fail_span)):
        raise ValueError("not a span inside of another")
    return _flags(inp, lambda i: gross_range.judge(_values(inp)[i], tuple(fail_span), suspect_span or (None, None)))


def _inside(inner: Sequence[float], outer: Sequence[float]) -> bool:
    return outer[0] <= inner[0] <= inner[1] <= outer[1]


def location_test(lon: Any, lat: Any, range_max: float | None = None, **others: Any) -> Flags:
    """Judge positions; the distance is told by one method only."""
    places = list(zip(lon, lat, strict=True))
    return _flags(
        places, lambda i: location.judge(places[i], places[i - 1] if i else None, range_max_m=range_max, **others)
    )


def spike_test(
    inp: Any, suspect_threshold: float | None = None, fail_threshold: float | None = None, method: Any = "average"
) -> Flags:
    """Judge spikes by a method that a dictionary may name."""
    SpikeEntry(suspect=1, method=method)
    settings = Spike(suspect_threshold, fail_threshold, method)
    return _flags(inp, lambda i: spike.judge(settings, _values(inp), i))


def rate_of_change_test(inp: Any, tinp: Any, threshold: float, fail_threshold: float | None = None) -> Flags:
    """Judge the change per second."""
    settings = RateOfChange(threshold, fail_threshold)
    return _flags(inp, lambda i: rate_of_change.judge(settings, _times_ms(tinp), _values(inp), i))


def flat_line_test(inp: Any, tinp: Any, suspect_threshold: float, fail_threshold: float, tolerance: float) -> Flags:
    """Judge by the median interval of the whole series, in whole seconds, as ioos_qc does."""
    if len(inp) < 3:
        return [int(Quality.GOOD)] * len(inp)
    times = _times_ms(tinp)
    interval_s = int(median(b - a for a, b in pairwise(times)) / 1000)
    settings = FlatLine(tolerance, suspect_threshold, fail_threshold)
    return _flags(inp, lambda i: flat_line.judge(settings, _values(inp), i, interval_s))


def attenuated_signal_test(
    inp: Any,
    tinp: Any,
    suspect_threshold: float,
    fail_threshold: float,
    test_period: float | None,
    min_obs: int | None,
    min_period: float | None,
    check_type: str,
) -> Flags:
    """Judge by a period; without one, all points by the spread of them all."""
    values, times = _values(inp), _times_ms(tinp)
    least = min_obs if min_obs is not None else 1
    if min_period:
        interval_s = median(b - a for a, b in pairwise(times)) / 1000
        least = int(min_period / interval_s)
    settings = AttenuatedSignal(suspect_threshold, fail_threshold, test_period or math.inf, check_type, least)
    if test_period:
        return _flags(inp, lambda i: attenuated_signal.judge(settings, times, values, i))
    there = [value for value in values if not math.isnan(value)]
    whole = attenuated_signal.flag(settings, attenuated_signal.spread(there, check_type)) if there else Quality.MISSING
    return [int(Quality.MISSING if math.isnan(value) else whole) for value in values]


def climatology_test(config: Any, tinp: Any, inp: Any, zinp: Any) -> Flags:
    """Judge by the members, as the recording writes them or as pairs of numbers."""
    members = config["climatology_members"] if isinstance(config, dict) else config
    spans = [_span(member) for member in members]
    moments = [datetime.fromtimestamp(ms / 1000, UTC) for ms in _times_ms(tinp)]
    return _flags(inp, lambda i: climatology.judge(spans, moments[i], _values(inp)[i], zinp[i]))


def _span(member: dict[str, Any]) -> ClimateSpan:
    if isinstance(member["tspan"], tuple):
        within = (member["period"], *map(float, member["tspan"]))
        return ClimateSpan((within,), member["vspan"], member.get("fspan"), member.get("zspan"))
    start, end = re.findall(r"minv=(.*?), maxv=(.*)\)$", member["tspan"])[0]
    if member["period"] == "None":
        first, last = (_ms(re.findall(r"'(.*)'", text)[0]) / 1000 for text in (start, end))
        within = ("time", first, last)
    else:
        within = (member["period"], float(start), float(end))
    plausible = _pair(member["vspan"])
    assert plausible is not None
    return ClimateSpan((within,), plausible, _pair(member["fspan"]), _pair(member["zspan"]))


def _pair(text: str) -> tuple[float, float] | None:
    if text == "None":
        return None
    low, high = re.findall(r"minv=(.*?), maxv=(.*?)\)", text)[0]
    return float(low), float(high)


def time_gap_test(tinp: Any, fail_span: float = 2) -> Flags:
    """Judge gaps, in hours."""
    times = [None if one is None else _ms(one) for one in tinp]
    return _flags(tinp, lambda i: time_gap.judge(TimeGap(fail_s=fail_span * 3600), times, i))


def impossible_date_test(tinp: Any) -> Flags:
    """Judge times that are still to come."""
    times = [None if one is None else _ms(one) for one in tinp]
    return _flags(tinp, lambda i: impossible_time.judge(times[i], 0, NOW_MS))
