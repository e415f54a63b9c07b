"""`/health/live`, `/health/ready`, `/metrics`."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from alerts.store import meta
from alerts.store.tables import METADATA
from tests.alerts.api.conftest import Client, StandingClock
from tests.alerts.sample import NINE_MS


def beat(engine: Engine, **said: object) -> None:
    """Let the pipeline give a sign of life at nine."""
    heartbeat = {"at_wall_ms": NINE_MS, "connected": True, "epoch": 7, "frames_per_s": 12.5} | said
    with engine.begin() as connection:
        meta.put(connection, "pipeline", heartbeat)


def test_live(client: Client) -> None:
    """The process answers, whatever the rest does."""
    assert client(None).get("/health/live").json() == {"live": True}


def test_ready(client: Client, engine: Engine) -> None:
    """Everything is there."""
    beat(engine)

    answer = client(None).get("/health/ready")

    assert answer.status_code == 200
    assert {one["name"]: one["ok"] for one in answer.json()["parts"]} == dict.fromkeys(
        ("database", "schema", "pipeline", "files"), True
    )


@pytest.mark.parametrize(
    "said, later_ms, detail",
    [
        ({}, 31_000, "last sign of life 31.0 s ago, epoch 7"),
        ({"connected": False}, 0, "is not connected to the broker (last sign of life 0.0 s ago, epoch 7)"),
        (
            {"connected": False, "problem": "west: a:1883 cannot be reached"},
            0,
            "is not connected to the broker: west: a:1883 cannot be reached (last sign of life 0.0 s ago, epoch 7)",
        ),
        ({"at_wall_ms": "soon"}, 0, "has never given a sign of life: start `wangge run`"),
    ],
)
def test_pipeline_is_missing(
    client: Client, engine: Engine, clock: StandingClock, said: dict[str, object], later_ms: int, detail: str
) -> None:
    """Silent, without its broker, or never started: the part is named, and why."""
    beat(engine, **said)
    clock.ms += later_ms

    answer = client(None).get("/health/ready")

    assert answer.status_code == 503
    assert answer.json()["parts"][2] == {"name": "pipeline", "ok": False, "detail": detail}


def test_schema_is_missing(client: Client, engine: Engine) -> None:
    """A database without tables answers, but it is not ready."""
    METADATA.drop_all(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")

    parts = {one["name"]: one["ok"] for one in client(None).get("/health/ready").json()["parts"]}

    assert parts == {"database": True, "schema": False, "pipeline": False, "files": False}


def test_metrics(client: Client) -> None:
    """The text format of Prometheus."""
    answer = client(None).get("/metrics")

    assert answer.headers["Content-Type"].startswith("text/plain")
    assert "# TYPE python_info gauge" in answer.text
