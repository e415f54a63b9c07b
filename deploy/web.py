"""The web application as a process: API, console and crew pages over the data folder that the pipeline writes to."""

from __future__ import annotations

import secrets
import socket
import threading

import uvicorn
from fastapi import FastAPI
from sqlalchemy import Connection, Engine

from alerts.api.app import create_app
from alerts.api.context import SiteView, WebContext
from alerts.api.departed import Departed
from alerts.cases.workflow import Role
from alerts.errors import StoreError
from alerts.store import audit, users
from alerts.store.database import check_schema, opened, reading
from deploy import brokers, register_watch, rules_watch, unknown
from deploy.app import case_context, checked_site, series_store
from deploy.clock import wall_ms
from deploy.commands._base import UserError
from deploy.settings import Settings
from deploy.site import Site
from ingest.io.publisher import FramePublisher
from ingest.topics import discover
from rules.model import Text

ADMINISTRATOR = "admin"
_PASSWORD_BYTES = 12


def ensure_administrator(connection: Connection, now_ms: int) -> str | None:
    """Add the first administrator and return the password, to be shown once; None where there is one already."""
    if has_administrator(connection):
        return None
    password = secrets.token_urlsafe(_PASSWORD_BYTES)
    users.create(connection, ADMINISTRATOR, password, Role.ADMINISTRATOR, now_ms=now_ms)
    _added(connection, ADMINISTRATOR, Role.ADMINISTRATOR, now_ms)
    return password


def has_administrator(connection: Connection) -> bool:
    """Tell whether somebody can add people (or has the first administrator's name)."""
    return any(user.role is Role.ADMINISTRATOR or user.name == ADMINISTRATOR for user in users.everybody(connection))


def ensure_crews(connection: Connection, site: Site, password: str, now_ms: int) -> None:
    """Add a user for each crew of the site that has none: its name is the crew's, the password is for all of them."""
    known = {user.name for user in users.everybody(connection)}
    for crew in crews(site):
        if crew not in known:
            users.create(connection, crew, password, Role.CREW, now_ms=now_ms, crew=crew)
            _added(connection, crew, Role.CREW, now_ms)


def _added(connection: Connection, name: str, role: Role, now_ms: int) -> None:
    detail = {"role": role.value}
    audit.append(connection, now_ms=now_ms, actor="wangge", action="user.add", object=f"user {name}", detail=detail)


def crews(site: Site) -> dict[str, Text]:
    """Return the title of every crew of the responsibility matrix by its id."""
    return {crew.id: crew.title for unit in site.matrix.units.values() for crew in unit.crews}


def site_view(site: Site) -> SiteView:
    """Return what people see of a site."""
    return SiteView(
        id=site.id,
        title=Text(zh=site.title_zh, en=site.title_en),
        zone=site.zone,
        cells=site.cells,
        register=site.register,
        rules=site.rules,
        categories=site.categories,
        places=site.places,
        units={unit.id: unit.title for unit in site.matrix.units.values()},
        crews=crews(site),
    )


def context(settings: Settings, stop: threading.Event | None = None) -> WebContext:
    """Open the stores and return what the application is given; raises UserError for what a person can mend.

    Register and rules are followed while they change until `stop` is set, if there is one.
    """
    site = checked_site(settings.site)
    engine = _case_store(settings)
    clock = settings.real_clock()
    dialects = discover()
    if stop is not None:
        register_watch.follow(site, stop)
        rules_watch.follow(site, stop)
    return WebContext(
        engine=engine,
        series=series_store(settings, site),
        now_ms=clock.now_ms,
        wall_ms=wall_ms,
        speed=clock.speed,
        site=site_view(site),
        actions=case_context(site),
        unknown=lambda connection, limit: unknown.listed(connection, site.register, dialects, limit=limit),
        frames=FramePublisher(
            brokers.home(settings), f"{settings.mqtt.client_id}-http-{secrets.token_hex(4)}", settings.mqtt.topics
        ),
    )


def _case_store(settings: Settings) -> Engine:
    file = settings.data / "state.db"
    if settings.database is None and not file.is_file():
        raise UserError(f"{file} does not exist: start the pipeline once (`wangge run`), or name another data folder")
    try:
        return opened(settings.database_url, check_schema)
    except StoreError as exc:
        raise UserError(str(exc)) from exc


def application(made: WebContext) -> FastAPI:
    """Return API, crew pages and console as one application (one a process: NiceGUI keeps its pages globally)."""
    from alerts.console.app import mount  # noqa: PLC0415 - heavy; commands that only need people must not wait for it

    app = create_app(made)
    mount(app, made)
    return app


def first_password(made: WebContext) -> str | None:
    """Add the first administrator where there is none, and return the password."""
    with reading(made.engine) as connection:
        if has_administrator(connection):
            return None
    with made.engine.begin() as connection:
        return ensure_administrator(connection, made.now_ms())


def serve(made: WebContext, listener: socket.socket) -> None:
    """Serve on a socket that listens already, until SIGTERM or Ctrl-C."""
    config = uvicorn.Config(
        Departed(application(made)),
        log_level="warning",
        access_log=False,
        proxy_headers=True,
        forwarded_allow_ips="127.0.0.1",  # a proxy on this machine says who asked, and by https or not
        server_header=False,
        ws_max_size=1_000_000,
        timeout_graceful_shutdown=3,
    )
    try:
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        if made.frames is not None:
            made.frames.stop()
        made.series.close()
        made.engine.dispose()


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; raises UserError where the port is taken or the address is not ours."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(128)
        except OSError:
            listener.close()
            raise
    except OSError as exc:
        remedy = "end the program that has it, or set another `port` under [web]"
        raise UserError(f"cannot listen on {host}:{port}: {exc.strerror or exc}: {remedy}") from exc
    return listener
