"""`/api/v1/drift`."""

from __future__ import annotations

from sqlalchemy import Engine

from alerts.cases.workflow import Role
from alerts.store import drift
from ingest.drift_alarms import OpenAlarm
from tests.alerts.api.conftest import Client
from tests.alerts.store.test_drift import JUMP, REFUSALS


def test_drift(client: Client, engine: Engine) -> None:
    """Open alarms come first; they can be asked for alone; each says what has happened in both languages."""
    with engine.begin() as connection:
        drift.open_(connection, JUMP, 1000)
        drift.open_(connection, REFUSALS, 2000)
        drift.clear(connection, OpenAlarm(2000, REFUSALS), "returned", 3000)
    viewer = client(Role.VIEWER)

    every = viewer.get("/api/v1/drift").json()["items"]
    only = viewer.get("/api/v1/drift", params={"state": "open"}).json()["items"]

    assert [(one["kind"], one["state"], one["cleared_how"]) for one in every] == [
        ("jump", "open", None),
        ("refusals", "cleared", "returned"),
    ]
    assert [one["kind"] for one in only] == ["jump"]
    assert (every[0]["before"]["median"], every[0]["change"]) == (41.25, "×100")
    assert "消失" not in every[0]["reason"]["zh"]
    assert every[1]["reasons"] == {"unit@1.3": 28, "time": 2}
