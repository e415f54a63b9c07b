"""Reads what stands after `when:` into a condition; conditions may hold others. Every fault has its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from ingest.located import Document, Fault, validate
from ingest.model import Property
from ingest.plugins import find
from rules.conditions._base import Condition, ConditionKind

_DEEPEST = 4
_Place = tuple[int | str, ...]


@cache
def kinds() -> Mapping[str, ConditionKind[Any]]:
    """Return the conditions that a rule may ask for, by name."""
    return find("rules.conditions", "CONDITION")


def condition(
    document: Document, place: _Place, dictionary: Mapping[str, Property], depth: int = 0
) -> tuple[Condition | None, list[Fault]]:
    """Return the condition that stands at a place (a mapping of its one name to its options), or its faults."""
    written = _at(document, place)
    if not isinstance(written, dict) or len(written) != 1:
        message = "is not one condition with its options, such as `threshold: {…}`"
        return None, [document.fault(place, message)] if depth else []  # the rule's model says it of the outermost
    ((name, options),) = written.items()
    path = (*place, name)
    kind = kinds().get(name)
    if kind is None:
        return None, [document.fault(path, f"there is no condition {name!r} (there are: {', '.join(kinds())})")]
    if depth > _DEEPEST:
        return None, [document.fault(path, f"conditions stand in each other deeper than {_DEEPEST} levels")]
    faults = list(_unknown(document, path, kind, options, dictionary))
    parts: dict[str, tuple[Condition, ...]] = {}
    for option in kind.parts if isinstance(options, dict) else ():
        parts[option], found = _parts(document, (*path, option), options.get(option), dictionary, depth)
        faults += found
    model = validate(kind.options, document, path)
    if isinstance(model, tuple):
        faults += model
    if faults:
        return None, faults
    try:
        made = kind.build(model, dictionary) if kind.join is None else kind.join(model, parts)
    except ValueError as exc:
        return None, [document.fault(path, str(exc))]
    return made, []


def _unknown(
    document: Document, path: _Place, kind: ConditionKind[Any], options: object, dictionary: Mapping[str, Property]
) -> Iterator[Fault]:
    for where, observed_property in kind.reads(options) if isinstance(options, dict) else ():
        if observed_property not in dictionary:
            yield document.fault((*path, *where), f"{observed_property!r} is not in the data dictionary")


def _parts(
    document: Document, path: _Place, written: object, dictionary: Mapping[str, Property], depth: int
) -> tuple[tuple[Condition, ...], list[Fault]]:
    """Return the conditions that an option holds, one or a list of them, and their faults."""
    places: list[_Place] = []
    if isinstance(written, list):
        places = [(*path, index) for index in range(len(written))]
    elif isinstance(written, dict):
        places = [path]
    made, faults = [], []
    for place in places:
        part, found = condition(document, place, dictionary, depth + 1)
        faults += found
        if part is None:
            continue
        if part.reads == "clock":
            faults.append(document.fault(place, "looks at the clock: it can only stand alone"))
        elif part.severities:
            faults.append(document.fault(place, "has levels: only a condition that stands alone can"))
        else:
            made.append(part)
    return tuple(made), faults


def _at(document: Document, place: _Place) -> Any:
    value = document.data
    for step in place:
        value = value[step]
    return value
