"""`/api/v1/devices/unknown`."""

from __future__ import annotations

import dataclasses

from sqlalchemy import Engine

from alerts.api.app import create_app
from alerts.api.context import WebContext
from alerts.cases.workflow import Role
from alerts.store import deadletters
from alerts.unknown import Unknown, Value
from ingest.flow import Letter
from ingest.model import Frame, Refusal
from tests.alerts.api.conftest import PASSWORD, Client
from tests.alerts.api.http import TestClient
from tests.alerts.sample import NINE_MS

BIN = Unknown(
    device="bin-new",
    dialect="wangge_json",
    model="",
    eui=None,
    frames=7,
    first_received_at_ms=NINE_MS - 60_000,
    last_received_at_ms=NINE_MS,
    topic="wangge/xixiangtang/up/bin-new",
    would_read=(Value("waste.fill_level", 81.0, "%"),),
    problem=None,
    domain="waste",
    kind="waste_bin",
    cadence_s=600,
)


def test_unknown_devices(web: WebContext, engine: Engine) -> None:
    """Each with what it would say and looks like; frames that name no device are counted."""
    refusal = Refusal(stage="normalise", reason="unknown_device", detail="no device observes datastream 42")
    with engine.begin() as connection:
        deadletters.add(connection, [Letter(Frame("v1.1/Observations", b"{}", NINE_MS, "mqtt"), refusal)])
    made = dataclasses.replace(web, unknown=lambda _connection, limit: [BIN] * limit)
    viewer = TestClient(create_app(made))
    token = viewer.post("/api/v1/login", json={"name": "wei", "password": PASSWORD}).json()["token"]

    body = viewer.get("/api/v1/devices/unknown?limit=1", headers={"Authorization": f"Bearer {token}"}).json()

    assert body["nameless"] == 1
    assert [(one["device"], one["kind"], one["frames"]) for one in body["items"]] == [("bin-new", "waste_bin", 7)]
    assert body["items"][0]["would_read"] == [{"property": "waste.fill_level", "value": 81.0, "unit": "%"}]


def test_unknown_is_not_a_device(client: Client) -> None:
    """The address is that of the list, also where nothing is told of unknown devices."""
    assert client(Role.VIEWER).get("/api/v1/devices/unknown").json() == {"items": [], "nameless": 0}
