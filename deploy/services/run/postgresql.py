"""PostgreSQL on the loopback: a cluster of its own, password asked for, no Unix socket. It refuses to run as root."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pwd
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from deploy.broker import free_port
from deploy.commands._base import UserError
from deploy.services.cache import Found
from deploy.services.run.process import Process, data_folder, started

USER = "wangge"


@dataclasses.dataclass(frozen=True, slots=True)
class PostgreSql:
    """A running server. `password` is that of the user `wangge`, who may make databases."""

    process: Process
    port: int
    password: str

    def url(self, database: str = "postgres") -> str:
        """Return the SQLAlchemy URL of a database (it holds the password)."""
        return f"postgresql+psycopg://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def create(self, database: str) -> str:
        """Make an empty database, in place of one of that name; return its SQLAlchemy URL."""
        plain = self.url().replace("+psycopg", "")
        name = sql.Identifier(database)
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
            connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
        return self.url(database)


@contextlib.contextmanager
def running(found: Found, folder: Path | None = None, port: int = 0) -> Iterator[PostgreSql]:
    """Run the server and yield it; `folder` keeps data and password (else a temporary one)."""
    port = port or free_port(0)
    user = _plain_user() if os.geteuid() == 0 else None
    with data_folder("postgresql", folder, user) as place:
        password = _initialise(found, place, user)
        command = [found.path, "-D", place / "data", "-p", port]
        command += ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
        fast = signal.SIGINT  # PostgreSQL's fast shutdown; SIGTERM would wait for every client to leave
        ready = [str(found.path.with_name("pg_isready")), "-q", "-h", "127.0.0.1", "-p", str(port)]

        def answers() -> bool:
            return subprocess.run(ready, check=False).returncode == 0  # noqa: S603 - our own arguments

        process = Process("postgresql", list(map(str, command)), place, answers, user=user, stop_signal=fast)
        with started(process):
            yield PostgreSql(process, port, password)


def _initialise(found: Found, place: Path, user: str | None) -> str:
    """Make the cluster of a new folder; return the password of its user."""
    kept = place / "password"
    if kept.exists():
        return kept.read_text(encoding="utf-8")
    initdb = found.path.with_name("initdb")
    if not initdb.exists():
        raise UserError(f"{initdb} is absent: install the Debian package postgresql")
    password = secrets.token_urlsafe(16)
    kept.touch(mode=0o600)
    kept.write_text(password, encoding="utf-8")
    if user is not None:
        shutil.chown(kept, user)
    command: list[str | Path] = [initdb, "-D", place / "data", "-U", USER, "--auth=scram-sha-256", f"--pwfile={kept}"]
    command += ["--encoding=UTF8", "--locale=C", "--no-sync"]
    told = subprocess.run(  # noqa: S603 - our own arguments
        command, cwd=place, user=user, capture_output=True, text=True, check=False
    )
    if told.returncode:
        kept.unlink()
        raise UserError(f"PostgreSQL cannot make {place / 'data'}: {(told.stderr or told.stdout).strip()}")
    return password


def _plain_user() -> str:
    """Return a user that PostgreSQL may run as when we are root."""
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise UserError("PostgreSQL refuses to run as root, and there is no user postgres or nobody to become")
