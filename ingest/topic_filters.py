"""Devices by MQTT topic: filters with `+` for one level and `#` for the rest, looked up without trying each of them.

Filters of one shape (as many levels, wildcards at the same places) share a dictionary by their plain levels, so that a
look-up costs one step for each shape, not for each device. Of several filters that fit, the one with most plain levels
counts, and of those one without `#`. What was found is remembered, for at most `MAX_REMEMBERED` topics.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ingest.model import Device

MAX_REMEMBERED = 100_000
MAX_LENGTH = 1_000


class _Shape(NamedTuple):
    plain: tuple[int, ...]  # the places of the levels that are written out
    levels: int
    open_ended: bool

    def fits(self, levels: int) -> bool:
        return levels >= self.levels if self.open_ended else levels == self.levels


def fault(text: str) -> str | None:
    """Return why a text is not a topic filter of MQTT 3.1.1 (§4.7), None where it is one."""
    levels = text.split("/")
    if not text or len(text) > MAX_LENGTH:
        return f"a topic filter has 1 to {MAX_LENGTH} characters"
    if "#" in text and (levels[-1] != "#" or text.count("#") > 1):
        return "# may only be the last level, alone"
    if any("+" in level and level != "+" for level in levels):
        return "+ must be a level of its own"
    if all(level in {"+", "#"} for level in levels):
        return "it has no level that is written out, so that it would catch the topics of others"
    return None


class DevicesByTopic:
    """The devices that are found by the topic they publish on."""

    def __init__(self, filters: Iterable[tuple[str, Device]]) -> None:
        """Take filters without `fault`, each once."""
        shapes: dict[_Shape, dict[tuple[str, ...], Device]] = {}
        for text, device in filters:
            levels = text.split("/")
            open_ended = levels[-1] == "#"
            if open_ended:
                del levels[-1]
            plain = tuple(place for place, level in enumerate(levels) if level != "+")
            shape = _Shape(plain, len(levels), open_ended)
            shapes.setdefault(shape, {})[tuple(levels[place] for place in plain)] = device
        order = sorted(shapes, key=lambda shape: (-len(shape.plain), shape.open_ended, -shape.levels, shape.plain))
        self._shapes = tuple((shape, shapes[shape]) for shape in order)
        self._found: dict[str, Device | None] = {}

    def find(self, topic: str) -> Device | None:
        """Return the device whose filter fits a topic best, or None."""
        try:
            return self._found[topic]
        except KeyError:
            pass
        if not self._shapes:
            return None
        if len(self._found) >= MAX_REMEMBERED:
            self._found.clear()
        found = self._found[topic] = self._search(topic.split("/"))
        return found

    def _search(self, levels: list[str]) -> Device | None:
        for shape, devices in self._shapes:
            if shape.fits(len(levels)):
                device = devices.get(tuple(levels[place] for place in shape.plain))
                if device is not None:
                    return device
        return None
