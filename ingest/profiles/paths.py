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
from collections.abc import Iterator, Mapping

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


def fetch(decoded: object, path: Path) -> object:
    """Return the value at a path, None where the object has none there."""
    value = decoded
    for step in path.steps:
        if isinstance(step, str) and isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list):
            items = _flat(value, 0)
            if isinstance(step, str):
                value = next((item[step] for item in items if isinstance(item, Mapping) and step in item), None)
            elif isinstance(step, int):
                value = next((item for place, item in enumerate(items) if place == step), None)
            else:
                value = next((item for item in items if _is(item, step)), None)
        else:
            return None
        if value is None:
            return None
    return value


def _is(item: object, step: tuple[str, str]) -> bool:
    return isinstance(item, Mapping) and str(item.get(step[0])) == step[1]


def _flat(items: list[object], depth: int) -> Iterator[object]:
    for item in items:
        if isinstance(item, list) and depth < _MAX_DEPTH:
            yield from _flat(item, depth + 1)
        else:
            yield item
