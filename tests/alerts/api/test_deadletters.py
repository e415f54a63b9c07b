"""`/api/v1/deadletters` and its groups."""

from __future__ import annotations

from sqlalchemy import Engine, insert

from alerts.cases.workflow import Role
from alerts.store import deadletters
from alerts.store.tables import DEAD_LETTERS
from ingest.flow import Letter
from ingest.model import Frame, Refusal
from tests.alerts.api.conftest import HOUR_MS, Client
from tests.alerts.sample import NINE_MS


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
        {"id": "3", **letter, "redriven_at_ms": NINE_MS, "redrives": 1},
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


def refused(payload: bytes, model: str, at_ms: int) -> Letter:
    """Return a letter of a device that names its model."""
    refusal = Refusal(stage="normalise", reason="unit", detail="why", dialect="senml_json", device="a", model=model)
    return Letter(Frame(topic="t", payload=payload, received_at_ms=at_ms, source="mqtt"), refusal)


def test_groups(client: Client, engine: Engine) -> None:
    """Model and firmware are told apart; the trend ends today; what was published again is counted by its fate."""
    letters = [
        refused(b"1", "em@1.0", NINE_MS),
        refused(b"2", "em@1.0", NINE_MS - 48 * HOUR_MS),
        refused(b"3", "em@1.0", NINE_MS),
        refused(b"4", "em@1.1", NINE_MS),
    ]
    with engine.begin() as connection:
        deadletters.add(connection, letters)
        kept = [deadletters.get(connection, deadletters.letter_id(one.frame)) for one in letters]
        deadletters.mark_redriven(connection, [one for one in kept[1:3] if one], NINE_MS)
        deadletters.add(connection, [letters[1]])
    viewer = client(Role.VIEWER)

    groups = viewer.get("/api/v1/deadletters/groups", params={"days": 3}).json()["items"]
    newer = viewer.get("/api/v1/deadletters", params={"model": "em@1.1"}).json()["items"]
    every = viewer.get("/api/v1/deadletters", params={"model": "em", "dialect": "senml_json"}).json()["items"]
    none = viewer.get("/api/v1/deadletters", params={"model": "e"}).json()["items"]

    assert [
        (
            one["model"],
            one["firmware"],
            one["letters"],
            one["times"],
            one["refused_again"],
            one["redriven"],
            one["days"],
        )
        for one in groups
    ] == [("em", "1.0", 2, 3, 1, 1, [1, 0, 2]), ("em", "1.1", 1, 1, 0, 0, [0, 0, 1])]
    assert [one["firmware"] for one in newer] == ["1.1"]
    assert sorted(one["state"] for one in every) == ["refused_again", "waiting", "waiting"]
    assert none == []
