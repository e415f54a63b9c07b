"""The composition of the cluster runtime: settings in, a running bridge or worker out.

Both refuse to start on topics that are not as they must be: a worker that runs and does nothing helps nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Iterator

import msgspec

from alerts.store import kafka_offsets
from alerts.store.database import reading
from deploy import brokers
from deploy.app import (
    case_context,
    case_database,
    checked_site,
    cluster_topics,
    data_folder,
    series_store,
)
from deploy.clock import monotonic_s
from deploy.commands._base import UserError
from deploy.runtimes.cluster import administer
from deploy.runtimes.cluster.bridge import Bridge
from deploy.runtimes.cluster.outlet import Outlet
from deploy.runtimes.epoch import collect
from deploy.runtimes.line import LineParts
from deploy.runtimes.sender import Sender
from deploy.settings import Settings
from ingest.io.mqtt_source import MqttOptions

_IDLE_S = 0.1


def run_bridge(settings: Settings, name: str, *, alone: bool) -> None:
    """Carry frames until SIGTERM or SIGINT. Raises UserError where the topics are not as they must be."""
    asyncio.run(_bridge(settings, lambda options: of_bridge(options, name, alone=alone), name))


async def _bridge(settings: Settings, change: Callable[[MqttOptions], MqttOptions], name: str) -> None:
    topics = cluster_topics(settings)
    administer.refuse_problems(await administer.check(settings.kafka, topics))
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    limits = brokers.epoch_limits(settings)
    source = brokers.opened(settings, settings.real_clock().now_ms, change)
    source.start()
    try:
        async with Outlet(settings.kafka, f"bridge-{name}") as outlet:
            await Bridge(source, outlet, topics.frames, lambda: collect(source, limits, _IDLE_S, monotonic_s)).run(stop)
    finally:
        source.stop()


def of_bridge(options: MqttOptions, name: str, *, alone: bool = False) -> MqttOptions:
    """Return how a bridge of this name connects: it shares its subscription with the others, unless it is alone.

    A group that the settings name is kept. What the session has from before is given up.
    """
    topics, unwanted = options.topics, options.unwanted
    if not topics[0].startswith("$share/"):
        topics, unwanted = brokers.shared(options.client_id, topics), topics
        if alone:
            topics, unwanted = unwanted, topics
    own = f"{options.client_id}-bridge-{name}"
    return msgspec.structs.replace(options, topics=topics, unwanted=unwanted, client_id=own)


def run_worker(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT. Raises UserError where a server or a topic is not as it must be."""
    from deploy.runtimes.cluster.worker import ClusterWorker, Plan  # noqa: PLC0415 - the bridge does without Faust

    topics = cluster_topics(settings)
    administer.refuse_problems(asyncio.run(administer.check(settings.kafka, topics)))
    asyncio.run(administer.await_coordinator(settings.kafka))
    with _parts(settings) as parts:
        refuse_topics_made_anew(settings, parts)
        options = brokers.home(settings)
        own = msgspec.structs.replace(options, client_id=f"{options.client_id}-worker-{os.getpid()}")
        plan = Plan(
            kafka=settings.kafka,
            topics=topics,
            parts=parts,
            rates=brokers.rates(settings),
            sender=lambda: Sender(parts.database, own, parts.clock),
            datadir=str(settings.data / "faust"),
        )
        ClusterWorker(plan).run()


def refuse_topics_made_anew(settings: Settings, parts: LineParts) -> None:
    """Raise UserError if the case store has taken records that the topic does not have: it would skip the new ones."""
    topic = cluster_topics(settings).observations
    ends = asyncio.run(administer.ends(settings.kafka, topic))
    with reading(parts.database) as connection:
        for number, end in ends.items():
            offset = kafka_offsets.read(connection, topic.name, number).offset
            if offset >= end:
                raise UserError(
                    f"topic {topic.name} partition {number} ends at {end}, but the case store has taken record "
                    f"{offset} of it: the topic was made anew: delete it and run `wangge topics create`"
                )


@contextlib.contextmanager
def _parts(settings: Settings) -> Iterator[LineParts]:
    site = checked_site(settings.site)
    database = case_database(data_folder(settings.data), settings.database_url)
    series = series_store(settings, site)
    try:
        yield LineParts(
            site=site, series=series, database=database, context=case_context(site), clock=settings.real_clock()
        )
    finally:
        series.close()
        database.dispose()
