"""The banner about changed files that were not taken over."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, expect

from alerts.cases.workflow import Role
from alerts.store import meta, users
from tests.browser.conftest import PASSWORD, City, log_in, now_ms

pytestmark = [pytest.mark.browser, pytest.mark.network, pytest.mark.slow]
FAULT = "rules/flood.yaml:12:14: 'high' is not a number"


def test_refused_rules_are_told_to_administrators(desk: BrowserContext, city: City) -> None:
    """File, line and since when, on any page, without a reload; it goes when the file is mended."""
    with city.engine.begin() as connection:
        if users.get(connection, "chen") is None:
            users.create(connection, "chen", PASSWORD, Role.ADMINISTRATOR, now_ms=now_ms())
    page = log_in(desk, city, "chen")
    banner = page.get_by_role("alert")
    expect(page.get_by_text("Ledger balanced")).to_be_visible()
    expect(banner).to_be_hidden()

    refused = {"faults": 2, "first": [FAULT, "…"], "since_wall_ms": now_ms()}
    with city.engine.begin() as connection:
        meta.put(connection, "rules", {"refused": refused})
    expect(banner).to_contain_text("Rule files have 2 faults: not taken over since")
    expect(banner).to_contain_text(FAULT)
    page.goto(f"{city.url}/rules")
    expect(banner).to_contain_text(FAULT)

    with city.engine.begin() as connection:
        meta.put(connection, "rules", {})
    expect(banner).to_be_hidden()
