"""Rule state in the case store with the offset of its record, as a process: the counterpart of `deploy.bench.table`.

python -m deploy.bench.offsets KAFKA NAME DATABASE_URL RECORDS LAST [KILL]

Takes the same records, at most RECORDS of a partition in a transaction, and does the same with them, with what the
workers use: `kafka_offsets.advance` and `rule_states.save`. Outputs are rows of a table, written in that transaction.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from sqlalchemy import Column, Connection, Engine, Integer, MetaData, String, Table, insert

from alerts.store import kafka_offsets, rule_states
from alerts.store.database import open_database, reading
from deploy.bench.counted import END, FIRST, PARTITIONS, counted, times_of

OUTPUTS = Table("bench_outputs", MetaData(), Column("id", Integer, primary_key=True), Column("key", String(64)))


class Work:
    """What a worker does with a record, without the stages."""

    def __init__(self, engine: Engine, topic: str, kill: str, kill_at: int) -> None:
        self._engine, self._topic, self._kill, self._kill_at = engine, topic, kill, kill_at
        self.taken = 0
        with reading(engine) as connection:
            self._marks = {number: kafka_offsets.read(connection, topic, number) for number in range(PARTITIONS)}
            self.states = {row[2]: row[3] for row in rule_states.load(connection)}

    def take(self, partition: int, records: Sequence[Any]) -> None:
        """Take records of a partition in one transaction; those that had their effects are left out."""
        news = [one for one in records if one.offset > self._marks[partition].offset and one.key != END]
        if not news:
            return
        with self._engine.begin() as connection:
            after = kafka_offsets.advance(connection, self._topic, partition, self._marks[partition], news[-1].offset)
            made = [key for one in news if self._count(key := one.key.decode(), one.value) == 1]
            self.taken += len(news)
            dies = self._kill if made and self.taken >= self._kill_at else ""
            if dies == "before":
                self._save(connection, news)
                os.kill(os.getpid(), signal.SIGKILL)
            if made:
                connection.execute(insert(OUTPUTS), [{"key": key} for key in made])
            if dies == "after":
                os.kill(os.getpid(), signal.SIGKILL)
            self._save(connection, news)
        self._marks[partition] = after
        if dies:
            os.kill(os.getpid(), signal.SIGKILL)

    def _count(self, key: str, value: bytes) -> int:
        times = times_of(self.states.get(key)) + 1
        self.states[key] = counted(times, value)
        return times

    def _save(self, connection: Connection, news: Sequence[Any]) -> None:
        changed = {("bench", "device", key): self.states[key] for key in {one.key.decode() for one in news}}
        rule_states.save(connection, changed, lambda key: key[2][:9])


async def main(kafka: str, name: str, url: str, most: str, to: str, kill: str = "") -> None:
    """Work to the end of the topic, or until it is killed."""
    records, last = int(most), int(to)
    start_s = time.perf_counter()
    engine = open_database(url)
    work = Work(engine, f"{name}.frames.v1", kill, last * PARTITIONS // 4)
    print(json.dumps({"recovered_s": time.perf_counter() - start_s}), flush=True)  # noqa: T201 - the parent reads it
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka, group_id=name, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    parts = [TopicPartition(f"{name}.frames.v1", number) for number in range(PARTITIONS)]
    consumer.assign(parts)
    began_s = 0.0
    while min([await consumer.position(part) for part in parts]) <= last:
        for part, some in (await consumer.getmany(timeout_ms=500)).items():
            if not began_s:
                began_s = time.perf_counter()
                print(FIRST, flush=True)  # noqa: T201 - as above
            for start in range(0, len(some), records):
                work.take(part.partition, some[start : start + records])
        await consumer.commit()  # of all that was brought: only when all of it was taken
    wall_s = time.perf_counter() - began_s
    wrong = sum(times_of(value) != 2 for value in work.states.values())  # noqa: PLR2004 - each key has two records
    print(json.dumps({"taken": work.taken, "wall_s": wall_s, "wrong": wrong}), flush=True)  # noqa: T201
    await consumer.stop()
    engine.dispose()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
