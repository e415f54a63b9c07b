"""Logging in and out, sessions, CSRF, and what stops guessing."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, select

from alerts.api.attempts import MAX_FAILURES, WINDOW_MS
from alerts.api.security import COOKIE, SESSION_MS
from alerts.cases.workflow import Role
from alerts.store import users
from alerts.store.tables import AUDIT, SESSIONS
from tests.alerts.api.conftest import CREW, PASSWORD, Client, StandingClock
from tests.alerts.api.http import TestClient


def log_in(client: TestClient, name: str = "wang", password: str = PASSWORD) -> dict[str, str]:
    """Log in and return the answer."""
    answer = client.post("/api/v1/login", json={"name": name, "password": password})
    body: dict[str, str] = answer.json()
    return {"status": str(answer.status_code), **body}


def test_login_gives_a_token(client: Client) -> None:
    """The token opens what the role may see."""
    nobody = client(None)
    told = log_in(nobody, "li")
    nobody.cookies.clear()

    me = nobody.get("/api/v1/me", headers={"Authorization": f"Bearer {told['token']}"})

    assert told["role"] == "crew"
    assert told["crew"] == CREW
    assert me.json() == {"name": "li", "role": "crew", "crew": CREW, "csrf": told["csrf"]}


def test_login_keeps_no_token(client: Client, engine: Engine) -> None:
    """What stands in the database cannot be used to log in."""
    told = log_in(client(None))

    with engine.connect() as connection:
        stored = connection.execute(select(SESSIONS.c.token_hash)).scalar_one()
        actions = connection.execute(select(AUDIT.c.action)).scalars().all()

    assert told["token"] not in stored
    assert actions == ["user.login"]


@pytest.mark.parametrize("name, password", [("wang", "not the password"), ("nobody", PASSWORD)])
def test_login_refuses(client: Client, name: str, password: str) -> None:
    """A wrong password and an unknown name get the same answer."""
    told = log_in(client(None), name, password)

    assert told == {"status": "401", "error": "wrong_password", "detail": "name or password is wrong"}


def test_login_refuses_the_disabled(client: Client, engine: Engine) -> None:
    """Who was locked out cannot come in, and a session that was open ends."""
    wang = client(Role.OPERATOR)
    with engine.begin() as connection:
        users.set_disabled(connection, "wang", disabled=True)

    assert log_in(client(None))["status"] == "401"
    assert wang.get("/api/v1/me").status_code == 401


def test_login_slows_guessing_down(client: Client, clock: StandingClock) -> None:
    """After several failures the right password has to wait as well; then it is let in."""
    nobody = client(None)
    for _ in range(MAX_FAILURES):
        assert log_in(nobody, password="a guess")["status"] == "401"  # noqa: S106 - wrong on purpose

    refused = nobody.post("/api/v1/login", json={"name": "wang", "password": PASSWORD})
    clock.ms += WINDOW_MS

    assert refused.status_code == 429
    assert refused.json()["error"] == "too_many_logins"
    assert refused.headers["Retry-After"] == "300"
    assert log_in(nobody)["status"] == "200"


def test_session_ends_by_itself(client: Client, clock: StandingClock) -> None:
    """After a shift, log in again."""
    nobody = client(None)
    log_in(nobody)
    clock.ms += SESSION_MS

    answer = nobody.get("/api/v1/me")

    assert answer.status_code == 401
    assert answer.json()["error"] == "unauthenticated"


def test_cookie_needs_the_csrf_token_to_change(client: Client) -> None:
    """A cookie alone reads; to change something the page's own word is needed."""
    browser = client(None)
    told = log_in(browser)

    reading = browser.get("/api/v1/alerts")
    without = browser.post("/api/v1/logout")
    wrong = browser.post("/api/v1/logout", headers={"X-CSRF-Token": "guess"})
    right = browser.post("/api/v1/logout", headers={"X-CSRF-Token": told["csrf"]})

    assert [one.status_code for one in (reading, without, wrong, right)] == [200, 403, 403, 204]
    assert without.json()["error"] == "csrf"
    assert browser.get("/api/v1/me").status_code == 401


def test_cookie_is_out_of_reach_of_scripts(client: Client) -> None:
    """HttpOnly, SameSite, for the whole site, as long as the session."""
    answer = client(None).post("/api/v1/login", json={"name": "wang", "password": PASSWORD})

    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert {"HttpOnly", "Path=/", "SameSite=lax", f"Max-Age={SESSION_MS // 1000}"} <= set(cookie.split("; "))


def test_cookie_by_https_stays_with_https(client: Client) -> None:
    """Where the browser came by https, the cookie never travels in the open."""
    browser = client(None)
    browser.base_url = "https://testserver"

    answer = browser.post("/api/v1/login", json={"name": "wang", "password": PASSWORD})

    assert "Secure" in answer.headers["set-cookie"].split("; ")


def test_bearer_needs_no_csrf_token(client: Client) -> None:
    """A program sends its token itself; nobody else can make it."""
    assert client(Role.OPERATOR).post("/api/v1/logout").status_code == 204
