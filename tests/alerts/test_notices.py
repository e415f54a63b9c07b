"""Topics and payloads of notices."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from sqlalchemy import Connection

from alerts import flow, notices
from alerts.context import CaseContext
from alerts.store import alerts, cases, outbox, tasks
from tests.alerts.sample import NINE_MS, fires

KEYS = re.compile(r"^(alert|task): ((?:.|\n)*?)(?=^\w+: |\Z)", re.MULTILINE)


@pytest.fixture
def payloads(connection: Connection, context: CaseContext) -> dict[str, dict[str, object]]:
    """Return the payloads of one flooded road, by `alert` and `task`."""
    flow.apply(connection, [fires("flood.road", "wl-1", NINE_MS)], NINE_MS, context)
    found = outbox.due(connection, NINE_MS)
    return {"alert" if notice.about == "alert" else "task": json.loads(notice.payload) for notice in found}


def test_payloads_have_the_documented_keys(payloads: dict[str, dict[str, object]]) -> None:
    """The docstring lists every key of a payload, and no other."""
    documented = {
        kind: {re.split(r"[ (]", key.strip())[0] for key in re.sub(r"[({][^)}]*[)}]", "", text).split(",")}
        for kind, text in KEYS.findall(notices.__doc__ or "")
    }

    assert {kind: set(payload) for kind, payload in payloads.items()} == documented


def test_topic_has_no_wildcards(connection: Connection, context: CaseContext) -> None:
    """A subject that holds a slash or a wildcard does not change the level or the reach of its topic."""
    flow.apply(connection, [fires("weather.gust", "a/b+#", NINE_MS)], NINE_MS, context)

    (notice,) = outbox.due(connection, NINE_MS)

    assert notice.address == "wangge/xixiangtang/alerts/weather/weather.gust/a_b__"


def test_unnumbered_case_has_a_topic(connection: Connection, context: CaseContext) -> None:
    """A task to look before filing is told under the case's id."""
    flow.apply(connection, [fires("waste.exposed", "bin-1", NINE_MS)], NINE_MS, context)

    addresses = {notice.address for notice in outbox.due(connection, NINE_MS) if notice.about == "case"}

    assert addresses == {"wangge/xixiangtang/tasks/sanitation-2/case-1"}
    assert [task.kind for task in tasks.of_case(connection, 1)] == ["verify_pre_file"]
    assert cases.get(connection, 1) is not None
    assert len(alerts.of_case(connection, 1)) == 1


def test_documentation_names_the_topics() -> None:
    """The page on cases shows where notices go."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "cases.md").read_text(encoding="utf-8")

    assert "`wangge/{site}/tasks/{crew}/{case number}`" in page
