"""The precedence by which the flags of several tests become one: MISSING < UNKNOWN < GOOD < SUSPECT < FAIL.

So one test that could be made and found nothing outranks all that could not be made.
"""

from __future__ import annotations

from collections.abc import Iterable

from ingest.model import Quality

_RANK = {Quality.MISSING: 0, Quality.UNKNOWN: 1, Quality.GOOD: 2, Quality.SUSPECT: 3, Quality.FAIL: 4}


def worst(flags: Iterable[Quality]) -> Quality:
    """Return the flag that stands for all of them; MISSING if there is none."""
    return max(flags, key=_RANK.__getitem__, default=Quality.MISSING)


def above(measure: float, suspect: float | None, fail: float | None) -> Quality:
    """Return FAIL or SUSPECT where a measure is above the limit for it (strictly), else GOOD."""
    if fail is not None and measure > fail:
        return Quality.FAIL
    if suspect is not None and measure > suspect:
        return Quality.SUSPECT
    return Quality.GOOD
