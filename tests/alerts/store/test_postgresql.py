"""What only a server can do to us: refuse, go away, make writers wait; and what its texts cannot hold."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import URL, Engine, make_url

from alerts.errors import StoreError
from alerts.store import deadletters, meta, postgresql, turn
from alerts.store.database import check_schema, migrate, open_database, reading
from alerts.store.tables import META, METADATA
from deploy.services.run.postgresql import PostgreSql
from ingest.flow import Letter
from ingest.model import Frame, Refusal
from tests.alerts.databases import emptied


@pytest.fixture
def url(server_url: str) -> URL:
    """Return the URL of the database on the server."""
    return make_url(server_url)


@pytest.fixture
def empty(postgresql: PostgreSql) -> Iterator[Engine]:
    """Return a database without tables."""
    engine = open_database(postgresql.create("empty"))
    yield engine
    engine.dispose()


def _opened(url: URL, setting: str) -> Engine:
    """Return the database with a setting of the server for our sessions."""
    asked = url.update_query_dict({"options": f"-c {setting}"})
    return open_database(asked.render_as_string(hide_password=False))


@pytest.mark.external
def test_migrate_equals_metadata(server: Engine) -> None:
    """The migrations end in exactly the tables that the code declares."""
    with reading(server) as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


@pytest.mark.external
def test_several_migrate_at_once(empty: Engine) -> None:
    """Workers that start together do not get in each other's way: one makes the tables, the others find them."""
    with pytest.raises(StoreError, match=r"PostgreSQL database empty at 127\.0\.0\.1:\d+ has no tables yet, not \d{4}"):
        check_schema(empty)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrate, [empty] * 4))

    check_schema(empty)


@pytest.mark.external
def test_migrate_is_all_or_nothing(empty: Engine) -> None:
    """A migration that fails half-way leaves an empty database."""
    with empty.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE users (wrong INTEGER)")

    with pytest.raises(sqlalchemy.exc.ProgrammingError, match='relation "users" already exists'):
        migrate(empty)

    assert sqlalchemy.inspect(empty).get_table_names() == ["users"]


@pytest.mark.external
@pytest.mark.parametrize(
    "change, retryable, expected",
    [
        # nobody listens there
        ({"port": 1}, True, "at 127.0.0.1:1 cannot be reached: Connection refused"),
        # nor is there such a machine
        ({"host": "nowhere.invalid"}, True, "cannot be reached: failed to resolve host 'nowhere.invalid'"),
        # the server does not know us
        ({"password": "hush"}, False, "refuses the user or the password: see to both in the URL"),
        ({"password": ""}, False, "refuses the user or the password: see to both in the URL"),
        ({"username": "nobody"}, False, "refuses the user or the password: see to both in the URL"),
        # or has nothing for us
        ({"database": "nothing"}, False, "does not exist: create it with ENCODING 'UTF8', or name another"),
        # the URL asks for what there is not
        (
            {"query": {"sslmode": "require"}},
            True,
            "cannot be reached: server does not support SSL, but SSL was required",
        ),
        ({"query": {"speed": "high"}}, False, 'cannot be used: invalid connection option "speed"'),
    ],
)
def test_open_fails(url: URL, change: dict[str, object], expected: str, *, retryable: bool) -> None:
    """What is wrong is told in one line that holds no password, with whether waiting can help."""
    asked = url.set(**change)  # type: ignore[arg-type]  # a part of the URL by its name

    with pytest.raises(StoreError) as caught:
        open_database(asked.render_as_string(hide_password=False))

    told = str(caught.value)
    assert told.startswith("PostgreSQL database ")
    assert expected in told
    assert "\n" not in told
    assert caught.value.retryable is retryable
    assert "hush" not in told
    assert str(url.password) not in told


@pytest.mark.external
def test_open_a_database_of_another_encoding(postgresql: PostgreSql) -> None:
    """A database that cannot keep Chinese is refused at the start, not at the first case."""
    with psycopg.connect(postgresql.url().replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS latin")
        connection.execute("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")

    with pytest.raises(StoreError, match=r"database latin at .* is encoded in LATIN1: create it with ENCODING 'UTF8'"):
        open_database(postgresql.url("latin"))


@pytest.mark.parametrize(
    "error, retryable, expected",
    [
        # two transactions wait for each other
        (psycopg.errors.DeadlockDetected(), True, "db had two writers in each other's way: nothing was written"),
        (psycopg.errors.SerializationFailure(), True, "db had two writers in each other's way: nothing was written"),
        # the server has not enough of something
        (psycopg.errors.DiskFull(), True, "db cannot be written: the disk is full"),
        (psycopg.errors.TooManyConnections(), True, "db has no connection left: raise its max_connections"),
        (psycopg.errors.OutOfMemory(), True, "db has run out of memory or of another resource"),
        # it is not what we need
        (psycopg.errors.ReadOnlySqlTransaction(), True, "db is read-only: is this a standby?"),
        (psycopg.errors.InsufficientPrivilege(), False, "db does not allow this to the user: make the user its owner"),
        # it goes or comes
        (psycopg.errors.AdminShutdown(), True, "db is being shut down or started"),
        (
            psycopg.OperationalError("FATAL:  the database system is starting up"),
            True,
            "db is being shut down or start",
        ),
        (psycopg.errors.DatabaseDropped(), False, "db was dropped"),
        # the connection broke
        (psycopg.OperationalError("consuming input failed: EOF detected"), True, "db cannot be reached: EOF detected"),
        (psycopg.OperationalError(""), True, "db cannot be reached: no reason given"),
        # damage needs a person
        (psycopg.errors.DataCorrupted(), False, "db is damaged: restore it from a backup"),
    ],
)
def test_explain(error: Exception, expected: str, *, retryable: bool) -> None:
    """Each fault of the outside is told as what it means, with whether waiting can help."""
    fault = postgresql.explain("db", error)

    assert fault is not None
    assert str(fault).startswith(expected)
    assert fault.retryable is retryable


@pytest.mark.parametrize("error", [psycopg.errors.UndefinedTable(), psycopg.errors.UniqueViolation(), ValueError()])
def test_explain_leaves_mistakes_of_ours_alone(error: Exception) -> None:
    """A wrong statement is no fault of the outside."""
    assert postgresql.explain("db", error) is None


@pytest.mark.external
def test_reading_is_one_snapshot_and_cannot_write(server: Engine) -> None:
    """Two queries of one reader agree, though a writer commits between them; a reader does not write."""
    emptied(server)
    with reading(server) as reader:
        assert reader.execute(sqlalchemy.select(META)).all() == []
        with server.begin() as connection:
            meta.put(connection, "n", 0)
        assert reader.execute(sqlalchemy.select(META)).all() == []
    with reading(server) as reader, pytest.raises(StoreError, match="is read-only"):
        meta.put(reader, "n", 1)
    with server.begin() as connection:
        assert meta.get(connection, "n") == 0


@pytest.mark.external
def test_turn_waits_its_time(server: Engine, url: URL) -> None:
    """Who does not get the turn in time is told to try again; who has it may take it again; its end frees it."""
    impatient = _opened(url, "lock_timeout=100ms")
    with server.begin() as holder:
        turn.take(holder)
        turn.take(holder)
        with pytest.raises(StoreError, match="is locked by another process") as caught, impatient.begin() as other:
            turn.take(other)
    with impatient.begin() as other:
        turn.take(other)
    impatient.dispose()

    assert caught.value.retryable


@pytest.mark.external
def test_a_frozen_transaction_loses_the_turn(server: Engine, url: URL) -> None:
    """A process that stands still inside its transaction is thrown out, and learns that it may try again."""
    frozen = _opened(url, "idle_in_transaction_session_timeout=100ms")
    with pytest.raises(StoreError) as caught:
        _freeze(frozen, server)
    frozen.dispose()

    assert caught.value.retryable


def _freeze(frozen: Engine, server: Engine) -> None:
    with frozen.begin() as holder:
        turn.take(holder)
        with server.begin() as other:
            turn.take(other)  # waits until the server has ended the holder
        meta.put(holder, "n", 1)


@pytest.mark.external
def test_texts_that_the_server_cannot_hold(server: Engine) -> None:
    """NUL and half a surrogate pair are written as escapes instead of failing the transaction of others."""
    emptied(server)
    refusal = Refusal(stage="decode", reason="not_json", detail="a\0b")
    with server.begin() as connection:
        deadletters.add(connection, [Letter(Frame("a/\0", b"\0x", 1000, "mqtt"), refusal)])
        connection.execute(META.insert().values(key="half", value="\ud83d\0"))
        kept = deadletters.listed(connection)
        value = connection.execute(sqlalchemy.select(META.c.value)).scalar_one()

    assert [(one.topic, one.payload, one.detail) for one in kept] == [("a/\\0", b"\0x", "a\\0b")]
    assert value == "\\ud83d\\0"


@pytest.mark.external
@pytest.mark.parametrize("how", ["stop", "kill"])
def test_server_restarts_in_the_middle_of_writing(server: Engine, url: URL, postgresql: PostgreSql, how: str) -> None:
    """A writer is told that it may try again, does so, and goes on: nothing is lost, nothing is half there."""
    durable = emptied(_opened(url, "synchronous_commit=on"))
    faults: list[StoreError] = []
    begun = threading.Event()

    def add() -> None:
        with durable.begin() as connection:
            turn.take(connection)
            number = meta.get(connection, "n") or 0
            begun.set()
            meta.put(connection, "n", number + 1)
            meta.put(connection, uuid.uuid4().hex, number)

    def write() -> None:
        for _ in range(200):
            while True:
                try:
                    add()
                    break
                except StoreError as exc:
                    faults.append(exc)
                    begun.clear()
                    begun.wait(0.05)

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    begun.wait()
    if how == "stop":
        postgresql.process.stop()
    else:
        postgresql.process.kill()
    postgresql.process.start()
    for writer in writers:
        writer.join()

    with reading(durable) as connection:
        count = meta.get(connection, "n")
        rows = connection.execute(sqlalchemy.select(META.c.value).where(META.c.key != "n")).scalars().all()
    durable.dispose()
    assert faults
    assert all(fault.retryable for fault in faults), faults
    assert sorted(map(int, rows)) == list(range(count))
    assert 400 <= count <= 402  # a commit whose answer was lost is done again: whose effects have an identity, once
