"""Users, sessions and the audit log."""

from __future__ import annotations

import argon2
import pytest
from sqlalchemy import Connection, update

from alerts.cases.workflow import Role
from alerts.errors import Conflict, NotFound
from alerts.store import audit, sessions, users
from alerts.store.tables import USERS
from alerts.store.users import UserRefused
from tests.alerts.conftest import Rows

PASSWORD = "a long enough one"  # noqa: S105 - a test's


def _wang(connection: Connection) -> users.User:
    return users.create(connection, "wang", PASSWORD, Role.OPERATOR, now_ms=1)


def test_create_and_verify(connection: Connection, rows: Rows) -> None:
    """A person logs in with the password, and the store does not have it."""
    created = _wang(connection)

    assert users.verify(connection, "wang", PASSWORD) == created
    assert str(rows("users")[0]["password_hash"]).startswith("$argon2id$")


@pytest.mark.parametrize("name, password", [("wang", "another one, wrong"), ("nobody", PASSWORD), ("wang", "")])
def test_verify_refuses(connection: Connection, name: str, password: str) -> None:
    """Wrong password, unknown name, empty password: nobody."""
    _wang(connection)

    assert users.verify(connection, name, password) is None


def test_verify_refuses_the_disabled(connection: Connection) -> None:
    """Who was locked out stays out, and may be let in again."""
    _wang(connection)
    users.set_disabled(connection, "wang", disabled=True)
    assert users.verify(connection, "wang", PASSWORD) is None

    users.set_disabled(connection, "wang", disabled=False)

    assert users.verify(connection, "wang", PASSWORD) is not None


def test_verify_a_damaged_hash(connection: Connection) -> None:
    """A hash that is none lets nobody in and breaks nothing."""
    _wang(connection)
    connection.exec_driver_sql("UPDATE users SET password_hash = 'x'")

    assert users.verify(connection, "wang", PASSWORD) is None


@pytest.mark.parametrize(
    "name, password, role, crew, expected",
    [
        # names are plain
        ("Wang Li", PASSWORD, Role.OPERATOR, None, "'Wang Li' is no user name: use 1 to 64 of a-z"),
        ("", PASSWORD, Role.OPERATOR, None, "'' is no user name"),
        # nobody is called like a part of the system: the log would lie
        ("sensor", PASSWORD, Role.OPERATOR, None, "'sensor' names a part of the system: choose another name"),
        # nor is a part of the system
        ("wang", PASSWORD, Role.SENSOR, None, "sensor is a part of the system, not a role of people"),
        # passwords are long
        ("wang", "short", Role.OPERATOR, None, "the password is too short: use at least 10 characters"),
        # a crew's user has a crew, others have none
        ("wang", PASSWORD, Role.CREW, None, "the role crew, and only that, belongs to a crew: name it"),
        ("wang", PASSWORD, Role.VIEWER, "drainage-1", "the role crew, and only that, belongs to a crew: name it"),
    ],
)
def test_create_refuses(
    connection: Connection, name: str, password: str, role: Role, crew: str | None, expected: str
) -> None:
    """What is missing is said, and nobody is added."""
    with pytest.raises(UserRefused) as caught:
        users.create(connection, name, password, role, now_ms=1, crew=crew)

    assert str(caught.value).startswith(expected)
    assert users.everybody(connection) == ()


def test_create_twice(connection: Connection) -> None:
    """A name is taken once."""
    _wang(connection)

    with pytest.raises(Conflict, match="there is a user 'wang' already"):
        _wang(connection)


def test_set_role_and_password(connection: Connection) -> None:
    """A person changes to a crew and to another password."""
    _wang(connection)
    users.set_role(connection, "wang", Role.CREW, crew="drainage-1")
    users.set_password(connection, "wang", "quite another one")

    found = users.verify(connection, "wang", "quite another one")

    assert found is not None
    assert (found.role, found.crew, found.actor.crew) == (Role.CREW, "drainage-1", "drainage-1")
    assert users.verify(connection, "wang", PASSWORD) is None


def test_changing_nobody(connection: Connection) -> None:
    """A person who is not there cannot be changed."""
    with pytest.raises(NotFound, match="there is no user 'nobody'"):
        users.set_disabled(connection, "nobody", disabled=True)


def test_refresh_hash(connection: Connection, rows: Rows) -> None:
    """A hash of older parameters is made anew at the next login; one of today's is left alone."""
    _wang(connection)
    old = argon2.PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(PASSWORD)
    connection.execute(update(USERS).values(password_hash=old))

    assert users.refresh_hash(connection, "wang", PASSWORD)
    assert rows("users")[0]["password_hash"] != old
    assert not users.refresh_hash(connection, "wang", PASSWORD)
    assert users.verify(connection, "wang", PASSWORD) is not None


def test_session(connection: Connection, rows: Rows) -> None:
    """A session is found by its token until it ends; the store knows the token's digest alone."""
    _wang(connection)
    opened = sessions.create(connection, "wang", now_ms=10, lifetime_ms=100)

    found = sessions.find(connection, opened.token, now_ms=109)

    assert found is not None
    assert (found.user, found.role, found.csrf, found.expires_at_ms) == ("wang", Role.OPERATOR, opened.csrf, 110)
    assert opened.token not in str(rows("sessions"))
    assert sessions.live(connection, now_ms=109) == {sessions.identity_of(opened.token)}
    assert sessions.find(connection, opened.token, now_ms=110) is None
    assert sessions.find(connection, "another", now_ms=10) is None


def test_session_follows_the_role_and_ends_with_the_user(connection: Connection) -> None:
    """A change of role holds at once; a disabled user's session is no session."""
    _wang(connection)
    token = sessions.create(connection, "wang", now_ms=10, lifetime_ms=100).token
    users.set_role(connection, "wang", Role.VIEWER)
    found = sessions.find(connection, token, now_ms=20)
    assert found is not None
    assert found.role is Role.VIEWER

    users.set_disabled(connection, "wang", disabled=True)

    assert sessions.find(connection, token, now_ms=20) is None
    assert sessions.live(connection, now_ms=20) == frozenset()


def test_sessions_end(connection: Connection, rows: Rows) -> None:
    """One is ended by its token, all of a user together, old ones by the clock."""
    _wang(connection)
    tokens = [sessions.create(connection, "wang", now_ms=start, lifetime_ms=100).token for start in (0, 10, 20)]
    assert len(set(tokens)) == 3

    sessions.end(connection, tokens[2])
    assert len(rows("sessions")) == 2
    sessions.purge(connection, now_ms=105)
    assert len(rows("sessions")) == 1
    sessions.end_all(connection, "wang")

    assert rows("sessions") == []


@pytest.fixture
def trail(connection: Connection) -> Connection:
    """Return a connection with three audited deeds."""
    for number in (1, 2, 3):
        audit.append(
            connection, now_ms=number, actor="wang", action="case.file", object=f"case {number}", detail={"n": number}
        )
    return connection


def test_audit_chain_holds(trail: Connection, rows: Rows) -> None:
    """Each row is chained to the one before."""
    found = rows("audit")

    assert audit.verify(trail) is None
    assert [row["previous_hash"] for row in found] == ["0" * 64, found[0]["hash"], found[1]["hash"]]
    assert found[0]["detail"] == '{"n":1}'


@pytest.mark.parametrize(
    "damage, expected",
    [
        # somebody else did it
        ("UPDATE audit SET actor = 'li' WHERE id = 2", 2),
        # it was another time
        ("UPDATE audit SET at_ms = 99 WHERE id = 1", 1),
        # it never happened
        ("DELETE FROM audit WHERE id = 2", 3),
        # it began later
        ("DELETE FROM audit WHERE id = 1", 2),
        # with a hash that is made to fit
        ("UPDATE audit SET hash = previous_hash WHERE id = 3", 3),
    ],
)
def test_audit_chain_breaks(trail: Connection, damage: str, expected: int) -> None:
    """What was altered or dropped shows, and where."""
    trail.exec_driver_sql(damage)

    assert audit.verify(trail) == expected
