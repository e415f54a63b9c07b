"""`/api/v1/cases`."""

from __future__ import annotations

import pytest

from alerts.cases.workflow import Role
from tests.alerts.api.conftest import CREW, HOUR_MS, Client, Fire, StandingClock


def test_list_has_deadlines(client: Client, fire: Fire) -> None:
    """Open cases by deadline, with number, crew and limit."""
    fire(("waste.full", "bin-1"), ("flood.road", "wl-1"))

    body = client(Role.VIEWER).get("/api/v1/cases", params={"state": "open"}).json()

    flood, waste = body["items"]
    assert (flood["category"], flood["crew"], flood["state"]) == ("road_flooding", CREW, "DISPATCHED")
    assert (flood["limit_value"], flood["limit_type"]) == (2, "urgent_hour")
    assert flood["deadline_ms"] < waste["deadline_ms"]


@pytest.mark.parametrize(
    "query, expected",
    [
        ({"domain": "waste"}, 1),
        ({"category": "road_flooding"}, 1),
        ({"crew": CREW}, 1),
        ({"text": "00002"}, 1),
        ({"text": "满溢"}, 1),
        ({"state": "CLOSED"}, 0),
        ({"overdue": "true"}, 0),
        ({"cell": "450107003"}, 2),
    ],
)
def test_list_is_narrowed(client: Client, fire: Fire, query: dict[str, str], expected: int) -> None:
    """Every filter narrows."""
    fire(("flood.road", "wl-1"), ("waste.full", "bin-1"))

    assert client(Role.VIEWER).get("/api/v1/cases", params=query).json()["total"] == expected


def test_list_overdue(client: Client, fire: Fire, clock: StandingClock) -> None:
    """Past its deadline and not done: overdue."""
    fire(("flood.road", "wl-1"))
    clock.ms += 3 * HOUR_MS

    assert client(Role.VIEWER).get("/api/v1/cases", params={"overdue": "true"}).json()["total"] == 1


def test_detail_has_log_and_moves(client: Client, fire: Fire) -> None:
    """One case with what happened and what the asking person may do."""
    fire(("flood.road", "wl-1"))

    as_viewer = client(Role.VIEWER).get("/api/v1/cases/1").json()
    as_dispatcher = client(Role.DISPATCHER).get("/api/v1/cases/1").json()
    as_administrator = client(Role.ADMINISTRATOR).get("/api/v1/cases/1").json()

    assert [one["move"] for one in as_viewer["log"]] == ["report", "file", "dispatch"]
    assert as_viewer["moves"] == []
    assert as_dispatcher["moves"] == ["accept", "return"]
    assert as_administrator["moves"] == ["accept", "return", "force_close", "cancel"]


def test_move(client: Client, fire: Fire) -> None:
    """A person moves a case with an opinion; it is logged under their name."""
    fire(("flood.road", "wl-1"))
    operator = client(Role.OPERATOR)
    seen = operator.get("/api/v1/cases/1").json()["version"]

    body = operator.post(
        "/api/v1/cases/1/moves", json={"move": "cancel", "version": seen, "opinion": "duplicate of a call"}
    ).json()

    assert (body["state"], body["closed_how"]) == ("CANCELLED", "cancelled")
    assert (body["log"][-1]["actor"], body["log"][-1]["reason"]) == ("wang", "duplicate of a call")


@pytest.mark.parametrize(
    "body, status, error",
    [
        ({"move": "cancel", "version": 99, "opinion": "x"}, 409, "conflict"),
        ({"move": "cancel", "version": 3}, 409, "move_refused"),  # without an opinion
        ({"move": "force_close", "version": 3, "opinion": "x"}, 409, "move_refused"),  # not for an operator
        ({"move": "fly", "version": 3}, 422, "invalid"),
    ],
)
def test_move_refused(client: Client, fire: Fire, body: dict[str, object], status: int, error: str) -> None:
    """Version, guard, role and word are checked."""
    fire(("flood.road", "wl-1"))

    answer = client(Role.OPERATOR).post("/api/v1/cases/1/moves", json=body)

    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_conflict_names_the_current_version(client: Client, fire: Fire) -> None:
    """So that a program can look again and decide anew."""
    fire(("flood.road", "wl-1"))
    operator = client(Role.OPERATOR)

    answer = operator.post("/api/v1/cases/1/moves", json={"move": "cancel", "version": 1, "opinion": "x"})

    assert answer.json()["version"] == operator.get("/api/v1/cases/1").json()["version"]


def test_no_such_case(client: Client) -> None:
    """404 in the one form."""
    answer = client(Role.VIEWER).get("/api/v1/cases/7")

    assert (answer.status_code, answer.json()) == (404, {"error": "not_found", "detail": "there is no case 7"})
