"""`/api/v1/cells`: the map."""

from __future__ import annotations

from alerts.api.cells import core
from alerts.cases.workflow import Role
from tests.alerts.api.conftest import OTHER_CELL, Client
from tests.alerts.sample import CELL


def test_cells_and_subdistricts(client: Client) -> None:
    """Every cell once, every sub-district once, with the names that people know."""
    body = client(Role.VIEWER).get("/api/v1/cells").json()

    cells = {one["properties"]["code"]: one["properties"]["place"] for one in body["features"][:2]}
    subdistricts = [one["properties"] for one in body["features"][2:]]
    assert cells == {CELL: "西乡塘街道 广西大学社区", OTHER_CELL: ""}
    assert {one["code"]: one["name"] for one in subdistricts} == {
        "450107003": "西乡塘街道",
        "450107001": "450107001",
    }
    assert all(22.83 < one["lat"] < 22.85 and 108.28 < one["lon"] < 108.34 for one in subdistricts)
    assert body["bbox"] == [108.28, 22.83, 108.34, 22.85]


def test_the_map_is_sent_once(client: Client) -> None:
    """A browser that has it is told so."""
    viewer = client(Role.VIEWER)
    first = viewer.get("/api/v1/cells")

    again = viewer.get("/api/v1/cells", headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["Cache-Control"] == "private, no-cache"


def test_core_leaves_out_what_lies_far_off() -> None:
    """One device far away does not move the view."""
    town = [(108.30 + index / 1000, 22.80 + index / 1000) for index in range(20)]

    west, south, east, north = core([*town, (107.0, 23.9)])

    assert (108.29 < west < 108.31, 108.31 < east < 108.33) == (True, True)
    assert (22.79 < south < 22.81, 22.81 < north < 22.83) == (True, True)
    assert core([]) == []
