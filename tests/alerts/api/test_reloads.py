"""`/api/v1/reloads/refused`: what was changed and not taken over, for those who can mend it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine

from alerts.api.context import WebContext
from alerts.cases.workflow import Role
from alerts.console import live
from alerts.store import meta
from tests.alerts.api.conftest import Client
from tests.alerts.sample import NINE_MS

RULES = {"refused": {"faults": 2, "first": ["a.yaml:3: is wrong", "b.yaml:1: too"], "since_wall_ms": NINE_MS}}
REGISTER = {"refused": {"faults": 1, "first": "devices.csv:9: is wrong"}, "at_wall_ms": NINE_MS}


def note(engine: Engine, **facts: Any) -> None:
    """Note what the pipeline knows of its files."""
    with engine.begin() as connection:
        for key, fact in facts.items():
            meta.put(connection, key, fact)


def test_refused(client: Client, engine: Engine, web: WebContext) -> None:
    """Rules and register, with file and line, and since when; the console's pages know it too."""
    note(engine, rules=RULES, register=REGISTER)
    answer = client(Role.ADMINISTRATOR).get("/api/v1/reloads/refused")

    assert answer.json() == [
        {"what": "rules", "faults": 2, "first": RULES["refused"]["first"], "since_wall_ms": NINE_MS},
        {"what": "register", "faults": 1, "first": ["devices.csv:9: is wrong"], "since_wall_ms": NINE_MS},
    ]
    assert [one.what for one in live.look(web).refused] == ["rules", "register"]
    assert client(Role.DISPATCHER).get("/api/v1/reloads/refused").status_code == 403


@pytest.mark.parametrize("fact", [{}, {"rules": 40}, {"refused": None}, {"refused": {"faults": 1}}, None])
def test_nothing_is_refused(client: Client, engine: Engine, fact: object) -> None:
    """Taken over, or not readable."""
    note(engine, rules=fact)

    assert client(Role.ADMINISTRATOR).get("/api/v1/reloads/refused").json() == []


def test_refused_files_are_told_but_keep_nothing_from_being_ready(client: Client, engine: Engine) -> None:
    """What was before is in force: supervisors are told, and leave us alone; no path of a file is made public."""
    beat = {"at_wall_ms": NINE_MS, "connected": True, "epoch": 7, "frames_per_s": 12.5}
    note(engine, rules=RULES, pipeline=beat)
    answer = client(None).get("/health/ready")

    assert answer.status_code == 200
    assert answer.json()["ready"] is True
    assert answer.json()["parts"][-1] == {
        "name": "files",
        "ok": False,
        "detail": "changed rules have 2 faults and were not taken over 0 s ago: what was before them is in force",
    }
