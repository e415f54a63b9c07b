"""Which open case an alert belongs to."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from alerts import flow
from alerts.cases.categories import Category, Fold
from alerts.cases.workflow import CaseState
from alerts.commands import Reason
from alerts.context import CaseContext, CaseSettings
from alerts.grouping import distance_m, neighbour
from alerts.model import Case
from alerts.store import cases
from tests.alerts.sample import CELL, NINE_MS, fires

LATITUDES = st.floats(-85, 85)
LONGITUDES = st.floats(-180, 180)


@pytest.fixture
def case(connection: Connection, context: CaseContext) -> Case:
    """Return a case at 22.84° N 108.29° E."""
    flow.apply(connection, [fires("flood.road", "wl-1", NINE_MS)], NINE_MS, context)
    found = cases.get(connection, 1)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "fold, state, cell, lon, expected",
    [
        # 20 m east
        (Fold.NEAR, CaseState.HANDLING, CELL, 108.2902, Reason.SAME_PLACE),
        # 20 m east, though across the border of the cell
        (Fold.NEAR, CaseState.HANDLING, "450107003013002", 108.2902, Reason.SAME_PLACE),
        # 100 m east
        (Fold.NEAR, CaseState.HANDLING, CELL, 108.291, None),
        # anywhere in the cell
        (Fold.CELL, CaseState.HANDLING, CELL, 108.3, Reason.SAME_CELL),
        # near, but in the next cell
        (Fold.CELL, CaseState.HANDLING, "450107003013002", 108.2902, None),
        # components keep to themselves
        (Fold.SUBJECT, CaseState.HANDLING, CELL, 108.29, None),
        # the crew has reported done: new trouble is a new case
        (Fold.NEAR, CaseState.CHECKING, CELL, 108.29, None),
        (Fold.CELL, CaseState.FEEDBACK, CELL, 108.29, None),
    ],
)
def test_neighbour(
    case: Case, context: CaseContext, fold: Fold, state: CaseState, cell: str, lon: float, expected: Reason | None
) -> None:
    """An alert here joins the case or does not."""
    category: Category = msgspec.structs.replace(context.categories["road_flooding"], fold=fold)
    recent = [msgspec.structs.replace(case, state=state)]

    found = neighbour(category, cell, (22.84, lon), recent, CaseSettings())

    assert (found[1] if found else None) == expected


def test_neighbour_without_a_place(case: Case, context: CaseContext) -> None:
    """A device that is not in the register is near to nothing."""
    assert neighbour(context.categories["road_flooding"], CELL, None, [case], CaseSettings()) is None


def test_distance_of_one_degree_of_latitude() -> None:
    """A degree of latitude is about 111.195 km on the mean sphere."""
    assert distance_m((22.0, 108.0), (23.0, 108.0)) == pytest.approx(111_195, abs=1)


@given(LATITUDES, LONGITUDES, LATITUDES, LONGITUDES)
def test_distance_is_a_distance(lat: float, lon: float, other_lat: float, other_lon: float) -> None:
    """It is symmetric, not negative, at most half the globe, and nothing to itself."""
    there = distance_m((lat, lon), (other_lat, other_lon))

    assert there == pytest.approx(distance_m((other_lat, other_lon), (lat, lon)))
    assert 0 <= there <= 20_015_115
    assert distance_m((lat, lon), (lat, lon)) == 0
