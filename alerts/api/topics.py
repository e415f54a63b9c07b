"""MQTT topic filters (MQTT 3.1.1 §4.7): which topics they match."""

from __future__ import annotations


def hears(pattern: str, topic: str) -> bool:
    """Tell whether a filter matches a topic: `+` is one level, a final `#` is its parent and all below."""
    if topic.startswith("$") and pattern[:1] in {"+", "#"}:
        return False
    wanted, levels = pattern.split("/"), topic.split("/")
    for number, word in enumerate(wanted):
        if word == "#":
            return number == len(wanted) - 1
        if number >= len(levels) or word not in {"+", levels[number]}:
            return False
    return len(wanted) == len(levels)
