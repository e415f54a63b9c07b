"""Pairs of rules of which one says nothing that the other does not say already, as early and as badly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ingest.located import Fault
from rules.conditions._base import Condition
from rules.conditions.state_equals import StateEquals
from rules.conditions.threshold import Threshold
from rules.model import Rule
from rules.schema import Loaded


def overlaps(loaded: Sequence[Loaded]) -> Iterator[Fault]:
    """Yield a doubt for each rule that another one makes needless."""
    needless: set[str] = set()
    for item in reversed(loaded):
        for other in loaded:
            if item is other or other.rule.id in needless or not _is_covered(item.rule, other.rule):
                continue
            needless.add(item.rule.id)
            yield item.fault(
                ("when",), f"says nothing new: whenever it fires, so does {other.rule.id}, as early and as badly"
            )
            break


def _is_covered(rule: Rule, other: Rule) -> bool:
    return (
        rule.subject == other.subject
        and rule.quality == other.quality
        and other.for_s <= rule.for_s
        and (rule.case is None or (other.case is not None and rule.case.category == other.case.category))
        and _selects_all(other, rule)
        and all(_tells(other, rule, level) for level in range(rule.levels))
    )


def _selects_all(other: Rule, rule: Rule) -> bool:
    """Tell whether a rule selects every device that another one selects."""
    wide, narrow = ({"domain": (one.domain,)} | dict(one.where) for one in (other, rule))
    return all(name in narrow and set(narrow[name]) <= set(allowed) for name, allowed in wide.items())


def _tells(other: Rule, rule: Rule, level: int) -> bool:
    """Tell whether a level of another rule, no milder, holds whenever this one of the rule does."""
    worst = rule.severity_of(level).rank
    return any(
        other.severity_of(place).rank <= worst and _implies(rule.condition, level, other.condition, place)
        for place in range(other.levels)
    )


def _implies(one: Condition, level: int, other: Condition, place: int) -> bool:
    if one == other:
        return level == place
    if isinstance(one, StateEquals) and isinstance(other, StateEquals):
        return one.observed_property == other.observed_property and set(one.states) <= set(other.states)
    if isinstance(one, Threshold) and isinstance(other, Threshold):
        good, inner = other.bounds.each[place].quiet(), one.bounds.each[level].quiet()
        is_inside = inner[0] <= good[0] and good[1] <= inner[1]
        return one.observed_property == other.observed_property and is_inside
    return False
