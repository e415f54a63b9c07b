"""`/api/v1/rules`."""

from __future__ import annotations

from msgspec.structs import replace
from sqlalchemy import Engine

from alerts.api.context import SiteView
from alerts.cases.workflow import Role
from alerts.store import rule_versions
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


def test_rule_in_plain_words(client: Client) -> None:
    """The condition alone, and the whole rule with a sentence on each line, in both languages."""
    body = client(Role.VIEWER).get("/api/v1/rules/flood.road").json()

    assert body["when"] == {"zh": "积水深度高于 15 cm", "en": "water level is above 15 cm"}
    assert body["explanation"]["zh"].splitlines()[1] == "触发条件：积水深度高于 15 cm，一经出现即告警。"
    assert body["explanation"]["en"].splitlines()[1] == "Fires as soon as water level is above 15 cm."
    assert body["author"] is None


def test_versions_of_a_rule(client: Client, engine: Engine, site: SiteView) -> None:
    """Those that ran, the newest first; one that is gone still has its versions."""
    (flood,) = (rule for rule in site.rules if rule.id == "flood.road")
    old = replace(flood, version="older", author="Li Na", text="id: flood.road")
    with engine.begin() as connection:
        rule_versions.record(connection, [old, replace(flood, id="is.gone")], 1)
        rule_versions.record(connection, [flood], 2)
    viewer = client(Role.VIEWER)

    now, before = viewer.get("/api/v1/rules/flood.road/versions").json()
    assert (now["version"], now["author"], now["runs"], now["first_run_ms"]) == (flood.version, None, True, 2)
    assert (before["version"], before["author"], before["runs"]) == ("older", "Li Na", False)
    assert before["text"] == "id: flood.road"
    assert len(viewer.get("/api/v1/rules/is.gone/versions").json()) == 1
    assert viewer.get("/api/v1/rules/weather.silent/versions").json() == []


def test_no_such_rule(client: Client) -> None:
    """404 in the one form."""
    for path in ("no.such", "no.such/versions"):
        assert client(Role.VIEWER).get(f"/api/v1/rules/{path}").json()["error"] == "not_found"
