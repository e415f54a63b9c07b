"""`/api/v1/ledger`."""

from __future__ import annotations

from sqlalchemy import Engine, insert

from alerts.cases.workflow import Role
from alerts.store.tables import LEDGER
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
