"""Sessions of people who have logged in. A token is random and known to its holder alone; the store has its SHA-256."""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, delete, insert, select

from alerts.cases.workflow import Role
from alerts.store import rows
from alerts.store.tables import SESSIONS, USERS

_TOKEN_BYTES = 32


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A session and whose it is; `csrf` must come with every changing request of a browser."""

    user: str
    role: Role
    crew: str | None
    csrf: str
    created_at_ms: int
    expires_at_ms: int


class Opened(NamedTuple):
    """What a new session's holder gets: the token (told once, never stored) and the CSRF word."""

    token: str
    csrf: str


def create(connection: Connection, user: str, *, now_ms: int, lifetime_ms: int) -> Opened:
    """Begin a session of an existing user that ends by itself after `lifetime_ms`."""
    opened = Opened(token=secrets.token_urlsafe(_TOKEN_BYTES), csrf=secrets.token_urlsafe(_TOKEN_BYTES))
    row = {"token_hash": identity_of(opened.token), "user": user, "csrf": opened.csrf}
    connection.execute(insert(SESSIONS).values(**row, created_at_ms=now_ms, expires_at_ms=now_ms + lifetime_ms))
    return opened


def find(connection: Connection, token: str, *, now_ms: int) -> Session | None:
    """Return the session of a token, with the role that its user has now; None if it ended or the user is disabled."""
    query = (
        select(
            SESSIONS.c.user,
            USERS.c.role,
            USERS.c.crew,
            SESSIONS.c.csrf,
            SESSIONS.c.created_at_ms,
            SESSIONS.c.expires_at_ms,
        )
        .join(USERS, USERS.c.name == SESSIONS.c.user)
        .where(
            SESSIONS.c.token_hash == identity_of(token), SESSIONS.c.expires_at_ms > now_ms, USERS.c.disabled.is_(False)
        )
    )
    return rows.one_of(connection, query, Session)


def live(connection: Connection, *, now_ms: int) -> frozenset[str]:
    """Return the identities (`identity_of` their tokens) of all sessions that are good now."""
    query = (
        select(SESSIONS.c.token_hash)
        .join(USERS, USERS.c.name == SESSIONS.c.user)
        .where(SESSIONS.c.expires_at_ms > now_ms, USERS.c.disabled.is_(False))
    )
    return frozenset(connection.execute(query).scalars())


def end(connection: Connection, token: str) -> None:
    """End a session; one that is not there is ended already."""
    connection.execute(delete(SESSIONS).where(SESSIONS.c.token_hash == identity_of(token)))


def end_all(connection: Connection, user: str) -> None:
    """End every session of a user (password or role changed)."""
    connection.execute(delete(SESSIONS).where(SESSIONS.c.user == user))


def purge(connection: Connection, *, now_ms: int) -> None:
    """Delete the sessions whose time is over."""
    connection.execute(delete(SESSIONS).where(SESSIONS.c.expires_at_ms <= now_ms))


def identity_of(token: str) -> str:
    """Return what the store knows a token by: its SHA-256 in hexadecimal."""
    return sha256(token.encode()).hexdigest()
