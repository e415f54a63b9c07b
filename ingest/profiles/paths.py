"""Paths into a decoded object: keys joined by dots, list items by place or by a key of theirs.

    temperature                                     a key
    sensor.air.temperature                          keys within keys
    'pm2.5'.value                                   a key with a dot in it, in quotes
    readings[0]                                     the first item of a list
    readings.depth                                  the first item of a list that has the key
    messages[measurementId=4097].measurementValue   of a list of objects the first one with that value

Lists within lists count as one list, since some decoders wrap each message in a list of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from ingest.profiles.model import Path, Step

_STEP = re.compile(
    r"'(?P<quoted>[^']+)'|(?P<key>[^.\[\]']+)|\[(?P<place>\d{1,4})\]|\[(?P<by>[^\[\]=]+)=(?P<is>[^\[\]]+)\]"
)
_MAX_DEPTH = 4


def parse(text: str) -> Path | None:
    """Return the path that a text writes, or None where it is not one."""
    steps: list[Step] = []
    position = 0
    while position < len(text):
        if text[position] == "." and steps:
            position += 1
            if position < len(text) and text[position] == "[":
                return None
        elif steps and text[position] != "[":
            return None
        match = _STEP.match(text, position)
        if match is None:
            return None
        steps.append(_step(match))
        position = match.end()
    return Path(text, tuple(steps)) if steps and isinstance(steps[0], str) else None


def _step(match: re.Match[str]) -> Step:
    if match["place"] is not None:
        return int(match["place"])
    if match["by"] is not None:
        return match["by"].strip(), match["is"].strip()
    return match["quoted"] or match["key"].strip()


def getter(decoded: Mapping[str, object]) -> Callable[[Path], object]:
    """Return a function that returns the value at a path of this object, None where it has none there."""
    lists = _Lists()

    def get(path: Path) -> object:
        value: object = decoded
        for step in path.steps:
            if isinstance(step, str) and isinstance(value, Mapping):
                value = value.get(step)
            else:
                value = lists.item(value, step) if isinstance(value, list) else None
            if value is None:
                return None
        return value

    return get


class _Lists:
    """Looks items of lists up; each list is gone through once for a key, however many paths ask by it."""

    def __init__(self) -> None:
        self._indices: dict[tuple[int, str], dict[str, object]] = {}

    def item(self, items: list[object], step: Step) -> object:
        if isinstance(step, int):
            return next((item for place, item in enumerate(_flat(items, 0)) if place == step), None)
        if isinstance(step, str):
            return next((item[step] for item in _flat(items, 0) if isinstance(item, Mapping) and step in item), None)
        key, text = step
        index = self._indices.get((id(items), key))
        if index is None:
            index = self._indices[id(items), key] = {}
            for item in _flat(items, 0):
                if isinstance(item, Mapping) and key in item:
                    index.setdefault(str(item[key]), item)
        return index.get(text)


def _flat(items: list[object], depth: int) -> Iterator[object]:
    for item in items:
        if isinstance(item, list) and depth < _MAX_DEPTH:
            yield from _flat(item, depth + 1)
        else:
            yield item
