"""Rule state in a Faust table with a changelog, as a process (`wangge bench state` starts it and may let it be killed).

python -m deploy.bench.table KAFKA NAME STORE FOLDER LAST [KILL]

Takes the records of NAME.frames.v1, LAST + 1 in each partition, until the records that end them. The state of a key is
how many records it had, and what the record says; the first one of a key makes an output in NAME.observations.v1.
Prints JSON objects: when it has its state, and at the end. KILL ends it half-way, at once: `before` or `after` the
output, or at the `end` of both.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from typing import Any

import faust
from faust.types import EventT, StreamT, TopicT
from mode.supervisors import CrashingSupervisor

from deploy.bench.counted import END, FIRST, PARTITIONS, counted, times_of

_SESSION_S = 6
_IN_FLIGHT_S = 1.0  # Faust's own buffer may have handed on what its flush does not wait for


def main(kafka: str, name: str, store: str, folder: str, to: str, kill: str = "") -> None:
    """Work until it is killed."""
    last = int(to)
    start_s = time.perf_counter()
    app = faust.App(
        name,
        broker=f"kafka://{kafka}",
        store=f"{store}://",
        datadir=folder,
        web_enabled=False,
        topic_disable_leader=True,
        stream_wait_empty=False,
        stream_recovery_delay=0,
        broker_session_timeout=_SESSION_S,
        broker_heartbeat_interval=1,
        producer_acks=-1,
        consumer_auto_offset_reset="earliest",
    )
    raw: dict[str, Any] = {"key_type": bytes, "key_serializer": "raw", "value_type": bytes, "value_serializer": "raw"}
    records = app.topic(f"{name}.frames.v1", partitions=PARTITIONS, **raw)
    outputs = app.topic(f"{name}.observations.v1", partitions=PARTITIONS, **raw)
    table = app.Table("state", partitions=PARTITIONS, key_type=bytes, value_type=bytes)

    @table.on_recover
    async def recovered() -> None:
        print(json.dumps({"recovered_s": time.perf_counter() - start_s}), flush=True)  # noqa: T201 - the parent reads it

    async def work(stream: StreamT[bytes]) -> None:
        began_s, taken, ended = 0.0, 0, 0
        async for event in stream.events():
            if not began_s:
                began_s = time.perf_counter()
                print(FIRST, flush=True)  # noqa: T201 - as above
            if event.key == END:
                ended += 1
                if ended == PARTITIONS:
                    await _tell_end(app, table, taken, began_s)
                continue
            taken += 1
            await _take(app, table, outputs, event, kill if taken >= last * PARTITIONS // 4 else "")

    app.agent(records, supervisor_strategy=CrashingSupervisor)(work)
    worker = faust.Worker(app, loglevel="ERROR", quiet=True, redirect_stdouts=False)
    worker.spinner = None
    worker.execute_from_commandline()


async def _take(app: faust.App, table: Any, outputs: TopicT, event: EventT[bytes], kill: str) -> None:
    """Count a record; its first is one of those at which we may be killed."""
    times = times_of(table.get(event.key))
    state = counted(times + 1, event.value)
    dies = "" if times else kill
    if dies == "before":
        table[event.key] = state
        await _die(app)
    if not times:
        await outputs.send(key=event.key, value=b"", partition=event.message.partition)
    if dies == "after":
        await _die(app)
    table[event.key] = state
    if dies:
        await _die(app)


async def _tell_end(app: faust.App, table: Mapping[bytes, bytes], taken: int, began_s: float) -> None:
    await app.producer.flush()
    wall_s = time.perf_counter() - began_s
    wrong = sum(times_of(value) != 2 for value in table.values())  # noqa: PLR2004 - each key has two records
    print(json.dumps({"taken": taken, "wall_s": wall_s, "wrong": wrong}), flush=True)  # noqa: T201 - the parent reads it


async def _die(app: faust.App) -> None:
    """End at once, when Kafka has what was written so far."""
    await app.producer.flush()
    await asyncio.sleep(_IN_FLIGHT_S)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])
