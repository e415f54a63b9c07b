"""Where the workers of a measurement keep what they make: SQLite, or PostgreSQL and InfluxDB 2 of our own."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

from deploy.bench.installation import Tables
from deploy.services.get import debian
from deploy.services.get import influxdb as get_influxdb
from deploy.services.run import influxdb as run_influxdb
from deploy.services.run import postgresql as run_postgresql
from deploy.services.run.http import post


class Stores(NamedTuple):
    """What they are, and what makes new ones: the settings of an installation of that name."""

    name: str
    make: Callable[[str], Tables]


@contextlib.contextmanager
def running(tell: Callable[[str], None], *, servers: bool) -> Iterator[Stores]:
    """Yield SQLite, or run servers; where one is absent it is SQLite as well, which is then said."""
    postgresql, influxdb = debian.POSTGRESQL.find(), get_influxdb.SERVER.find()
    if not servers or postgresql is None or influxdb is None:
        if servers:
            tell("PostgreSQL or InfluxDB is not here (`make services`): measuring with SQLite")
        yield Stores("SQLite", lambda _name: {})
        return
    with run_postgresql.running(postgresql) as cases, run_influxdb.running(influxdb) as series:

        def make(name: str) -> Tables:
            bucket = {"name": name, "orgID": series.org_id, "retentionRules": []}
            post(f"{series.url}/api/v2/buckets", bucket, series.token).raise_for_status()
            reach = {"url": series.url, "org": series.org, "bucket": name, "token": series.token}
            return {"": {"store": "influx", "database": cases.create(name)}, "influx": reach}

        yield Stores(f"PostgreSQL {postgresql.version}, InfluxDB {influxdb.version}", make)
