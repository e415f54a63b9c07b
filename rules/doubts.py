"""Doubts about rules that are no faults: one that can never fire, that can never clear, that says nothing new.

Only what is certain is said: a condition of which nothing is known is not doubted.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ingest.located import Fault
from ingest.model import Property, Quality
from rules.conditions._base import Condition
from rules.conditions._lift import Lasting
from rules.conditions._limits import Bound
from rules.conditions.all_of import AllOf
from rules.conditions.any_of import AnyOf
from rules.conditions.neighbours_agree import NeighboursAgree
from rules.conditions.ratio import Ratio
from rules.conditions.repeated import Repeated
from rules.conditions.schedule import Schedule
from rules.conditions.state_changed import StateChanged
from rules.conditions.state_equals import StateEquals
from rules.conditions.sun import Sun
from rules.conditions.then import Then
from rules.conditions.threshold import Threshold
from rules.conditions.window import Window
from rules.durations import write
from rules.overlap import overlaps
from rules.samples import MOST_IN_WINDOW
from rules.schema import Loaded

Range = tuple[float, float]
_EVERYTHING: Range = -math.inf, math.inf
_INSIDE = ("avg", "min", "max", "quantile")
_DAY_MINUTES = 1440


class _Limited(NamedTuple):
    name: str
    bounds: tuple[Bound, ...]
    low: float
    high: float


def doubts(loaded: Sequence[Loaded], dictionary: Mapping[str, Property]) -> Iterator[Fault]:
    """Yield the doubts about rules, in the order in which they are given; then those about pairs of them."""
    for item in loaded:
        rule = item.rule
        ranges = {} if int(Quality.FAIL) in rule.quality else dictionary  # what is not possible is flagged as FAIL
        for said in _never(rule.condition, ranges):
            yield item.fault(("when",), f"can never fire: {said}")
        for said in _never_clear(rule.condition, ranges):
            yield item.fault(("when",), f"once fired it stays for ever: {said}")
        for said in _too_long(rule.condition, rule.for_s):
            yield item.fault(("for",), f"can never fire: {said}")
    yield from overlaps(loaded)
    yield from _suppressing(loaded)


def _suppressing(loaded: Sequence[Loaded]) -> Iterator[Fault]:
    """Yield what is wrong between a rule and those that it suppresses."""
    known = {item.rule.id: item.rule for item in loaded}
    for item in loaded:
        for rule_id in item.rule.suppresses:
            other = known.get(rule_id)
            if other is None:
                yield item.fault(("suppresses",), f"there is no rule {rule_id!r} among those that are checked")
            elif other.subject != item.rule.subject:
                yield item.fault(("suppresses",), f"{rule_id} speaks about a {other.subject}, never the same subject")
            elif item.rule.id in other.suppresses:
                yield item.fault(("suppresses",), f"{rule_id} and this one suppress each other")


def _never(condition: Condition, ranges: Mapping[str, Property]) -> Iterator[str]:
    """Yield why a condition, or one of its levels, never holds."""
    limited = _limited(condition, ranges)
    if limited is not None:
        for bound in limited.bounds:
            good = bound.quiet()
            if good[0] <= limited.low and limited.high <= good[1]:
                never = bound.words(math.inf if bound.is_high else -math.inf)
                yield f"{limited.name} is between {limited.low:g} and {limited.high:g}, never {never}"
    elif isinstance(condition, StateEquals):
        low, high = _range(condition.observed_property, ranges)
        if not any(low <= state <= high for state in condition.states):
            yield f"{condition.observed_property} is between {low:g} and {high:g}"
    elif isinstance(condition, AnyOf):
        each = [list(_never(part, ranges)) for part in condition.parts]
        if all(each):
            yield from each[0]
    for part in _needed(condition):
        yield from _never(part, ranges)


def _never_clear(condition: Condition, ranges: Mapping[str, Property]) -> Iterator[str]:
    """Yield why a condition that stands alone can never be clear again."""
    limited = _limited(condition, ranges)
    for bound in limited.bounds if limited else ():
        good = _good(bound)
        if limited and (good[1] < limited.low or good[0] > limited.high):
            yield f"{limited.name} is between {limited.low:g} and {limited.high:g}, which is never clear"


def _limited(condition: Condition, ranges: Mapping[str, Property]) -> _Limited | None:
    """Return what a condition holds against limits, and the numbers that it can be."""
    match condition:
        case Threshold():
            name = condition.observed_property
            return _Limited(name, condition.bounds.each, *_range(name, ranges))
        case Window():
            name = f"the {condition.function} of {condition.observed_property}"
            made = _made(condition, _range(condition.observed_property, ranges))
            return _Limited(name, tuple(bound for _, bound in condition.parts), *made)
        case Ratio():
            return _Limited("a share of devices in percent", (condition.bound,), 0, 100)
        case Sun():
            return _Limited("the height of the sun in degrees", (condition.bound,), -90, 90)
    return None


def _needed(condition: Condition) -> tuple[Condition, ...]:
    """Return the conditions without which one never holds."""
    match condition:
        case Lasting() | Repeated() | NeighboursAgree():
            return (condition.inner,)
        case Ratio() if condition.bound.is_high:
            return (condition.inner,)
        case Then():
            return condition.first, condition.second
        case AllOf():
            return condition.parts
    return ()


def _good(bound: Bound) -> Range:
    """Return the closed interval of the numbers that are clear."""
    if bound.clear is None:
        return bound.quiet()
    if bound.is_high:
        return -math.inf, math.nextafter(bound.clear, -math.inf)
    return math.nextafter(bound.clear, math.inf), math.inf


def _too_long(condition: Condition, for_s: int) -> Iterator[str]:
    """Yield why a condition never holds for so long."""
    if isinstance(condition, StateChanged) and 0 < condition.within_ms <= 1000 * for_s:
        yield f"a change counts for {write(condition.within_ms // 1000)}, less than it must last"
    if isinstance(condition, Schedule):
        minutes = (condition.end - condition.begin) % _DAY_MINUTES
        if 0 < 60 * minutes <= for_s:
            yield f"the time of the schedule is {write(60 * minutes)} long, less than it must last"
    if isinstance(condition, AllOf):
        for part in condition.parts:
            yield from _too_long(part, for_s)


def _range(name: str, ranges: Mapping[str, Property]) -> Range:
    known = ranges.get(name)
    if known is None:
        return _EVERYTHING
    low, high = known.low, known.high
    return -math.inf if low is None else low, math.inf if high is None else high


def _made(window: Window, values: Range) -> Range:
    """Return the numbers that a window can make of values in a range."""
    low, high = values
    if window.function in _INSIDE:
        return values
    if window.function == "count":
        return window.min_samples, MOST_IN_WINDOW
    if window.function == "stddev":
        return 0.0, (high - low) / 2
    return 0.0 if low >= 0 else -math.inf, 0.0 if high <= 0 else math.inf
