"""`/api/v1/tasks`: what crews (phones and simulated ones) build on."""

from __future__ import annotations

import pytest

from alerts.cases.workflow import Role
from tests.alerts.api.conftest import CREW, HOUR_MS, Client, Fire
from tests.alerts.api.http import TestClient
from tests.alerts.sample import CELL, NINE_MS

OPEN = {"state": "offered,accepted,started"}


def task(client: TestClient) -> dict[str, object]:
    """Return the first open task."""
    found: dict[str, object] = client.get("/api/v1/tasks", params=OPEN).json()["items"][0]
    return found


def test_list_says_what_a_crew_must_know(client: Client, fire: Fire) -> None:
    """What, where, until when, and the version to act on."""
    fire(("flood.road", "wl-1"))

    body = client(Role.CREW).get("/api/v1/tasks", params={**OPEN, "crew": CREW}).json()

    assert body["now_ms"] == NINE_MS
    assert body["speed"] == 2.0
    assert body["items"] == [
        {
            "id": 1,
            "case_id": 1,
            "case_number": "4501072026112400001",
            "crew": CREW,
            "kind": "handle",
            "state": "offered",
            "round": 1,
            "version": 3,
            "device_id": "wl-1",
            "subject_id": "wl-1",
            "category": "road_flooding",
            "severity": "major",
            "title_zh": "道路积水",
            "title_en": "Road flooding",
            "cell": CELL,
            "place": "西乡塘街道 广西大学社区",
            "lat": 22.84,
            "lon": 108.29,
            "deadline_ms": NINE_MS + 2 * HOUR_MS,
            "offered_at_ms": NINE_MS,
            "done_at_ms": None,
            "note": None,
        }
    ]


def test_a_crew_sees_its_own_tasks_only(client: Client, fire: Fire) -> None:
    """The bin belongs to another crew; the office sees both."""
    fire(("flood.road", "wl-1"), ("waste.full", "bin-1"))

    own = client(Role.CREW).get("/api/v1/tasks", params=OPEN).json()["items"]
    others = client(Role.CREW).get("/api/v1/tasks", params={"crew": "sanitation-1"})
    every = client(Role.VIEWER).get("/api/v1/tasks", params=OPEN).json()["items"]

    assert [one["category"] for one in own] == ["road_flooding"]
    assert others.status_code == 403
    assert len(every) == 2


def test_from_offer_to_done(client: Client, fire: Fire) -> None:
    """Accept, start, done; each answer has the version for the next."""
    fire(("flood.road", "wl-1"))
    crew = client(Role.CREW)
    version = task(crew)["version"]
    states = []
    for action in ("accept", "start", "done"):
        body = crew.post(f"/api/v1/tasks/1/{action}", json={"version": version, "note": "grate cleared"}).json()
        version = body["version"]
        states.append(body["state"])

    assert states == ["accepted", "started", "done"]
    assert crew.get("/api/v1/tasks", params=OPEN).json()["items"] == []
    assert client(Role.VIEWER).get("/api/v1/cases/1").json()["state"] == "CHECKING"


def test_an_action_sent_twice_counts_once(client: Client, fire: Fire) -> None:
    """A phone that lost the answer sends the action again, with the old version: it is told how things stand."""
    fire(("flood.road", "wl-1"))
    crew = client(Role.CREW)
    first = crew.post("/api/v1/tasks/1/accept", json={"version": 3})
    again = crew.post("/api/v1/tasks/1/accept", json={"version": 3})

    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert [one["move"] for one in client(Role.VIEWER).get("/api/v1/cases/1").json()["log"]].count("accept") == 1


def test_conflict(client: Client, fire: Fire) -> None:
    """An older version is refused, with the current one."""
    fire(("flood.road", "wl-1"))

    answer = client(Role.CREW).post("/api/v1/tasks/1/accept", json={"version": 1})

    assert (answer.status_code, answer.json()["error"], answer.json()["version"]) == (409, "conflict", 3)


def test_return_needs_a_note(client: Client, fire: Fire) -> None:
    """Who gives a task back says why; then it is offered to somebody else."""
    fire(("flood.road", "wl-1"))
    crew = client(Role.CREW)

    silent = crew.post("/api/v1/tasks/1/return", json={"version": 3})
    told = crew.post("/api/v1/tasks/1/return", json={"version": 3, "note": "not our road"})

    assert (silent.status_code, silent.json()["error"]) == (409, "move_refused")
    assert (told.status_code, told.json()["state"]) == (200, "returned")


def test_a_withdrawn_task_is_over(client: Client, fire: Fire) -> None:
    """When the case was cancelled, its task can no longer be accepted."""
    fire(("flood.road", "wl-1"))
    client(Role.OPERATOR).post("/api/v1/cases/1/moves", json={"move": "cancel", "version": 3, "opinion": "duplicate"})

    answer = client(Role.CREW).post("/api/v1/tasks/1/accept", json={"version": 4})

    assert answer.status_code == 409
    assert answer.json()["detail"] == "task 1 is withdrawn: nothing can be done with it any more"


@pytest.mark.parametrize("action", ["accept", "start", "done", "return"])
def test_not_another_crews_task(client: Client, fire: Fire, action: str) -> None:
    """A crew moves its own tasks only."""
    fire(("waste.full", "bin-1"))

    answer = client(Role.CREW).post(f"/api/v1/tasks/1/{action}", json={"version": 3, "note": "x"})

    assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")


def test_a_dispatcher_acts_for_a_crew(client: Client, fire: Fire) -> None:
    """Where a crew has no phone, the dispatcher does it for them."""
    fire(("flood.road", "wl-1"))

    assert client(Role.DISPATCHER).post("/api/v1/tasks/1/accept", json={"version": 3}).json()["state"] == "accepted"
