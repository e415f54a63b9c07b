"""`/api/v1/rules`."""

from __future__ import annotations

from alerts.cases.workflow import Role
from tests.alerts.api.conftest import Client


def test_rule_with_a_limit(client: Client) -> None:
    """The limit as a chart would draw it, and on which side of it the rule fires."""
    body = client(Role.VIEWER).get("/api/v1/rules/flood.road").json()

    assert body["limits"] == [
        {"observed_property": "weather.water_level", "role": "fires", "side": "above", "value": 15.0}
    ]
    assert (body["category"], body["runbook"]["en"]) == ("road_flooding", "Pump it out")


def test_rule_without_a_limit(client: Client) -> None:
    """A rule about silence has none."""
    body = client(Role.VIEWER).get("/api/v1/rules/weather.silent").json()

    assert (body["limits"], body["condition"], body["category"]) == ([], "NoData", None)


def test_all_rules_by_id(client: Client) -> None:
    """In order."""
    ids = [one["id"] for one in client(Role.VIEWER).get("/api/v1/rules").json()]

    assert ids == sorted(ids)
    assert "waste.full" in ids


def test_no_such_rule(client: Client) -> None:
    """404 in the one form."""
    assert client(Role.VIEWER).get("/api/v1/rules/no.such").json()["error"] == "not_found"
