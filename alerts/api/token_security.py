"""Which program asks, and what may it do? One dependency, `requires_scope(Scope…)`, for routes that programs use.

A token of the API (`wangge token create`) is sent as `Authorization: Bearer wgt_…`. It is not a session: it belongs to
no person, opens nothing but its scopes, and ends at its time or when it is revoked.
"""

from __future__ import annotations

from typing import Any

from fastapi import Depends, Request

from alerts.api import context as contexts
from alerts.api.errors import ApiError
from alerts.store import api_tokens
from alerts.store.api_tokens import ApiToken, Scope
from alerts.store.database import reading


class RequiresScope:
    """The dependency; `scope` says what the token must be good for."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def __call__(self, request: Request) -> ApiToken:
        """Return the token, or refuse: 401 unknown or ended, 403 not good for this."""
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        context = contexts.of(request)
        token = None
        if scheme.lower() == "bearer" and secret.strip():
            with reading(context.engine) as connection:
                token = api_tokens.find(connection, secret.strip(), now_ms=context.wall_ms())
        if token is None:
            detail = "send a token of the API as Authorization: Bearer (`wangge token create` makes one)"
            raise ApiError(401, "unauthenticated", detail, headers={"WWW-Authenticate": "Bearer"})
        if self.scope not in token.scopes:
            raise ApiError(403, "forbidden", f"the token {token.name} is not good for {self.scope}")
        return token


def requires_scope(scope: Scope) -> Any:
    """Return the FastAPI dependency that lets only tokens of this scope pass."""
    return Depends(RequiresScope(scope))
