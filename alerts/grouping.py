"""Which open case an alert belongs to: one incident, one case. Pure.

The same category and subject always belong together while the case is open. What happens near by (settings: 50 m and
24 hours by default) or in the same cell joins where the category says so, unless the case's crew has already reported
done: a new trouble beside a finished one is a new case.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from alerts.cases.categories import Category, Fold
from alerts.cases.workflow import CaseState
from alerts.commands import Reason
from alerts.context import CaseSettings
from alerts.model import Case

_EARTH_M = 6_371_008.8  # mean radius (IUGG)
_FINISHING = frozenset({CaseState.FEEDBACK, CaseState.CHECKING})
Place = tuple[float, float]


def distance_m(one: Place, other: Place) -> float:
    """Return the great-circle distance of two (latitude, longitude) places in metres."""
    (lat1, lon1), (lat2, lon2) = ((math.radians(lat), math.radians(lon)) for lat, lon in (one, other))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * _EARTH_M * math.asin(min(1.0, math.sqrt(half)))


def neighbour(
    category: Category, cell: str, place: Place | None, recent: Iterable[Case], settings: CaseSettings
) -> tuple[Case, Reason] | None:
    """Return the first of the recent open cases of the category that a new alert joins, with the reason, or None."""
    for case in recent:
        if case.state in _FINISHING:
            continue
        if category.fold is Fold.CELL and case.cell == cell:
            return case, Reason.SAME_CELL
        if category.fold is Fold.NEAR and _is_near(case, place, settings.duplicate_distance_m):
            return case, Reason.SAME_PLACE
    return None


def _is_near(case: Case, place: Place | None, within_m: float) -> bool:
    if place is None or case.lat is None or case.lon is None:
        return False
    return distance_m((case.lat, case.lon), place) <= within_m
