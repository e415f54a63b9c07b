"""Durations as people write them in rule files: `30s`, `5m`, `2h`, `1d`, also joined (`1h30m`); 0 needs no unit."""

from __future__ import annotations

import re
from typing import Annotated

import pydantic

_SECONDS = {"d": 86_400, "h": 3600, "m": 60, "s": 1}
_SHAPE = re.compile(r"(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", re.ASCII)
_LONGEST_S = 366 * 86_400
_PATTERN = r"^0$|^(?=\d)(\d+d)?(\d+h)?(\d+m)?(\d+s)?$"


def parse(text: object) -> int:
    """Return the seconds of a duration; raises ValueError with what is expected."""
    if text in (0, "0") and not isinstance(text, bool):
        return 0
    match = _SHAPE.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError("is not a duration: write a number with its unit, such as 30s, 5m, 2h, 1d, 1h30m")
    seconds = sum(int(count) * step for count, step in zip(match.groups(), _SECONDS.values(), strict=True) if count)
    if seconds > _LONGEST_S:
        raise ValueError("is longer than a year")
    return seconds


def write(seconds: int) -> str:
    """Return the shortest text that `parse` reads as these seconds: `90` → `1m30s`."""
    parts = []
    for unit, step in _SECONDS.items():
        count, seconds = divmod(seconds, step)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


Duration = Annotated[
    int,
    pydantic.BeforeValidator(parse),
    pydantic.WithJsonSchema({"type": ["string", "integer"], "pattern": _PATTERN, "maximum": 0, "minimum": 0}),
]
"""A pydantic field of seconds, written as a duration."""
