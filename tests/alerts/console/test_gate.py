"""The gate before the pages."""

from __future__ import annotations

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse
from sqlalchemy import Engine

from alerts.api.app import create_app
from alerts.api.context import WebContext
from alerts.api.roles import PEOPLE
from alerts.api.security import COOKIE
from alerts.cases.workflow import Role
from alerts.console.app import PATHS
from alerts.console.gate import Gate
from alerts.console.visit import PRINCIPAL_KEY
from alerts.store import sessions
from tests.alerts.api.conftest import HOUR_MS, NAME_OF
from tests.alerts.api.http import TestClient
from tests.alerts.sample import NINE_MS

ADDRESSES = [path.format(alert_id=1, case_id=1, device_id="wl-1", rule_id="flood.deep") for path in PATHS]


@pytest.fixture
def gated(web: WebContext) -> FastAPI:
    """Return the application with a page at every address of the console, which says who looks."""
    app = create_app(web)

    @app.get("/{rest:path}")
    def page(request: Request, rest: str) -> PlainTextResponse:
        return PlainTextResponse(f"{rest} for {request.scope[PRINCIPAL_KEY].name}")

    app.add_middleware(Gate, context=web, roles={"/ledger": Role.OPERATOR})
    return app


def visitor(app: FastAPI, engine: Engine, role: Role | None) -> TestClient:
    """Return a browser that has logged in with a role."""
    browser = TestClient(app, follow_redirects=False)
    if role is not None:
        with engine.begin() as connection:
            opened = sessions.create(connection, NAME_OF[role], now_ms=NINE_MS, lifetime_ms=HOUR_MS)
        browser.cookies.set(COOKIE, opened.token)
    return browser


@pytest.mark.parametrize("address", [*ADDRESSES, "/a/page/of/tomorrow"])
def test_nobody_sees_a_page(gated: FastAPI, engine: Engine, address: str) -> None:
    """Whoever has no session logs in first and comes back to where they wanted to go."""
    answer = visitor(gated, engine, None).get(address, params={"q": "1"})

    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/login?next={address}%3Fq%3D1"


@pytest.mark.parametrize("role", sorted(set(PEOPLE) - {Role.CREW}))
def test_the_office_sees_pages(gated: FastAPI, engine: Engine, role: Role) -> None:
    """Everybody but a crew, if the page asks for no more."""
    browser = visitor(gated, engine, role)

    assert {browser.get(address).status_code for address in ADDRESSES if address != "/ledger"} == {200}
    assert browser.get("/ledger").status_code == (403 if role is Role.VIEWER else 200)


def test_a_crew_goes_to_its_own_pages(gated: FastAPI, engine: Engine) -> None:
    """A crew has no business on the console."""
    assert visitor(gated, engine, Role.CREW).get("/").headers["Location"] == "/crew"


def test_a_made_up_cookie_is_nobody(gated: FastAPI, engine: Engine) -> None:
    """A token that the store does not know opens nothing."""
    browser = visitor(gated, engine, None)
    browser.cookies.set(COOKIE, "guess")

    assert browser.get("/").status_code == 303


def test_the_live_connection_is_for_our_pages(gated: FastAPI, engine: Engine) -> None:
    """Another site's page that a visitor has open cannot listen in."""
    browser = visitor(gated, engine, Role.VIEWER)
    address = "/_nicegui_ws/socket.io/"

    own = browser.get(address, headers={"Origin": "http://testserver"})
    foreign = browser.get(address, headers={"Origin": "http://evil.example"})

    assert (own.status_code, foreign.status_code) == (200, 403)
    assert visitor(gated, engine, None).get(address).status_code == 303


@pytest.mark.parametrize("address", ["/health/live", "/api/v1/me", "/loginx", "/crewx", "/apix"])
def test_only_the_named_paths_are_open(gated: FastAPI, engine: Engine, address: str) -> None:
    """What begins like an open path is not one."""
    status = visitor(gated, engine, None).get(address).status_code

    assert status == {"/health/live": 200, "/api/v1/me": 401}.get(address, 303)
