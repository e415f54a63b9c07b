"""Draws a rule's test in the terminal: its series as bars over time, and under them what fired and what should have.

weather.water_level  ▄▇▇▇▇▇▃▃▃▃  8 … 16
got                  .PPFFFFFF.  3m firing, 9m resolved
expected             ....FFFFF.  4m firing, 9m resolved

A blank is a gap. P is pending, F firing, ~ flapping; a level fires with its own letter: i(nfo), w(arning), m(inor),
M(ajor), C(ritical). Of a long series a column stands for several values: its bar is the one that moved most, its letter
the worst state.
"""

from __future__ import annotations

from collections.abc import Sequence

from rules.durations import write
from rules.model import Severity, State
from rules.testing import Change, Outcome

_BARS = "▁▂▃▄▅▆▇█"
_WIDTH = 100
_MOST_SAID = 12
_MOST_REASONS = 40
_LETTERS = {State.PENDING: "P", State.FIRING: "F", State.FLAPPING: "~"}
_LEVELS = dict(zip(Severity, "CMmwi", strict=True))
_MILDEST_FIRST = ".PFiwmMC~"
Columns = Sequence[range]


def draw(outcome: Outcome) -> str:
    """Return the drawing, with a line that tells what a column is if it is more than one value."""
    test = outcome.test
    steps = max(len(values) for values in test.series.values())
    stride = -(-steps // _WIDTH)
    columns = [range(first, min(first + stride, steps)) for first in range(0, steps, stride)]
    rows = [(name, *_bars(values, columns)) for name, values in test.series.items()]
    for name, drawn, told in (("got", outcome.seen, outcome.got), ("expected", outcome.expected, outcome.expected)):
        rows.append((name, _states(sorted(drawn, key=_at_s), columns, test.interval), _said(told)))
    width = max(len(name) for name, _, _ in rows)
    lines = [f"{name:<{width}}  {picture}  {said}" for name, picture, said in rows]
    return "\n".join([*lines, *([f"one column is {write(stride * test.interval)}"] if stride > 1 else [])])


def reasons(outcome: Outcome) -> list[str]:
    """Return a line for each transition, with its time and reason; of very many only the first."""
    pairs = list(zip(outcome.seen, outcome.transitions, strict=True))
    lines = [f"{change}: {transition.reason}" for change, transition in pairs[:_MOST_REASONS]]
    return lines + ([f"and {len(pairs) - _MOST_REASONS} more"] if len(pairs) > _MOST_REASONS else [])


def _at_s(change: Change) -> int:
    return change.at_s


def _said(changes: Sequence[Change]) -> str:
    shown = ", ".join(map(str, changes[:_MOST_SAID])) or "nothing"
    return shown + (f", and {len(changes) - _MOST_SAID} more" if len(changes) > _MOST_SAID else "")


def _bars(values: Sequence[float | None], columns: Columns) -> tuple[str, str]:
    known = [value for value in values if value is not None]
    if not known:
        return " " * len(columns), "no values"
    low, high, before = min(known), max(known), known[0]
    scale = (len(_BARS) - 1) / ((high - low) or 1)
    picture = ""
    for column in columns:
        seen = [value for value in values[column.start : column.stop] if value is not None]
        lowest, highest = min(seen, default=before), max(seen, default=before)
        before = highest if highest - before >= before - lowest else lowest
        picture += _BARS[round((before - low) * scale)] if seen else " "
    return picture, f"{low:g} … {high:g}"


def _states(changes: Sequence[Change], columns: Columns, interval_s: int) -> str:
    """Return the worst letter of each column: of the state that it begins with, and of those that begin in it."""
    picture, place, letter = "", 0, "."
    for column in columns:
        seen = [letter]
        while place < len(changes) and changes[place].at_s < column.stop * interval_s:
            if changes[place].at_s <= column.start * interval_s:
                seen = []
            letter = _letter(changes[place])
            seen.append(letter)
            place += 1
        picture += max(seen, key=_MILDEST_FIRST.index)
    return picture


def _letter(change: Change) -> str:
    if change.state is State.FIRING and change.severity:
        return _LEVELS[Severity(change.severity)]
    return _LETTERS.get(change.state, ".")
