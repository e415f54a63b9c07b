"""The ground of the cluster runtime: the servers that this machine has, bridge and workers.

| for | server | where it is absent |
|---|---|---|
| frames of sensors | Mosquitto | iotcore, which comes with us |
| records | Apache Kafka | Tansu, which forgets at the end; without it there is no cluster |
| time series | InfluxDB 2 | SQLite in the data folder |
| cases | PostgreSQL | SQLite in the data folder |

The servers run for the demo alone, on free ports of the loopback, and keep their data in its data folder. Needs the
extra `cluster`: imported only when it is asked for.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import quantiles
from typing import Any, NamedTuple

import msgspec
from rich.console import Console
from sqlalchemy import Connection, Engine, select

from alerts.store.tables import TRANSITIONS
from deploy import broker
from deploy.app import cluster_topics, forget_offsets
from deploy.commands._base import UserError
from deploy.demo.drain import Standstill
from deploy.demo.plan import Ground, Part, Plan, Row, Stage
from deploy.runtimes.cluster import administer
from deploy.services.cache import Found
from deploy.services.get import debian
from deploy.services.get import influxdb as get_influxdb
from deploy.services.get import kafka as get_kafka
from deploy.services.get import tansu as get_tansu
from deploy.services.get._base import Server
from deploy.services.run import influxdb, kafka, mosquitto, postgresql, tansu
from deploy.settings import Settings
from rules.model import Evidence, State

_STILL_S = 3.0
_WINDOW = 1_000
_PARTITIONS = 8
_DATABASE = "wangge"
_SESSION_S = 10  # a demo has no patience: a worker that died is replaced after so long
_REMEDY = "`make services` gets it"


class Served(NamedTuple):
    """A server that runs: its line of the table and the settings that lead to it."""

    row: Row
    settings: Mapping[str, Any]


@contextlib.contextmanager
def ground(plan: Plan, console: Console, workers: int) -> Iterator[Ground]:
    """Run the servers and yield what bridge and workers stand on. Raises UserError where there is no Kafka."""
    folder = plan.data / "servers"
    with contextlib.ExitStack() as stack, console.status("starting servers …"):
        served = [stack.enter_context(start(folder, plan)) for start in (_broker, _records, _series, _cases)]
        settings: dict[str, Any] = {}
        for one in served:
            settings |= one.settings
        yield Ground(
            settings=settings,
            stages=(
                Stage((_BRIDGE,), Standstill(_STILL_S)),
                Stage(_workers(plan.data, workers, settings), _worked_off),
            ),
            prepare=_make_topics,
            latency_ms=_latency_ms,
            rows=(*(one.row for one in served), *_processes(workers)),
        )


_BRIDGE = Part("bridge", ("bridge",))


def _workers(data: Path, count: int, settings: Mapping[str, Any]) -> tuple[Part, ...]:
    """Return the workers; what waits for InfluxDB lies in a folder of each, SQLite they share."""
    names = [f"worker-{number}" for number in range(1, count + 1)]
    own = settings.get("store") == "influx"
    return tuple(
        Part(name, ("worker",), {"WANGGE_DATA": str((data / name).absolute())} if own else {}) for name in names
    )


def _processes(workers: int) -> tuple[Row, ...]:
    shown = f"{workers} processes" if workers > 1 else "1 process"
    return (
        Row("bridge", "wangge bridge", "MQTT → Kafka"),
        Row("workers", "wangge worker", f"{shown}, {_PARTITIONS} partitions"),
    )


@contextlib.contextmanager
def _broker(folder: Path, plan: Plan) -> Iterator[Served]:
    port = broker.free_port(plan.mqtt_port)
    found = debian.MOSQUITTO.find()
    if found is None:
        with broker.running(port):
            row = Row("broker", "iotcore", f"127.0.0.1:{port}  {_absent(debian.MOSQUITTO)}")
            yield Served(row, {"mqtt": {"port": port, "window": broker.WINDOW}})
        return
    with mosquitto.running(found, folder / "mosquitto", port, window=_WINDOW):
        row = Row("broker", f"Mosquitto {found.version}", f"127.0.0.1:{port}")
        yield Served(row, {"mqtt": {"port": port, "window": _WINDOW}})


@contextlib.contextmanager
def _records(folder: Path, _plan: Plan) -> Iterator[Served]:
    found, other = get_kafka.SERVER.find(), get_tansu.SERVER.find()
    with contextlib.ExitStack() as stack:
        if found is not None:
            server = stack.enter_context(kafka.running(found, folder / "kafka"))
            row = Row("records", f"Apache Kafka {found.version}", server.address)
        elif other is not None:
            server = stack.enter_context(tansu.running(other))
            row = Row("records", f"Tansu {other.version}", f"{server.address}  {_absent(get_kafka.SERVER)}")
        else:
            raise UserError(f"the cluster runtime needs Apache Kafka or Tansu, neither is here: {_REMEDY}")
        reached = {"bootstrap": server.address, "partitions": _PARTITIONS, "session_timeout_s": _SESSION_S}
        reached["idempotence"] = found is not None  # Tansu cannot
        yield Served(row, {"kafka": reached})


@contextlib.contextmanager
def _series(folder: Path, plan: Plan) -> Iterator[Served]:
    found = get_influxdb.SERVER.find()
    if found is None:
        yield Served(Row("series", "SQLite", f"{plan.data / 'series.db'}  {_absent(get_influxdb.SERVER)}"), {})
        return
    with influxdb.running(found, folder / "influxdb") as server:
        reached = {"url": server.url, "org": server.org, "bucket": server.bucket, "token": server.token}
        yield Served(Row("series", f"InfluxDB {found.version}", server.url), {"store": "influx", "influx": reached})


@contextlib.contextmanager
def _cases(folder: Path, plan: Plan) -> Iterator[Served]:
    found = debian.POSTGRESQL.find()
    closed = _closed(folder)
    if found is None or closed:
        why = f"(PostgreSQL may not run as root and cannot enter {closed}: see --data)" if closed else None
        yield Served(Row("cases", "SQLite", f"{plan.data / 'state.db'}  {why or _absent(debian.POSTGRESQL)}"), {})
        return
    with postgresql.running(found, folder / "postgresql") as server:
        where = f"127.0.0.1:{server.port}, database {_DATABASE}"
        yield Served(Row("cases", _named(found), where), {"database": _database(server, folder)})


def _named(found: Found) -> str:
    return f"PostgreSQL {found.version}"


def _database(server: postgresql.PostgreSql, folder: Path) -> str:
    """Return the URL of the database, made at the first start."""
    made = folder / "postgresql" / "database"
    if made.exists():
        return server.url(_DATABASE)
    url = server.create(_DATABASE)
    made.touch()
    return url


def _absent(server: Server) -> str:
    return f"({server.name} is absent: {_REMEDY})"


def _closed(folder: Path) -> Path | None:
    """Return the folder that the plain user, whom PostgreSQL becomes when we are root, may not pass; open ours."""
    if os.geteuid() != 0:
        return None
    folder.mkdir(exist_ok=True)
    for ours in (folder, folder.parent):
        ours.chmod(stat.S_IMODE(ours.stat().st_mode) | 0o011)
    return next((one for one in folder.absolute().parents if not one.stat().st_mode & stat.S_IXOTH), None)


def _make_topics(settings: Settings) -> None:
    """Do what `wangge topics create` does."""
    states = asyncio.run(administer.create(settings.kafka, cluster_topics(settings)))
    forget_offsets(settings, [state.name for state in states if state.created])
    administer.refuse_problems(states)


def _worked_off(settings: Settings, _database: Engine) -> bool:
    """Tell whether the workers have committed every record."""
    return asyncio.run(administer.lag(settings.kafka, cluster_topics(settings)[:2])) == 0


def _latency_ms(connection: Connection, settings: Settings) -> dict[str, float | None]:
    """Return the way from what the sensor saw to the worker that judged it, of all workers; the commit comes after.

    Silence, which the clock finds out, has no evidence and is left out.
    """
    table = TRANSITIONS.c
    query = select(table.known_at_ms, table.evidence).where(
        table.state == State.FIRING.value, table.known_at_ms >= settings.clock.start_ms
    )
    seen = [
        (row.known_at_ms, max(one.phenomenon_time_ms for one in evidence))
        for row in connection.execute(query)
        if (evidence := msgspec.json.decode(row.evidence, type=list[Evidence]))
    ]
    ways_ms = sorted((known - at) / settings.clock.speed for known, at in seen)
    if len(ways_ms) < 2:  # noqa: PLR2004 - fewer have no quantiles
        return {"p50": None, "p99": None}
    cuts = quantiles(ways_ms, n=100, method="inclusive")
    return {"p50": round(cuts[49], 1), "p99": round(cuts[98], 1)}
