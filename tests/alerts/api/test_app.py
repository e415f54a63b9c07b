"""The interface as a whole: its description, its headers, what it does with what it does not know."""

from __future__ import annotations

import pytest
from fastapi import FastAPI

from alerts.cases.workflow import Role
from tests.alerts.api.conftest import Client


def test_openapi_is_complete(app: FastAPI) -> None:
    """Every operation has a summary, and says which refusals it can answer with, in the one form."""
    described = app.openapi()
    operations = {
        f"{method} {path}": operation
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    }
    guarded = {name: one for name, one in operations.items() if "/api/v1" in name and not name.endswith("/login")}

    assert [name for name, one in operations.items() if not one.get("summary")] == []
    assert [name for name, one in guarded.items() if "401" not in one["responses"]] == []
    assert "ErrorOut" in described["components"]["schemas"]
    assert [name for name, one in guarded.items() if name.startswith("post") and "403" not in one["responses"]] == []


def test_examples_stand_in_the_description(app: FastAPI) -> None:
    """A reader sees what values look like."""
    alert = app.openapi()["components"]["schemas"]["AlertOut"]["properties"]

    assert alert["cell"]["examples"] == ["450107003013001"]


def test_unknown_address(client: Client) -> None:
    """404 in the one form, not a page."""
    answer = client(None).get("/api/v1/nothing/here")

    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


def test_body_too_large(client: Client) -> None:
    """Nobody fills the memory with a login."""
    answer = client(None).post("/api/v1/login", content=b"x" * 1_000_000)

    assert answer.status_code == 413


def test_body_that_is_no_json(client: Client) -> None:
    """Refused in the one form."""
    answer = client(None).post("/api/v1/login", content=b"\xff\xfe")

    assert answer.json()["error"] in {"invalid", "refused"}
    assert answer.status_code in {400, 422}


@pytest.mark.parametrize("path", ["/api/v1/alerts", "/health/live", "/crew/", "/metrics"])
def test_security_headers(client: Client, path: str) -> None:
    """No sniffing, no framing, no other host."""
    headers = client(Role.VIEWER).get(path).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Content-Security-Policy"].startswith("default-src 'self'; img-src")
    assert "unsafe" not in headers["Content-Security-Policy"]


def test_answers_are_not_kept(client: Client) -> None:
    """What the API says now is not what it says later."""
    assert client(Role.VIEWER).get("/api/v1/alerts").headers["Cache-Control"] == "no-store"
