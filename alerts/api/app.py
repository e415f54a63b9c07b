"""Puts the HTTP interface together: API, health, metrics, crew pages; `alerts.console.app` mounts the console on it."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI

from alerts.api import (
    alerts,
    cases,
    cells,
    deadletters,
    drift,
    errors,
    frames,
    health,
    ledger,
    login,
    observations,
    reloads,
    rules,
    tasks,
    unknown,
)
from alerts.api.attempts import Attempts
from alerts.api.context import WebContext
from alerts.api.errors import ApiError
from alerts.api.headers import SecurityHeaders
from alerts.crew import pages as crew

_DESCRIPTION = """
Alerts, cases, tasks and observations of a Wangge site. Log in at `/api/v1/login`, then send
`Authorization: Bearer TOKEN`. Times are milliseconds since 1970-01-01T00:00:00Z. Every refusal has the body
`{"error": reason word, "detail": sentence}`; 409 `conflict` also carries the current `version`.
"""
_LARGEST_BODY = 256 * 1024  # bytes
RESOURCES = (
    login,
    alerts,
    cases,
    tasks,
    unknown,
    observations,
    cells,
    rules,
    reloads,
    ledger,
    deadletters,
    drift,
    frames,
)


def create_app(context: WebContext) -> FastAPI:
    """Return the application; nothing is opened or started here."""
    app = FastAPI(
        title="Wangge",
        version="1",
        description=_DESCRIPTION,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # its pages would load their scripts from another host
        redoc_url=None,
        max_body_size=_LARGEST_BODY,
    )
    app.state.context = context
    app.state.attempts = Attempts()
    app.state.intake = frames.Intake()
    errors.install(app)
    api = APIRouter(prefix="/api/v1")
    for resource in RESOURCES:
        api.include_router(resource.router)
    app.include_router(api)
    app.include_router(health.router)
    crew.mount(app)
    app.add_api_route("/api/{rest:path}", _unknown, include_in_schema=False, methods=["GET", "POST", "PUT", "DELETE"])
    app.add_middleware(SecurityHeaders)
    return app


def _unknown(rest: str) -> None:
    raise ApiError(404, "not_found", f"/api/{rest} does not exist")
