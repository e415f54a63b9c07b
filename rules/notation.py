"""The series of a rule's test in short form: `10 16x5 _ 20+2x4`, one value an interval.

    16        a value
    16x5      the value five times
    20+2x4    four values, each 2 more than the one before: 20 22 24 26 (`20-2x4` goes down)
    _  _x3    nothing is sent, once or three times

It is the notation of Prometheus' rule tests, but n is the number of values (there, of further values).
"""

from __future__ import annotations

import re

_NUMBER = r"\d+(?:\.\d+)?"
_ITEM = re.compile(rf"(?P<gap>_)(?:x(?P<gaps>\d+))?|(?P<first>-?{_NUMBER})(?P<by>[+-]{_NUMBER})?(?:x(?P<times>\d+))?")
_LONGEST = 10_000


def parse(text: str) -> tuple[float | None, ...]:
    """Return the values (None: nothing is sent); raises ValueError that names the item that cannot be read."""
    values: list[float | None] = []
    for item in text.split():
        match = _ITEM.fullmatch(item)
        if match is None or (match["by"] and not match["times"]):
            raise ValueError(f"{item!r} is not a value (16), a repeat (16x5), steps (20+2x4) or a gap (_, _x3)")
        times = int(match["gaps"] or match["times"] or 1)
        if not times or len(values) + times > _LONGEST:
            raise ValueError(f"{item!r}: a series has between 1 and {_LONGEST} values")
        if match["gap"]:
            values += [None] * times
        else:
            first, by = float(match["first"]), float(match["by"] or 0)
            values += [round(first + by * index, 9) for index in range(times)]
    if not values:
        raise ValueError("has no values")
    return tuple(values)
