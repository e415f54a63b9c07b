"""Versions of rules in the case store."""

from __future__ import annotations

from msgspec.structs import replace
from sqlalchemy import Engine

from alerts.store import rule_versions
from alerts.store.database import reading
from alerts.store.rule_versions import RuleVersion
from tests.alerts.sample import RULES

FLOOD = replace(RULES["flood.road"], version="v1", author="Li Na", text="id: flood.road")


def test_each_version_is_entered_once(engine: Engine) -> None:
    """When it first ran stays; a new version comes before it; other rules have their own."""
    newer = replace(FLOOD, version="v2", author="", text="for: 5m")
    for at_ms, rules in enumerate(([FLOOD], [FLOOD], [newer, RULES["waste.full"]], [FLOOD]), start=1):
        with engine.begin() as connection:
            rule_versions.record(connection, rules, at_ms)

    with reading(engine) as connection:
        assert rule_versions.of_rule(connection, "flood.road") == [
            RuleVersion("flood.road", "v2", "", 3, "for: 5m"),
            RuleVersion("flood.road", "v1", "Li Na", 1, "id: flood.road"),
        ]
        assert rule_versions.of_rule(connection, "never.ran") == []
