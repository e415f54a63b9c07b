"""Totals become increments: what a counter grew by since the observation before, whatever it counts.

    rain tips, energy meters, people counters   102.4  102.6  103.0   0.2   0.4
    increment                                          0.2    0.4   0.2   0.2      (the counter was reset before 0.2)

The sum of the increments is the last total less the first, resets taken into account, in whatever order and in whatever
parts the totals came.
"""

from __future__ import annotations


def increment(
    before: float | None, total: float, *, roll_over: float | None = None, resolution: float = 0.0
) -> float | None:
    """Return what a counter grew by from one total to the next; None for the first (`before` is None).

    A total that fell was reset: it grew by what it says. With `roll_over`, the modulus of the counter, a fall by more
    than half of it is a roll-over. A fall within the resolution is a rounding: the counter did not grow.
    """
    if before is None:
        return None
    grown = total - before
    if grown >= 0:
        return grown
    if -grown <= resolution:
        return 0.0
    if roll_over is not None and -grown > roll_over / 2:
        return grown + roll_over
    return total
