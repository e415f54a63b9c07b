"""Tokens of programs that use the API: what each may do, and until when. The store has their SHA-256 only.

A token begins with `wgt_`, so that one that lies where it should not is recognised.
"""

from __future__ import annotations

import enum
import json
import re
import secrets
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select, update

from alerts.errors import AlertsError, Conflict, NotFound
from alerts.store.sessions import identity_of
from alerts.store.statements import insert_new
from alerts.store.tables import API_TOKENS

PREFIX = "wgt_"
_TOKEN_BYTES = 32
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class Scope(enum.StrEnum):
    """What a token may be good for."""

    FRAMES = "frames"  # send frames (POST /api/v1/frames)


class TokenRefused(AlertsError):  # noqa: N818 - as UserRefused: a wish is refused
    """A token cannot be as asked for; the text says what is missing."""


class ApiToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token without its secret. `topics`: MQTT filters; what is sent must match one of them."""

    name: str
    scopes: tuple[Scope, ...]
    topics: tuple[str, ...]
    created_at_ms: int
    expires_at_ms: int
    revoked_at_ms: int | None = None


def create(
    connection: Connection, name: str, scopes: Sequence[Scope], topics: Sequence[str], *, now_ms: int, lifetime_ms: int
) -> str:
    """Make a token and return its secret, which is told once; raises TokenRefused (name) or Conflict (it is taken)."""
    if _NAME.fullmatch(name) is None:
        raise TokenRefused(f"{name!r} is no name of a token: use 1 to 64 of a-z, 0-9, point, dash, underscore")
    if not topics:
        raise TokenRefused("a token that may send to no topic is good for nothing: name one")
    secret = PREFIX + secrets.token_urlsafe(_TOKEN_BYTES)
    row = {
        "name": name,
        "token_hash": identity_of(secret),
        "scopes": " ".join(scopes),
        "topics": json.dumps(list(topics)),
        "created_at_ms": now_ms,
        "expires_at_ms": now_ms + lifetime_ms,
    }
    if connection.execute(insert_new(connection, API_TOKENS), row).rowcount != 1:
        raise Conflict(f"there is a token {name!r} already: revoke it, and give the new one another name")
    return secret


def find(connection: Connection, secret: str, *, now_ms: int) -> ApiToken | None:
    """Return the token of this secret; None if there is none, or it was revoked or has ended."""
    query = select(API_TOKENS).where(
        API_TOKENS.c.token_hash == identity_of(secret),
        API_TOKENS.c.expires_at_ms > now_ms,
        API_TOKENS.c.revoked_at_ms.is_(None),
    )
    row = connection.execute(query).first()
    return None if row is None else _token(row)


def listed(connection: Connection) -> tuple[ApiToken, ...]:
    """Return all tokens by name, also those that are no longer good."""
    return tuple(_token(row) for row in connection.execute(select(API_TOKENS).order_by(API_TOKENS.c.name)))


def revoke(connection: Connection, name: str, *, now_ms: int) -> None:
    """End a token at once; raises NotFound."""
    statement = update(API_TOKENS).where(API_TOKENS.c.name == name).values(revoked_at_ms=now_ms)
    if connection.execute(statement).rowcount != 1:
        raise NotFound(f"there is no token {name!r}")


def _token(row: Row[Any]) -> ApiToken:
    return ApiToken(
        name=row.name,
        scopes=tuple(Scope(word) for word in row.scopes.split()),
        topics=tuple(json.loads(row.topics)),
        created_at_ms=row.created_at_ms,
        expires_at_ms=row.expires_at_ms,
        revoked_at_ms=row.revoked_at_ms,
    )
