"""The cluster runtime on a Kafka of our own, against a naive Faust agent on the same Kafka, in turns.

    Mosquitto ─ bridge ─▶ frames ─┬─▶ one worker ─▶ stores         each on topics and stores of its own
                                  ├─▶ two workers ─▶ stores
                     the same messages, one by one, as JSON ─▶ naive agent

The worker drains the records that the bridge has made of the same load.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from alerts.store import meta
from alerts.store.database import reading
from deploy.bench import alarms, backlog, kafka, mosquitto, stores
from deploy.bench.installation import Child, Installation, await_, past_clock
from deploy.bench.kafka import Broker, Record
from deploy.bench.load import VALUES, messages
from deploy.bench.stores import Stores
from deploy.runtimes.cluster import administer, records
from deploy.runtimes.cluster.topics import declared
from deploy.runtimes.shard import shard_of
from deploy.settings import KafkaSettings
from deploy.site import Site

PARTITIONS = 8
_TOPIC = "wangge/+/up/#"
_WINDOW = 1_000
_SETTLE_S = 2.0
_READY = "partition loaded"
_STEADY_S, _STEADY_PER_S, _BATCH = 30.0, 2_000.0, 8
_LIMIT_S = 600.0
_VALUES = len(next(iter(VALUES.values())))
_NAIVE_SHARE = 5  # of the messages: it is slow


class Plan(NamedTuple):
    """What is measured: so many messages, so many times; `servers`: not with SQLite."""

    messages: int
    rounds: int
    servers: bool


class _Rate(NamedTuple):
    per_s: float
    cpu_us: float
    rss_mib: float
    kafka_bytes: float = 0.0


def measure(site: Site, folder: Path, plan: Plan, tell: Callable[[str], None]) -> dict[str, Any]:
    """Return medians over the rounds, of ratios too; `tell` gets a line of progress a step."""
    bridge: list[float] = []
    one: list[_Rate] = []
    two: list[_Rate] = []
    naive: list[float] = []
    with contextlib.ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wangge-bench-")))
        broker = stack.enter_context(kafka.running(tell))
        place = stack.enter_context(stores.running(tell, servers=plan.servers))
        bench = _Bench(site, folder, work, broker, place, tell)
        for number in range(plan.rounds):
            tell(f"round {number + 1} of {plan.rounds}: the bridge takes {plan.messages} messages")
            rate, frames = bench.bridge(f"bridge-{number}", plan.messages, number)
            bridge.append(rate)
            tell(f"{rate:.0f} messages/s; one worker")
            one.append(bench.workers(f"one-{number}", frames, plan.messages * _VALUES, 1))
            tell(f"{one[-1].per_s:.0f} observations/s")
            tell("the naive agent")
            naive.append(bench.naive(f"naive-{number}", plan.messages // _NAIVE_SHARE, number))
            tell("two workers")
            two.append(bench.workers(f"two-{number}", frames, plan.messages * _VALUES, 2))
        tell("latency under a steady load")
        latency_ms = bench.latency("latency")
    return {
        "kafka": broker.name,
        "stores": place.name,
        "messages": plan.messages,
        "rounds": plan.rounds,
        "observations_per_s": round(median(rate.per_s for rate in one)),
        "naive_observations_per_s": round(median(naive)),
        "ratio": round(median(mine.per_s / theirs for mine, theirs in zip(one, naive, strict=True)), 2),
        "bridge_msgs_per_s": round(median(bridge)),
        "two_workers_ratio": round(median(both.per_s / mine.per_s for both, mine in zip(two, one, strict=True)), 2),
        "kafka_bytes_per_observation": round(median(rate.kafka_bytes for rate in one), 1),
        "cpu_us_per_observation": round(median(rate.cpu_us for rate in one), 2),
        "peak_rss_mib": round(median(rate.rss_mib for rate in one)),
        "latency_ms": latency_ms,
    }


class _Bench(NamedTuple):
    """One run on one broker; every part has a name, for its topics and its stores."""

    site: Site
    folder: Path
    work: Path
    broker: Broker
    stores: Stores
    tell: Callable[[str], None]

    def bridge(self, name: str, count: int, round_: int) -> tuple[float, list[Record]]:
        """Queue messages in Mosquitto and let a bridge take them; return its rate and what it wrote."""
        left = count
        sizes: list[tuple[int, int]] = []

        def all_taken(record: Record) -> bool:
            nonlocal left
            frames = len(records.unpack_frames(record.value).frames)
            left -= frames
            if frames:
                sizes.append((record.at_ms, frames))
            return left <= 0

        with mosquitto.running(window=_WINDOW) as port:
            place = self._install(name, mqtt=_mqtt(name, port))
            backlog.prepare_session(port, f"{name}-bridge-1", f"$share/{name}/{_TOPIC}")
            backlog.publish(port, messages(self.site, count, round_))
            with place.running("bridge"):
                read = kafka.read(self.broker.address, place.topics.frames, all_taken)
                written = asyncio.run(asyncio.wait_for(read, _LIMIT_S))
        first_ms = min(at_ms for at_ms, _ in sizes)
        after = sum(frames for at_ms, frames in sizes if at_ms > first_ms)
        return after * 1000 / (max(at_ms for at_ms, _ in sizes) - first_ms), written

    def workers(self, name: str, frames: Sequence[Record], count: int, workers: int) -> _Rate:
        """Let workers drain records of frames that hold `count` observations."""
        place = self._install(name, clock=past_clock())
        address, topics = self.broker.address, place.topics
        with place.running("worker", workers) as children:
            for child in children:
                child.await_start(_READY)
            time.sleep(_SETTLE_S)
            asyncio.run(kafka.fill(address, topics.frames.name, frames))
            await_("the first observation", lambda: place.stored() > 0)
            start_s, first, used_s = time.perf_counter(), place.stored(), _cpu_s(children)
            await_("the last observation", lambda: place.stored() >= count, _LIMIT_S)
            wall_s, done = time.perf_counter() - start_s, count - first
            cpu_s, rss_mib = _cpu_s(children) - used_s, max(one.peak_rss_mib() for one in children)
        read = asyncio.run(kafka.read(address, topics.observations))
        size = sum(len(one.value) for one in (*frames, *read))
        place.cases.dispose()
        return _Rate(done / wall_s, cpu_s / done * 1e6, rss_mib, size / count)

    def naive(self, name: str, count: int, round_: int) -> float:
        """Let the naive agent take messages one by one; return its observations a second."""
        topics = declared(name, PARTITIONS, 1)
        asyncio.run(administer.create(KafkaSettings(bootstrap=self.broker.address), topics))
        sent = (
            Record(shard_of(topic_, PARTITIONS), topic_.encode(), payload)
            for topic_, payload in messages(self.site, count, round_)
        )
        asyncio.run(kafka.fill(self.broker.address, topics.frames.name, sent))
        log = self.work / f"{name}.log"
        child = Child(log, "deploy.bench.naive", self.broker.address, topics.frames.name, str(PARTITIONS), str(count))
        try:
            await_("the naive agent", lambda: child.said('"messages"'), _LIMIT_S)
        finally:
            child.kill()
        line = next(line for line in log.read_text(encoding="utf-8").splitlines() if '"messages"' in line)
        return count * _VALUES / float(json.loads(line)["wall_s"])

    def latency(self, name: str) -> dict[str, float]:
        """Return how long it takes from what a sensor saw to the committed alert, through bridge, Kafka and worker."""
        with mosquitto.running(window=_WINDOW) as port:
            place = self._install(name, mqtt=_mqtt(name, port))
            with place.running("worker") as workers, place.running("bridge"):
                workers[0].await_start(_READY)
                read = kafka.read(self.broker.address, place.topics.frames, lambda _record: True)
                asyncio.run(asyncio.wait_for(read, _LIMIT_S))  # the first is a beat: the bridge has subscribed
                backlog.publish(port, alarms.paced(self.site, _STEADY_S, _STEADY_PER_S), batch=_BATCH)
                time.sleep(_SETTLE_S)

                def told() -> dict[str, Any]:
                    workers[0].need_alive()
                    with reading(place.cases) as connection:
                        return (meta.get(connection, "pipeline") or {}).get("latency_ms") or {}

                await_("an alert", lambda: told().get("p50") is not None)
                latency_ms = told()
        place.cases.dispose()
        return latency_ms

    def _install(self, name: str, **tables: Mapping[str, object]) -> Installation:
        kafka_at = {"bootstrap": self.broker.address, "partitions": PARTITIONS}
        return Installation(self.folder, self.work / name, kafka_at, {**self.stores.make(name), **tables})


def _mqtt(name: str, port: int) -> dict[str, object]:
    return {"port": port, "client_id": name, "topics": [_TOPIC], "window": _WINDOW}


def _cpu_s(children: Sequence[Child]) -> float:
    return sum(one.cpu_s() for one in children)
