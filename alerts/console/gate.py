"""Stands before every page: whoever has no session goes to the login page, a crew to its own pages.

It refuses by default: a new page needs nothing to be protected. The API protects itself (`alerts.api.security`).
The live connection of a page (a web socket) passes only with a session, and only from pages of this site.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from alerts.api.context import WebContext
from alerts.api.roles import satisfies
from alerts.api.security import Principal, cookie_token, identify
from alerts.cases.workflow import Role
from alerts.console.visit import PRINCIPAL_KEY
from alerts.store.database import reading

_OPEN = ("/api/", "/health/", "/metrics", "/login", "/crew", "/console/static/", "/_nicegui/", "/favicon.ico")
_WEBSOCKET_REFUSED = 1008


class Gate:
    """ASGI middleware; `roles` has the role that each page path begins with (others need a viewer)."""

    def __init__(self, app: ASGIApp, context: WebContext, roles: Mapping[str, Role] | None = None) -> None:
        self._app, self._context, self._roles = app, context, roles or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request pass, or answer it here."""
        if scope["type"] not in {"http", "websocket"} or _is_open(scope["path"]):
            await self._app(scope, receive, send)
            return
        token = cookie_token(scope["headers"])
        principal = await run_in_threadpool(self._identify, token) if token else None
        refusal = self._refusal(scope, principal)
        if refusal is None:
            scope[PRINCIPAL_KEY] = principal
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _WEBSOCKET_REFUSED})
        else:
            await refusal(scope, receive, send)

    def _identify(self, token: str) -> Principal | None:
        with reading(self._context.engine) as connection:
            return identify(connection, token, self._context.wall_ms())

    def _refusal(self, scope: Scope, principal: Principal | None) -> Response | None:
        path: str = scope["path"]
        if principal is None:
            back = path + (f"?{scope['query_string'].decode()}" if scope["query_string"] else "")
            return RedirectResponse(f"/login?next={quote(back)}", status_code=303)
        if principal.role is Role.CREW:
            return RedirectResponse("/crew", status_code=303)
        needed = next((role for begin, role in self._roles.items() if path.startswith(begin)), Role.VIEWER)
        if not satisfies(principal.role, needed):
            return PlainTextResponse(f"the role {principal.role} may not see this page", status_code=403)
        if path.startswith("/_nicegui_ws/") and not _is_same_site(scope):
            return PlainTextResponse("the live connection is for pages of this site", status_code=403)
        return None


def _is_open(path: str) -> bool:
    return any(path == one.rstrip("/") or path.startswith(one if one.endswith("/") else f"{one}/") for one in _OPEN)


def _is_same_site(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")
