"""People who may log in: name, password (argon2id), role, and the crew of those who are of one."""

from __future__ import annotations

import functools
import re

import argon2
import msgspec
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, select, update

from alerts.cases.workflow import SYSTEM, Role
from alerts.errors import AlertsError, Conflict, NotFound
from alerts.model import Actor
from alerts.store import rows
from alerts.store.statements import insert_new
from alerts.store.tables import USERS

SHORTEST_PASSWORD = 10
_HASHER = argon2.PasswordHasher()  # argon2id, the parameters that RFC 9106 (4) recommends second
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class UserRefused(AlertsError):  # noqa: N818 - as MoveRefused: the person's wish is refused
    """A user cannot be as asked for; the text says what is missing."""


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A person, without the password's hash."""

    name: str
    role: Role
    crew: str | None
    disabled: bool
    created_at_ms: int

    @property
    def actor(self) -> Actor:
        """The person as one who acts."""
        return Actor(name=self.name, role=self.role, crew=self.crew)


def create(
    connection: Connection, name: str, password: str, role: Role, *, now_ms: int, crew: str | None = None
) -> User:
    """Add a person; raises UserRefused (name, password, role or crew) or Conflict (there is one of that name)."""
    if _NAME.fullmatch(name) is None:
        raise UserRefused(f"{name!r} is no user name: use 1 to 64 of a-z, 0-9, point, dash, underscore")
    if name in SYSTEM:
        raise UserRefused(f"{name!r} names a part of the system: choose another name")
    _check(role, crew)
    values = {"name": name, "password_hash": _hashed(password), "role": role.value, "crew": crew}
    if connection.execute(insert_new(connection, USERS), values | {"created_at_ms": now_ms}).rowcount != 1:
        raise Conflict(f"there is a user {name!r} already")
    return User(name=name, role=role, crew=crew, disabled=False, created_at_ms=now_ms)


def get(connection: Connection, name: str) -> User | None:
    """Return the person of this name, or None."""
    return next((user for user in _users(connection, name)), None)


def everybody(connection: Connection) -> tuple[User, ...]:
    """Return all people by name."""
    return _users(connection, None)


def verify(connection: Connection, name: str, password: str) -> User | None:
    """Return the person whose name and password these are; None if they are not, or the person is disabled.

    An unknown name takes as long as a wrong password. Nothing is written (`refresh_hash` does).
    """
    found = _hash_of(connection, name)
    try:
        _HASHER.verify(found or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return None
    user = get(connection, name)
    return None if user is None or user.disabled else user


def refresh_hash(connection: Connection, name: str, password: str) -> bool:
    """Hash a verified password anew if its hash has older parameters than today's; return whether it had."""
    found = _hash_of(connection, name)
    if found is None or not _HASHER.check_needs_rehash(found):
        return False
    _set(connection, name, password_hash=_HASHER.hash(password))
    return True


def set_password(connection: Connection, name: str, password: str) -> None:
    """Give a person another password; raises UserRefused or NotFound. Sessions are not ended (`sessions.end_all`)."""
    _set(connection, name, password_hash=_hashed(password))


def set_role(connection: Connection, name: str, role: Role, *, crew: str | None = None) -> None:
    """Give a person another role (and crew); raises UserRefused or NotFound."""
    _check(role, crew)
    _set(connection, name, role=role.value, crew=crew)


def set_disabled(connection: Connection, name: str, *, disabled: bool) -> None:
    """Lock a person out, or let them in again; raises NotFound."""
    _set(connection, name, disabled=disabled)


def _check(role: Role, crew: str | None) -> None:
    if role in SYSTEM:
        raise UserRefused(f"{role} is a part of the system, not a role of people")
    if (role is Role.CREW) != (crew is not None):
        raise UserRefused("the role crew, and only that, belongs to a crew: name it")


def _hashed(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise UserRefused(f"the password is too short: use at least {SHORTEST_PASSWORD} characters")
    return _HASHER.hash(password)


@functools.cache
def _nobody() -> str:
    return _HASHER.hash("the password of nobody")


def _hash_of(connection: Connection, name: str) -> str | None:
    query = select(USERS.c.password_hash).where(USERS.c.name == name)
    found: str | None = connection.execute(query).scalar_one_or_none()
    return found


def _set(connection: Connection, name: str, **values: object) -> None:
    if connection.execute(update(USERS).where(USERS.c.name == name).values(values)).rowcount != 1:
        raise NotFound(f"there is no user {name!r}")


def _users(connection: Connection, name: str | None) -> tuple[User, ...]:
    query = select(*(USERS.c[field] for field in User.__struct_fields__)).order_by(USERS.c.name)
    if name is not None:
        query = query.where(USERS.c.name == name)
    return tuple(rows.all_of(connection, query, User))
