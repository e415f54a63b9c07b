"""Draws a rule's test in the terminal: its series as bars over time, and under them what fired and what should have.

weather.water_level  ▄▇▇▇▇▇▃▃▃▃  8 … 16
got                  .PPFFFFFF.  3m firing, 9m resolved
expected             ....FFFFF.  4m firing, 9m resolved
"""

from __future__ import annotations

from collections.abc import Sequence

from rules.model import State
from rules.testing import Change, Outcome

_BARS = "▁▂▃▄▅▆▇█"
_WIDTH = 100


def draw(outcome: Outcome) -> str:
    """Return the drawing; series longer than a line are thinned."""
    test = outcome.test
    steps = max(len(values) for values in test.series.values())
    shown = range(0, steps, -(-steps // _WIDTH))
    rows = [(name, *_bars(values, shown)) for name, values in test.series.items()]
    for name, changes in (("got", outcome.got), ("expected", outcome.expected)):
        said = ", ".join(map(str, changes)) or "nothing"
        rows.append((name, _states(changes, [index * test.interval for index in shown]), said))
    width = max(len(name) for name, _, _ in rows)
    return "\n".join(f"{name:<{width}}  {picture}  {said}" for name, picture, said in rows)


def _bars(values: Sequence[float | None], shown: range) -> tuple[str, str]:
    known = [value for value in values if value is not None]
    if not known:
        return " " * len(shown), "no values"
    low, high = min(known), max(known)
    scale = (len(_BARS) - 1) / ((high - low) or 1)
    picture = ""
    for index in shown:
        value = values[index] if index < len(values) else None
        picture += " " if value is None else _BARS[round((value - low) * scale)]
    return picture, f"{low:g} … {high:g}"


def _states(changes: Sequence[Change], times_s: Sequence[int]) -> str:
    letters = {State.PENDING: "P", State.FIRING: "F", State.FLAPPING: "~"}
    return "".join(
        letters.get(
            max((change for change in changes if change.at_s <= at_s), default=Change(0, State.INACTIVE)).state, "."
        )
        for at_s in times_s
    )
