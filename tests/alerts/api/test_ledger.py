"""`/api/v1/ledger` and `/api/v1/deadletters`."""

from __future__ import annotations

from sqlalchemy import Engine, insert

from alerts.cases.workflow import Role
from alerts.store.tables import DEAD_LETTERS, LEDGER
from tests.alerts.api.conftest import HOUR_MS, Client
from tests.alerts.sample import NINE_MS

BALANCED = {
    "frames": 10,
    "acknowledged": 10,
    "received": 12,
    "stored": 9,
    "duplicate": 1,
    "refused": 1,
    "dead_lettered": 1,
}


def test_ledger(client: Client, engine: Engine) -> None:
    """Newest hour first; a row that does not add up says so, and so do the totals."""
    with engine.begin() as connection:
        rows = [
            {"source": "mqtt", "hour_ms": NINE_MS, **BALANCED},
            {"source": "mqtt", "hour_ms": NINE_MS + HOUR_MS, **BALANCED, "stored": 8},
        ]
        connection.execute(insert(LEDGER), rows)

    body = client(Role.VIEWER).get("/api/v1/ledger").json()

    assert [(one["hour_ms"], one["balanced"]) for one in body["items"]] == [
        (NINE_MS + HOUR_MS, False),
        (NINE_MS, True),
    ]
    assert (body["totals"]["received"], body["totals"]["stored"], body["totals"]["balanced"]) == (24, 17, False)


def test_empty_ledger_is_balanced(client: Client) -> None:
    """Nothing received, nothing missing."""
    body = client(Role.VIEWER).get("/api/v1/ledger").json()

    assert (body["items"], body["totals"]["balanced"]) == ([], True)


def test_dead_letters(client: Client, engine: Engine) -> None:
    """Grouped by reason, the most frequent first; a long payload is cut; what was re-driven is gone."""
    letter = {
        "source": "mqtt",
        "topic": "wangge/x/up/wl-1",
        "payload": b"\xff" * 5000,
        "stage": "decode",
        "reason": "not_json",
        "detail": "the payload is not JSON",
        "first_received_at_ms": NINE_MS,
        "last_received_at_ms": NINE_MS,
        "times": 3,
        "redriven_at_ms": None,
    }
    rows = [
        {"id": "1", **letter},
        {"id": "2", **letter, "times": 1, "stage": "normalise", "reason": "unit"},
        {"id": "3", **letter, "redriven_at_ms": NINE_MS},
    ]
    with engine.begin() as connection:
        connection.execute(insert(DEAD_LETTERS), rows)
    viewer = client(Role.VIEWER)

    body = viewer.get("/api/v1/deadletters").json()
    unit = viewer.get("/api/v1/deadletters", params={"reason": "unit"}).json()

    assert [(one["reason"], one["letters"], one["times"]) for one in body["by_reason"]] == [
        ("not_json", 1, 3),
        ("unit", 1, 1),
    ]
    assert (body["items"][0]["payload_bytes"], len(body["items"][0]["payload_b64"])) == (5000, 5464)
    assert [one["id"] for one in unit["items"]] == ["2"]
