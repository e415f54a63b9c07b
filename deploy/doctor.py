"""Checks a configuration against reality: each part is as it must be, or what is missing is told, with the remedy.

Nothing is made or changed; what the first start makes by itself (data folder, tables) need not be there yet.
"""

from __future__ import annotations

import asyncio
import functools
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import inspect

from alerts.api.reads import reloads
from alerts.errors import StoreError as CaseStoreError
from alerts.store.database import check_schema, name_of, open_database, reading
from deploy import brokers
from deploy.app import checked_site, cluster_topics, data_folder
from deploy.commands import _broker
from deploy.commands._base import UserError
from deploy.runtimes.cluster.connection import need_extra
from deploy.runtimes.epoch import share_of
from deploy.settings import Settings
from ingest.plugins import find
from ingest.stores._base import StoreError as SeriesStoreError

_MOST_MESSAGES = 5_000
_DAY_MS = 86_400_000


class Finding(NamedTuple):
    """What was found of a part; `detail` says what is there, or what is missing and how to mend it."""

    part: str
    ok: bool
    detail: str


def examine(settings: Settings) -> Iterator[Finding]:
    """Yield a finding for each part, as soon as it is known."""
    for part, look in _looks(settings):
        try:
            yield Finding(part, ok=True, detail=look(settings))
        except (UserError, CaseStoreError, SeriesStoreError) as exc:
            yield Finding(part, ok=False, detail=str(exc))


def _site(settings: Settings) -> str:
    site = checked_site(settings.site)
    return f"{site.id}: {len(site.register.devices)} devices, {len(site.rules)} rules"


def _data(settings: Settings) -> str:
    if settings.data.exists():
        return str(data_folder(settings.data))
    above = next(one for one in settings.data.absolute().parents if one.exists())
    if not os.access(above, os.W_OK | os.X_OK):
        raise UserError(
            f"data folder {settings.data} is not there and cannot be made in {above}: name another as `data`"
        )
    return f"{settings.data} is not there yet: the first start makes it"


def _mqtt(name: str, settings: Settings) -> str:
    place, broker = brokers.section(settings, name), settings.brokers[name]
    asked = min(broker.window, _MOST_MESSAGES)
    sent = _broker.window(brokers.options(settings, name), asked, place)
    if sent is None:
        return "takes us; its window cannot be told, because it does not let us hear what we say"
    if sent < asked:
        raise UserError(
            f"{place}.window is {broker.window}, but the broker sends only {sent} unacknowledged messages, so that "
            f"epochs would wait for more in vain: set {place}.window to {sent}, or raise it there (Mosquitto: "
            "max_inflight_messages)"
        )
    size = min(settings.epoch.frames, share_of(broker.window))
    return f"takes us, its window is {sent} or more; an epoch closes at {size} frames"


def _kafka(settings: Settings) -> str:
    if "kafka" not in settings.model_fields_set:
        return "not in the settings: the embedded runtime"
    need_extra()
    from deploy.runtimes.cluster import administer  # noqa: PLC0415 - needs the extra `cluster`

    states = asyncio.run(administer.check(settings.kafka, cluster_topics(settings)))
    administer.refuse_problems(states)
    return ", ".join(f"{state.name} ({state.partitions})" for state in states)


def _series(settings: Settings) -> str:
    stores = find("ingest.stores", "STORE")
    if settings.store not in stores:
        raise UserError(f"store {settings.store!r} is not one of {', '.join(stores)}")
    if settings.store != "influx":
        return settings.store
    options = settings.influx.options()
    try:
        from ingest.stores._influx_client import InfluxClient  # noqa: PLC0415 - needs the extra `cluster`
    except ImportError as exc:
        raise UserError(f"InfluxDB needs the extra `cluster` ({exc}): pip install 'wangge[cluster]'") from exc
    client = InfluxClient(options)
    try:
        days = client.retention_ms() / _DAY_MS
    finally:
        client.close()
    return f"{options.url}: bucket {options.bucket} keeps points {f'for {days:g} days' if days else 'for ever'}"


def _cases(settings: Settings) -> str:
    file = settings.data / "state.db"
    if settings.database is None and not file.exists():
        return f"{file} is not there yet: the first start makes it"
    engine = open_database(settings.database_url)
    try:
        if not inspect(engine).has_table("alembic_version"):
            return f"{name_of(engine.url)} has no tables yet: the first start makes them"
        check_schema(engine)
        return f"{name_of(engine.url)}: schema is current"
    finally:
        engine.dispose()


def _reloads(settings: Settings) -> str:
    if settings.database is None and not (settings.data / "state.db").exists():
        return "nothing has run yet"
    engine = open_database(settings.database_url)
    try:
        if not inspect(engine).has_table("meta"):
            return "nothing has run yet"
        with reading(engine) as connection:
            refused = reloads.refused(connection)
    finally:
        engine.dispose()
    for one in refused:
        since = datetime.fromtimestamp(one.since_wall_ms / 1000, UTC)
        raise UserError(
            f"changed {one.what} were not taken over since {since:%Y-%m-%dT%H:%M:%SZ}, what was before is in force: "
            f"{one.first[0]}" + f" (and {one.faults - 1} more)" * (one.faults > 1)
        )
    return "what the files of the site say is in force"


def _looks(settings: Settings) -> Iterator[tuple[str, Callable[[Settings], str]]]:
    """Yield the parts in order, each with what looks at it; every broker is a part."""
    yield "site", _site
    yield "data", _data
    for name in settings.brokers:
        yield brokers.section(settings, name), functools.partial(_mqtt, name)
    yield "kafka", _kafka
    yield "series", _series
    yield "cases", _cases
    yield "reloads", _reloads
