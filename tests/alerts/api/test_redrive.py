"""`POST /api/v1/deadletters/redrive`: frames that gave no observations, handed to the pipeline again."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from alerts.api.app import create_app
from alerts.api.context import WebContext
from alerts.api.deadletters import PUBLISH_S
from alerts.cases.workflow import Role
from alerts.store import deadletters
from tests.alerts.api.conftest import Client
from tests.alerts.api.http import TestClient
from tests.alerts.api.test_deadletters import refused
from tests.alerts.sample import NINE_MS

REDRIVE = "/api/v1/deadletters/redrive"


class Outlet:
    """Takes the first `room` messages; `topics` are none, because the envelope is always heard."""

    topics: Sequence[str] = ()

    def __init__(self, room: int = 1_000) -> None:
        self.room = room
        self.messages: list[tuple[str, bytes]] = []

    def publish(self, messages: Sequence[tuple[str, bytes]], timeout_s: float) -> list[bool]:
        """Take what there is room for."""
        assert timeout_s == PUBLISH_S
        taken = [number < self.room for number in range(len(messages))]
        self.messages += messages[: self.room]
        return taken

    def stop(self) -> None:
        """Do nothing."""


@pytest.fixture
def outlet() -> Outlet:
    """Return where frames go."""
    return Outlet()


@pytest.fixture
def app(web: WebContext, outlet: Outlet) -> FastAPI:
    """Return the application with somewhere to send frames."""
    return create_app(dataclasses.replace(web, frames=outlet))


@pytest.fixture
def administrator(client: Client, engine: Engine) -> TestClient:
    """Return an administrator of an application where three letters wait."""
    with engine.begin() as connection:
        deadletters.add(
            connection, [refused(b"%d" % number, f"em@1.{number % 2}", NINE_MS + number) for number in range(3)]
        )
    return client(Role.ADMINISTRATOR)


def test_redrive(administrator: TestClient, outlet: Outlet, engine: Engine) -> None:
    """Letters of a choice are published in their envelopes, once; the audit says who did it."""
    first = administrator.post(REDRIVE, json={"model": "em@1.0"})
    again = administrator.post(REDRIVE, json={"model": "em@1.0"})
    rest = administrator.post(REDRIVE, json={"everything": True})

    assert [one.json() for one in (first, again, rest)] == [
        {"redriven": 2, "waiting": 0},
        {"redriven": 0, "waiting": 0},
        {"redriven": 1, "waiting": 0},
    ]
    assert outlet.messages == [(f"wangge/redrive/up/mqtt/{NINE_MS + number}/t", b"%d" % number) for number in (0, 2, 1)]
    with engine.begin() as connection:
        rows = connection.exec_driver_sql("SELECT object FROM audit WHERE action = 'deadletters.redrive'").all()
    assert [tuple(row) for row in rows] == [("2 dead letters",), ("1 dead letters",)]


def test_redrive_broker_away(administrator: TestClient, outlet: Outlet) -> None:
    """What the broker has not taken waits as before, and may be sent again."""
    outlet.room = 1
    answer = administrator.post(REDRIVE, json={"everything": True})
    outlet.room = 1_000
    again = administrator.post(REDRIVE, json={"everything": True})

    assert (answer.status_code, answer.json()["error"], answer.json()["redriven"]) == (503, "broker_away", 1)
    assert again.json() == {"redriven": 2, "waiting": 0}


def test_redrive_by_id(administrator: TestClient, outlet: Outlet) -> None:
    """A letter that was published again is published once more when it is named."""
    identity = administrator.get("/api/v1/deadletters").json()["items"][0]["id"]
    answers = [administrator.post(REDRIVE, json={"ids": [identity]}).json() for _ in range(2)]

    assert answers == [{"redriven": 1, "waiting": 0}] * 2
    assert len(outlet.messages) == 2


@pytest.mark.parametrize("body", [{}, {"ids": ["1"], "reason": "unit"}, {"everything": True, "source": "mqtt"}])
def test_redrive_of_what(administrator: TestClient, outlet: Outlet, body: dict[str, object]) -> None:
    """Everything is never meant by leaving out what is meant."""
    answer = administrator.post(REDRIVE, json=body)

    assert (answer.status_code, answer.json()["error"], outlet.messages) == (422, "invalid", [])


def test_redrive_forbidden(client: Client) -> None:
    """What comes of old frames is for administrators."""
    assert client(Role.DISPATCHER).post(REDRIVE, json={"everything": True}).status_code == 403
