"""`/api/v1/alerts`."""

from __future__ import annotations

import pytest

from alerts.cases.workflow import Role
from tests.alerts.api.conftest import HOUR_MS, Client, Fire
from tests.alerts.sample import CELL, NINE_MS


def test_list_is_worst_first(client: Client, fire: Fire) -> None:
    """Severity decides the order; the case of an alert stands with it."""
    fire(("weather.gust", "ws-1"), ("flood.deep", "wl-1"), ("waste.full", "bin-1"))

    body = client(Role.VIEWER).get("/api/v1/alerts", params={"state": "live"}).json()

    assert [one["severity"] for one in body["items"]] == ["critical", "minor", "warning"]
    assert [one["case_number"] for one in body["items"]] == ["4501072026112400001", "4501072026112400002", None]
    assert (body["total"], body["limit"], body["offset"]) == (3, 50, 0)


@pytest.mark.parametrize(
    "query, expected",
    [
        ({"severity": "critical,minor"}, {"flood.deep", "waste.full"}),
        ({"domain": "waste"}, {"waste.full"}),
        ({"cell": CELL[:9]}, {"flood.deep", "waste.full", "weather.gust"}),
        ({"cell": "450107001"}, set()),
        ({"device_id": "ws-1"}, {"weather.gust"}),
        ({"state": "ACKED"}, set()),
        ({"case_id": "1"}, {"flood.deep"}),
        ({"limit": "1", "offset": "1"}, {"waste.full"}),
    ],
)
def test_list_is_narrowed(client: Client, fire: Fire, query: dict[str, str], expected: set[str]) -> None:
    """Every filter narrows, all together."""
    fire(("weather.gust", "ws-1"), ("flood.deep", "wl-1"), ("waste.full", "bin-1"))

    body = client(Role.VIEWER).get("/api/v1/alerts", params=query).json()

    assert {one["rule_id"] for one in body["items"]} == expected


def test_transitions(client: Client, fire: Fire) -> None:
    """The steps of an alert's life say why, at which level, under which version, and what was observed."""
    fire(("weather.gust", "ws-1"))
    viewer = client(Role.VIEWER)
    alert = viewer.get("/api/v1/alerts/1").json()

    (step,) = viewer.get("/api/v1/alerts/1/transitions").json()

    assert (step["state"], step["severity"], step["since_ms"]) == ("firing", alert["severity"], alert["fired_at_ms"])
    assert (step["rule_version"], step["reason"]) == (alert["rule_version"], alert["reason"])
    assert [one["device_id"] for one in step["evidence"]] == ["ws-1"]
    assert viewer.get("/api/v1/alerts/99/transitions").status_code == 404


def test_acknowledge(client: Client, fire: Fire) -> None:
    """The operator has seen it, and the answer says so."""
    fire(("weather.gust", "ws-1"))
    operator = client(Role.OPERATOR)

    body = operator.post("/api/v1/alerts/1/acknowledge", json={"version": 1}).json()

    assert (body["state"], body["acknowledged_by"], body["version"]) == ("ACKED", "wang", 2)
    assert operator.get("/api/v1/alerts/1").json() == body


def test_acknowledge_what_was_changed_meanwhile(client: Client, fire: Fire) -> None:
    """Who saw an older version is told the current one."""
    fire(("weather.gust", "ws-1"))
    operator = client(Role.OPERATOR)
    operator.post("/api/v1/alerts/1/acknowledge", json={"version": 1})

    answer = operator.post("/api/v1/alerts/1/acknowledge", json={"version": 1})

    assert answer.status_code == 409
    assert (answer.json()["error"], answer.json()["version"]) == ("conflict", 2)


def test_acknowledge_twice(client: Client, fire: Fire) -> None:
    """A move that the state does not allow is refused with what is allowed."""
    fire(("weather.gust", "ws-1"))
    operator = client(Role.OPERATOR)
    operator.post("/api/v1/alerts/1/acknowledge", json={"version": 1})

    answer = operator.post("/api/v1/alerts/1/acknowledge", json={"version": 2})

    assert answer.status_code == 409
    assert answer.json()["error"] == "move_refused"
    assert answer.json()["detail"].startswith("an alert in state ACKED cannot ack")


def test_acknowledge_many(client: Client, fire: Fire) -> None:
    """What can be acknowledged is; what was changed, or is not there, is named."""
    fire(("weather.gust", "ws-1"), ("flood.deep", "wl-1"))
    items = [{"id": 1, "version": 1}, {"id": 2, "version": 99}, {"id": 77, "version": 1}]

    body = client(Role.OPERATOR).post("/api/v1/alerts/acknowledge", json={"items": items}).json()

    assert body == {"acknowledged": [1], "refused": [2, 77]}


def test_shelve_and_unshelve(client: Client, fire: Fire) -> None:
    """Put aside with a reason and a time, and brought back."""
    fire(("weather.gust", "ws-1"))
    operator = client(Role.OPERATOR)
    ask = {"version": 1, "until_ms": NINE_MS + HOUR_MS, "reason": "anemometer under repair"}

    shelved = operator.post("/api/v1/alerts/1/shelve", json=ask).json()
    back = operator.post("/api/v1/alerts/1/unshelve", json={"version": shelved["version"]}).json()

    assert (shelved["state"], shelved["shelved_reason"]) == ("SHLVD", "anemometer under repair")
    assert back["state"] == "UNACK"


@pytest.mark.parametrize(
    "path, body, status, error",
    [
        ("/api/v1/alerts/99/acknowledge", {"version": 1}, 404, "not_found"),
        ("/api/v1/alerts/1/acknowledge", {}, 422, "invalid"),
        ("/api/v1/alerts/1/acknowledge", {"version": 1, "extra": 2}, 422, "invalid"),
        ("/api/v1/alerts/x/acknowledge", {"version": 1}, 422, "invalid"),
        ("/api/v1/alerts/1/shelve", {"version": 1, "until_ms": 5, "reason": "late"}, 409, "move_refused"),
        ("/api/v1/alerts/99999999999999999999/acknowledge", {"version": 1}, 422, "invalid"),
    ],
)
def test_bad_requests_are_answered_in_one_form(
    client: Client, fire: Fire, path: str, body: dict[str, object], status: int, error: str
) -> None:
    """A reason word and a sentence, whatever is wrong."""
    fire(("weather.gust", "ws-1"))

    answer = client(Role.OPERATOR).post(path, json=body)

    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["detail"]


def test_invalid_names_the_place(client: Client) -> None:
    """A 422 says where each mistake is."""
    answer = client(Role.OPERATOR).post("/api/v1/alerts/1/acknowledge", json={"version": 0})

    assert answer.json()["faults"] == [
        {"place": "body.version", "message": "Input should be greater than or equal to 1"}
    ]
