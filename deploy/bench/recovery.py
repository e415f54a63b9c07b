"""How long a worker takes to have the state of many devices: from the case store, and from a Faust table's changelog.

    python -m deploy.bench.recovery KAFKA [DATABASE_URL] [STATES]

Each device has one rule that is not quiet; the state is the same bytes both ways. The case store is read by eight
lines, one a partition; the table is restored by Faust from a changelog of eight partitions, kept in memory. Prints
JSON.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import faust
import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from alerts.store import rule_states
from alerts.store.database import migrate, open_database, reading
from deploy.app import case_context, checked_site
from deploy.clock import Clock
from deploy.commands.demo import SAMPLE_SITE
from deploy.runtimes.line import Line, LineParts
from deploy.runtimes.shard import Shard, area_of
from deploy.site import Site
from ingest.devices import Register
from ingest.stores.memory import MemoryStore
from rules.model import State
from rules.state import Phase, RuleState, pack

PARTITIONS = 8
_LIMIT_S = 300.0


def city(count: int) -> Site:
    """Return the sample site with `count` bins in place of its devices, spread over all cells."""
    site = checked_site(SAMPLE_SITE)
    bin_ = next(one for one in site.register.devices.values() if one.kind == "waste_bin")
    cells = [cell.code for cell in site.cells]
    made = {
        f"bin-{number:07}": msgspec.structs.replace(
            bin_, id=f"bin-{number:07}", eui=None, cell=cells[number % len(cells)]
        )
        for number in range(count)
    }
    return dataclasses.replace(site, register=Register(made, site.dictionary))


def states(site: Site) -> dict[rule_states.Key, bytes]:
    """Return a firing state for each device of the site."""
    rule = next(one for one in site.rules if one.domain == "waste" and one.condition.reads == "values")
    since_ms = 1_790_000_000_000
    phase = Phase(State.FIRING, since_ms, since_ms - 60_000, 92.0)
    state = RuleState(rule_version=rule.version, phase=phase, base=phase, shown=(State.FIRING, since_ms))
    packed = pack(state)
    return {(rule.id, "device", device): packed for device in site.register.devices}


def from_case_store(site: Site, rows: dict[rule_states.Key, bytes], url: str) -> float:
    """Write the rows; return how many seconds the lines of all partitions take to load them."""
    engine = open_database(url)
    migrate(engine)
    with engine.begin() as connection:
        rule_states.save(connection, rows, lambda key: area_of(site.register.devices[key[2]].cell))
    parts = LineParts(site=site, series=MemoryStore(), database=engine, context=case_context(site), clock=Clock())
    start_s = time.perf_counter()
    loaded = 0
    for number in range(PARTITIONS):
        with reading(engine) as connection:
            loaded += len(Line(parts, connection, Shard(number, PARTITIONS))._state.rows)  # noqa: SLF001 - is all of it there?
    taken_s = time.perf_counter() - start_s
    engine.dispose()
    if loaded != len(rows):
        raise RuntimeError(f"{loaded} of {len(rows)} states were loaded")
    return taken_s


async def from_changelog(kafka: str, rows: dict[rule_states.Key, bytes], folder: str) -> float:
    """Write the rows to a changelog; return how many seconds Faust takes from its start to a table that has them."""
    name = f"recovery-{os.getpid()}"
    await _fill(kafka, name, rows)
    app = faust.App(
        name,
        broker=f"kafka://{kafka}",
        store="memory://",
        datadir=folder,
        web_enabled=False,
        autodiscover=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        broker_session_timeout=6,
        broker_heartbeat_interval=1,
        stream_recovery_delay=0,
    )
    source = app.topic(f"{name}-source", partitions=PARTITIONS, value_serializer="raw", value_type=bytes)
    changelog = app.topic(
        f"{name}-state-changelog",
        partitions=PARTITIONS,
        key_type=str,
        key_serializer="json",
        value_type=bytes,
        value_serializer="raw",
        compacting=True,
    )
    table = app.Table("state", partitions=PARTITIONS, changelog_topic=changelog)

    @app.agent(source)
    async def read(stream: Any) -> None:
        async for _ in stream:
            pass

    start_s = time.perf_counter()
    async with asyncio.timeout(_LIMIT_S):
        async with app:
            while len(table) < len(rows):  # noqa: ASYNC110 - Faust tells of no such event
                await asyncio.sleep(0.01)
            return time.perf_counter() - start_s


async def _fill(kafka: str, name: str, rows: dict[rule_states.Key, bytes]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    compacted = {"cleanup.policy": "compact"}
    await admin.create_topics(
        [
            NewTopic(f"{name}-source", PARTITIONS, 1),
            NewTopic(f"{name}-state-changelog", PARTITIONS, 1, topic_configs=compacted),
        ]
    )
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=kafka, linger_ms=5)
    await producer.start()
    for number, (key, packed) in enumerate(rows.items()):
        wire = json.dumps("/".join(key)).encode()
        await producer.send(f"{name}-state-changelog", packed, wire, partition=number % PARTITIONS)
    await producer.flush()
    await producer.stop()


def main(kafka: str, url: str | None = None, count: str = "100000") -> None:
    """Measure both and print."""
    site = city(int(count))
    rows = states(site)
    with tempfile.TemporaryDirectory(prefix="wangge-bench-") as folder:
        case_store_s = from_case_store(site, rows, url or f"sqlite:///{Path(folder) / 'state.db'}")
        print(json.dumps({"states": len(rows), "case_store_s": round(case_store_s, 2)}), flush=True)  # noqa: T201 - its output
        changelog_s = asyncio.run(from_changelog(kafka, rows, folder))
    print(json.dumps({"states": len(rows), "changelog_s": round(changelog_s, 2)}))  # noqa: T201 - its output


if __name__ == "__main__":
    main(*sys.argv[1:])
