"""Every route of the application, walked: who may come in, and who may not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from alerts.api.roles import PEOPLE, satisfies
from alerts.api.security import Requires
from alerts.cases.workflow import Role
from tests.alerts.api.conftest import Client

OF_PROGRAMS = {"/api/v1/frames"}  # they ask for a token of the API: test_frames.py
PUBLIC = {
    "/api/v1/login",
    "/health/live",
    "/health/ready",
    "/metrics",
    "/crew",
    "/crew/",
    "/crew/texts.json",
    "/crew/worker.js",
    "/api/{rest:path}",  # answers that there is nothing
}
SAFE = {"GET", "HEAD", "OPTIONS"}


Found = tuple[str, str, tuple[Role, ...]]  # method, path, roles that it asks for


def routes(app: FastAPI) -> list[Found]:
    """Return every route with the roles that its dependency asks for."""
    return [found for route in app.routes for found in _walk(route, "")]


def _walk(route: Any, prefix: str) -> Iterator[Found]:
    if isinstance(route, APIRoute):
        for method in sorted(route.methods or ()):
            yield method, prefix + route.path, roles_of(route.dependant)
    for inner in getattr(getattr(route, "original_router", None), "routes", ()):
        yield from _walk(inner, prefix + route.include_context.prefix)


def roles_of(dependant: Dependant) -> tuple[Role, ...]:
    """Return the roles that the route's dependency asks for."""
    asked: list[Role] = []
    for one in dependant.dependencies:
        if isinstance(one.call, Requires):
            asked += one.call.roles
    return tuple(asked)


def address(path: str) -> str:
    """Return the path with something in its braces."""
    names = {"device_id": "wl-1", "rule_id": "flood.road", "rest": "nothing"}
    return re.sub(r"{(\w+)(:path)?}", lambda found: names.get(found[1], "1"), path)


def test_every_route_but_the_public_ones_asks_for_a_role(app: FastAPI) -> None:
    """A route without a role is a mistake, and so is a public route that nobody knows of."""
    open_to_all = {path for _, path, asked in routes(app) if not asked}

    assert open_to_all == PUBLIC | OF_PROGRAMS


def test_the_walk_sees_every_resource(app: FastAPI) -> None:
    """The walk is worth something only while it finds all the routes that the interface describes."""
    described = {(method.upper(), path) for path, methods in app.openapi()["paths"].items() for method in methods}

    assert described <= {(method, path) for method, path, _ in routes(app)}
    assert {path for method, path in described if method not in SAFE} == {
        "/api/v1/login",
        "/api/v1/logout",
        "/api/v1/frames",
        "/api/v1/deadletters/redrive",
        "/api/v1/alerts/acknowledge",
        "/api/v1/alerts/{alert_id}/acknowledge",
        "/api/v1/alerts/{alert_id}/shelve",
        "/api/v1/alerts/{alert_id}/unshelve",
        "/api/v1/cases/{case_id}/moves",
        "/api/v1/tasks/{task_id}/accept",
        "/api/v1/tasks/{task_id}/start",
        "/api/v1/tasks/{task_id}/done",
        "/api/v1/tasks/{task_id}/return",
    }


def test_nobody_comes_in_without_a_session(app: FastAPI, client: Client) -> None:
    """Every route that is not public refuses who has not logged in, reading or changing."""
    nobody = client(None)

    answers = {
        f"{method} {path}": nobody.request(method, address(path)).status_code
        for method, path, _ in routes(app)
        if path not in PUBLIC
    }

    assert set(answers.values()) == {401}, answers


@pytest.mark.parametrize("role", PEOPLE)
def test_a_role_that_is_not_enough_is_refused(app: FastAPI, client: Client, role: Role) -> None:
    """Each role is refused by each route that asks for another, and by no route that asks for it."""
    person = client(role)

    for method, path, asked in routes(app):
        if not asked or path == "/api/v1/logout":
            continue
        status = person.request(method, address(path)).status_code
        assert (status == 403) == (not satisfies(role, *asked)), f"{role}: {method} {path} answered {status}"


def test_a_viewer_changes_nothing(app: FastAPI, client: Client) -> None:
    """The lowest role may use no changing route but its own logout."""
    viewer = client(Role.VIEWER)

    refused = {
        path: viewer.request(method, address(path)).status_code
        for method, path, _ in routes(app)
        if method not in SAFE and path not in PUBLIC | OF_PROGRAMS | {"/api/v1/logout"}
    }

    assert set(refused.values()) == {403}, refused
