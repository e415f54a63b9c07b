"""What the shipped rules find in labelled series, beside a plain limit and a rolling z-score.

The series are those of the Numenta Anomaly Benchmark (realTraffic), read in place; each kind of measure has one rule of
the catalogue.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ingest import dictionary
from ingest.model import Observation, Series, series_id
from rules import recorded, schema
from rules.backtest import Score, replay, score, total
from rules.engine import compile_rules
from rules.model import Rule, State
from rules.testing import device_for

Points = Sequence[tuple[int, float]]
_DAY_MS = 86_400_000
_HOLD_MS = 3_600_000  # alarms of the reference that follow within an hour are one


class Kind(NamedTuple):
    """A kind of measure: how its files begin, the rule of the catalogue, and a plain limit (above it if `is_high`)."""

    prefix: str
    rule_id: str
    limit: float
    is_high: bool


KINDS = (
    Kind("speed", "traffic.speed_unusual", 50.0, is_high=False),
    Kind("occupancy", "traffic.occupancy_unusual", 18.0, is_high=True),
    Kind("TravelTime", "traffic.travel_time_unusual", 1_800.0, is_high=True),
)
WAYS = ("rule", "limit", "z_score")


def measure(folder: Path) -> dict[str, Any]:
    """Return for each file, and for all, what each way found, missed and called in vain. `folder` holds `nab/`."""
    labels = recorded.read_labels(folder / "nab" / "labels" / "combined_windows.json", dt.UTC)
    properties, _ = dictionary.load()
    rules, _ = schema.load([schema.CATALOG], properties)
    by_id = {rule.id: rule for rule in rules}
    files: dict[str, dict[str, Score]] = {}
    for path in sorted((folder / "nab" / "data" / "realTraffic").glob("*.csv")):
        kind = next((one for one in KINDS if path.name.startswith(one.prefix)), None)
        if kind is None:
            continue
        points, windows = recorded.read_series(path, dt.UTC), recorded.labels_of(path, labels)
        ways = {
            "rule": _of_rule(by_id[kind.rule_id], points, properties),
            "limit": _begun(kind.limit < value if kind.is_high else value < kind.limit for _, value in points),
            "z_score": _begun(_is_odd(points)),
        }
        files[path.name] = {
            way: score(_calm([points[place][0] for place in found]) if way != "rule" else found, windows)
            for way, found in ways.items()
        }
    sums = {way: total(one[way] for one in files.values()) for way in WAYS}
    return {"files": {name: _told(one) for name, one in files.items()}, "all": _told(sums)}


def markdown(result: dict[str, Any]) -> str:
    """Return the result as the table of docs/detection.md."""
    lines = ["| series | incidents | rule: found, false | plain limit: found, false | rolling z-score: found, false |"]
    lines.append("|---|---|---|---|---|")
    for name, ways in (*result["files"].items(), ("all", result["all"])):
        cells = [f"{ways[way]['found']}, {ways[way]['false_alarms']}" for way in WAYS]
        lines.append(f"| {name} | {ways['rule']['found'] + ways['rule']['missed']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _of_rule(rule: Rule, points: Points, properties: dict[str, Any]) -> list[int]:
    """Return when the rule fires."""
    device = device_for(rule, recorded.cadence_s(points))
    name = rule.condition.properties[0] if rule.condition.reads != "clock" else ""
    series = Series(id=series_id(device.id, name), device=device, property=properties[name])
    observations = [Observation(series, value, at_ms, at_ms) for at_ms, value in points]
    told = replay(compile_rules((rule,), (device,)), [observations], points[-1][0])
    return [one.since_ms for one in told if one.state is State.FIRING]


def _is_odd(points: Points) -> Iterator[bool]:
    """Tell of each value whether it lies further than three standard deviations from the mean of the day before it."""
    day: deque[tuple[int, float]] = deque()
    for at_ms, value in points:
        while day and day[0][0] < at_ms - _DAY_MS:
            day.popleft()
        values = [one for _, one in day]
        mean = math.fsum(values) / len(values) if values else 0.0
        deviation = math.sqrt(math.fsum((one - mean) ** 2 for one in values) / len(values)) if values else 0.0
        yield len(values) >= 20 and deviation > 0 and abs(value - mean) > 3 * deviation  # noqa: PLR2004 - the usual three
        day.append((at_ms, value))


def _begun(odd: Iterator[bool]) -> list[int]:
    """Return the places at which it begins to be odd."""
    found, before = [], False
    for place, now in enumerate(odd):
        if now and not before:
            found.append(place)
        before = now
    return found


def _calm(times: Sequence[int]) -> list[int]:
    """Return the times without those that follow another within an hour."""
    kept: list[int] = []
    for at_ms in times:
        if not kept or at_ms - kept[-1] > _HOLD_MS:
            kept.append(at_ms)
    return kept


def _told(ways: dict[str, Score]) -> dict[str, Any]:
    return {
        way: {
            "alerts": one.alerts,
            "found": one.found,
            "missed": one.missed,
            "false_alarms": one.false_alarms,
            "median_delay_s": one.median_delay_s,
        }
        for way, one in ways.items()
    }
