"""The composition root: settings in, a running line out. Wrong settings stop the start; an absent broker does not."""

from __future__ import annotations

import contextlib
import gc
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from sqlalchemy import Engine

from alerts.context import CaseContext
from alerts.errors import StoreError as CaseStoreError
from alerts.store import kafka_offsets
from alerts.store.database import migrate, opened
from deploy import brokers
from deploy.clock import monotonic_s
from deploy.commands._base import AwayError, UserError
from deploy.metrics_folder import refused
from deploy.runtimes.cluster.topics import Topics, declared
from deploy.runtimes.embedded import EmbeddedRuntime, Parts
from deploy.runtimes.epoch import collect
from deploy.runtimes.sender import Sender
from deploy.settings import Settings
from deploy.site import Site, load_site
from ingest.model import Frame
from ingest.plugins import find
from ingest.stores._base import SeriesStore, StoreError

_IDLE_S = 0.1
_MIN_FREE_BYTES = 64 * 1024 * 1024


def checked_site(folder: Path) -> Site:
    """Return the site, or raise UserError with every fault of its folder."""
    site, faults = load_site(folder)
    if site is None or faults:
        told = "\n".join(map(str, faults))
        count = f"{len(faults)} fault{'s' if len(faults) > 1 else ''}"
        raise UserError(f"{told}\n{count} in {folder}: nothing was started")
    return site


def data_folder(path: Path) -> Path:
    """Return the data folder, made if need be; raise UserError where it cannot be written, AwayError without room."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / ".writable"
        probe.touch()
        probe.unlink(missing_ok=True)  # another worker may share the folder
    except OSError as exc:
        raise refused(path, exc) from exc
    if shutil.disk_usage(path).free < _MIN_FREE_BYTES:
        raise AwayError(f"data folder {path}: less than 64 MiB free: make room, or name a folder on another disk")
    return path


def case_database(folder: Path, url: str | None = None) -> Engine:
    """Return the case store at `url`, or that of the data folder, migrated.

    Raises UserError where it cannot be used, AwayError where trying again later can help.
    """
    file = data_folder(folder) / "state.db"
    try:
        return opened(url or f"sqlite:///{file}", migrate)
    except CaseStoreError as exc:
        raise (AwayError if exc.retryable else UserError)(str(exc)) from exc


def series_store(settings: Settings, site: Site | None = None) -> SeriesStore:
    """Return the time-series store that the settings name; a new one is laid out for the rate of the site."""
    stores = find("ingest.stores", "STORE")
    if settings.store not in stores:
        raise UserError(f"store {settings.store!r} is not one of {', '.join(stores)}")
    rate = sum(3 / device.cadence_s for device in site.register.devices.values()) if site else None
    section = getattr(settings, settings.store, None)  # a store that must be told something has one of its name
    options = (section.options(),) if section else ()
    try:
        store: SeriesStore = stores[settings.store].open(data_folder(settings.data), rate, *options)
    except StoreError as exc:
        raise UserError(str(exc)) from exc
    return store


def case_context(site: Site) -> CaseContext:
    """Return what alerts and cases know of the site."""
    return CaseContext(
        site_id=site.id,
        division=site.division,
        zone=site.zone,
        categories=site.categories,
        calendar=site.calendar,
        matrix=site.matrix,
        rules=site.rules.by_id,
        device=site.register.device,
    )


def cluster_topics(settings: Settings) -> Topics:
    """Return the topics of the cluster runtime."""
    return declared(settings.kafka.prefix, settings.kafka.partitions, settings.kafka.retention_hours)


def forget_offsets(settings: Settings, topics: Sequence[str]) -> None:
    """Let the case store begin topics anew that were just made; raise UserError where it cannot be used."""
    if topics:
        database = case_database(settings.data, settings.database_url)
        with database.begin() as connection:
            for topic in topics:
                kafka_offsets.forget(connection, topic)
        database.dispose()


@contextlib.contextmanager
def pipeline(settings: Settings) -> Iterator[tuple[EmbeddedRuntime, Callable[[], list[Frame]]]]:
    """Yield the embedded runtime and what collects its epochs, connecting; close everything at the end."""
    site = checked_site(settings.site)
    clock = settings.real_clock()
    database = case_database(settings.data, settings.database_url)
    source, limits = brokers.opened(settings, clock.now_ms), brokers.epoch_limits(settings)
    sender = Sender(database, brokers.home(settings), clock)
    series = series_store(settings, site)
    parts = Parts(
        site=site,
        series=series,
        database=database,
        source=source,
        context=case_context(site),
        clock=clock,
        rates=brokers.rates(settings),
    )
    try:
        runtime = EmbeddedRuntime(parts)
        gc.freeze()  # site and rules live as long as this: collecting garbage need not look through them
        source.start()
        sender.start()
        yield runtime, lambda: collect(source, limits, _IDLE_S, monotonic_s)
    finally:
        gc.unfreeze()
        source.stop()
        sender.stop()
        series.close()
        database.dispose()
