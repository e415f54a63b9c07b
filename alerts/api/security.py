"""Who asks, and may they? One dependency, `requires(Role…)`, stands in every route that is not public.

A person is known by a session token, sent as `Authorization: Bearer TOKEN` (programs) or in the cookie of the browser.
A browser sends its cookie with any request that another site makes it send, so a *changing* request by cookie must
also carry the session's CSRF token in `X-CSRF-Token`, which only our own pages know.
"""

from __future__ import annotations

import dataclasses
import hmac
from http.cookies import SimpleCookie
from typing import Any

from fastapi import Depends, Request
from sqlalchemy import Connection

from alerts.api import context as contexts
from alerts.api.errors import ApiError
from alerts.api.roles import satisfies
from alerts.cases.workflow import Role
from alerts.model import Actor
from alerts.store import sessions
from alerts.store.database import reading

COOKIE = "wangge_session"
CSRF_HEADER = "X-CSRF-Token"
SESSION_MS = 12 * 3_600_000  # one shift
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A person who has logged in; `token` and `csrf` are secrets of the session."""

    name: str
    role: Role
    crew: str | None
    csrf: str = dataclasses.field(repr=False)
    token: str = dataclasses.field(repr=False)

    @property
    def actor(self) -> Actor:
        """The person as the alerts stage knows them."""
        return Actor(name=self.name, role=self.role, crew=self.crew)


class Requires:
    """The dependency; `roles` says which roles may pass (the test that walks all routes reads it)."""

    def __init__(self, *roles: Role) -> None:
        self.roles = roles

    def __call__(self, request: Request) -> Principal:
        """Return who asks, or refuse: 401 unknown, 403 known but not allowed or without CSRF token."""
        token, by_cookie = _token(request)
        if token is None:
            raise ApiError(401, "unauthenticated", "log in first", headers={"WWW-Authenticate": "Bearer"})
        context = contexts.of(request)
        with reading(context.engine) as connection:
            principal = identify(connection, token, context.wall_ms())
        if principal is None:
            raise ApiError(
                401,
                "unauthenticated",
                "the session is not known or has ended: log in again",
                headers={"WWW-Authenticate": "Bearer"},
            )
        if not satisfies(principal.role, *self.roles):
            needed = " or ".join(self.roles)
            raise ApiError(403, "forbidden", f"the role {principal.role} may not do this: it takes {needed}")
        if by_cookie and request.method not in _SAFE_METHODS:
            sent = request.headers.get(CSRF_HEADER, "")
            if not hmac.compare_digest(sent.encode(), principal.csrf.encode()):
                raise ApiError(403, "csrf", f"a changing request by cookie must carry {CSRF_HEADER}")
        return principal


def requires(*roles: Role) -> Any:
    """Return the FastAPI dependency that lets only these roles (and those above them) pass."""
    return Depends(Requires(*roles))


def identify(connection: Connection, token: str, now_ms: int) -> Principal | None:
    """Return whose session this token is, unless it ended or its user was disabled."""
    session = sessions.find(connection, token, now_ms=now_ms)
    if session is None:
        return None
    return Principal(name=session.user, role=session.role, crew=session.crew, csrf=session.csrf, token=token)


def cookie_token(headers: list[tuple[bytes, bytes]]) -> str | None:
    """Return the session token in the cookies of raw ASGI headers."""
    for name, value in headers:
        if name == b"cookie":
            morsel = SimpleCookie(value.decode("latin-1")).get(COOKIE)
            if morsel is not None and morsel.value:
                return morsel.value
    return None


def _token(request: Request) -> tuple[str | None, bool]:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip(), False
    return request.cookies.get(COOKIE) or None, True
