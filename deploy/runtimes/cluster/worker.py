"""The worker: a Faust application with two agents. The only module that imports Faust.

    frames ─▶ normalise ─▶ records of observations, by partition; then the frames are committed
    observations ─▶ line ─▶ stores, offset included; then the observations are committed

What is known to go wrong with Faust is kept out here (docs/cluster.md lists it): no tables, no windows, concurrency 1,
and acknowledged by hand. An agent's own acknowledgement happens in a `finally`: a record on which work was cancelled
half-way, at a rebalance or at the end, would count as done.

Stores are used on one thread of their own, so that the loop always answers Kafka.
"""

from __future__ import annotations

import asyncio
import functools
import gc
import sys
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import faust
import structlog
from faust.exceptions import ConsumerNotStarted
from faust.types import EventT, StreamT
from mode.supervisors import CrashingSupervisor

from deploy.runtimes.cluster.connection import tls
from deploy.runtimes.cluster.end import end_within, fail
from deploy.runtimes.cluster.fetching import App
from deploy.runtimes.cluster.lines import Lines
from deploy.runtimes.cluster.normalise import Normaliser, Taken
from deploy.runtimes.cluster.outlet import Message, Outlet
from deploy.runtimes.cluster.topics import RECORD_BYTES, Topics
from deploy.runtimes.cluster.watchdog import Part, Watchdog
from deploy.runtimes.commit import StoppedError
from deploy.runtimes.line import LineParts
from deploy.runtimes.sender import Sender
from deploy.settings import KafkaSettings
from ingest.rate import Rates

LOG = structlog.get_logger("worker")
_TICK_S = 0.25
_STOP_S = 15.0
_SEND_S = 60.0
_MOST_RECORDS = 256
_FRAMES_BYTES = 400_000  # what they give is written to Kafka again: far below RECORD_BYTES
_OBSERVATIONS_BYTES = 2_000_000  # a transaction for each partition: the more they hold, the fewer there are


class Plan(NamedTuple):
    """What a worker is made of. `sender` makes what sends notices; only the owner of partition 0 has one."""

    kafka: KafkaSettings
    topics: Topics
    parts: LineParts
    rates: Rates
    sender: Callable[[], Sender]
    datadir: str


class ClusterWorker:
    """One worker process: `run` returns when it was asked to end."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._topics = plan.topics
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="stores")
        self._outlet = Outlet(plan.kafka, "worker")
        self._stop = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sender: Sender | None = None
        self._lines = Lines(
            plan.parts, self._topics.observations.name, self._topics.observations.partitions, self._dead
        )
        self._normaliser = Normaliser(plan.parts.site.register, self._topics.observations.partitions, plan.rates)
        self._app = _application(plan)
        self._watchdog = Watchdog(plan.kafka, self._topics[:2], self._owned, self._lines.stop)
        self._register()

    def run(self) -> None:
        """Work until SIGTERM or Ctrl-C. A mistake of ours or a store that cannot be used ends the process (code 1)."""
        gc.freeze()  # site and rules live as long as the process: collecting garbage need not look through them
        self._watchdog.start()
        worker = _Process(self._app, loglevel="WARN", quiet=True, redirect_stdouts=False)
        worker.spinner = None  # it would draw into the log
        try:
            worker.execute_from_commandline()
        finally:
            self._stop_work()
            self._thread.submit(self._end_sender)
            self._thread.shutdown(wait=True)

    def _register(self) -> None:
        app, topics = self._app, self._topics
        for topic, work in ((topics.frames, self._normalise), (topics.observations, self._judge)):
            source = app.topic(
                topic.name, partitions=topic.partitions, key_serializer="raw", value_serializer="raw", value_type=bytes
            )
            app.agent(source, name=topic.name, concurrency=1, supervisor_strategy=CrashingSupervisor)(work)
        app.task(self._keep_time)
        app.on_partitions_revoked.connect(self._revoked)
        app.on_before_shutdown.connect(self._shutting_down)

    async def _normalise(self, stream: StreamT[bytes]) -> None:
        topic = self._topics.observations.name
        async for events in batches(stream, _FRAMES_BYTES):
            try:
                taken = [_taken(event) for event in events]
                done = self._normaliser.work(taken, self._plan.parts.clock.now_ms())
                sent = [Message(topic, number, value) for number, value in done.outputs]
                sent += [self._dead_letter(one, exc.reason, str(exc)) for one, exc in done.unreadable]
                await self._outlet.send(sent, self._stop)
            except StoppedError:
                return
            except Exception as exc:  # the frames stay in Kafka
                LOG.exception("frames could not be normalised")
                fail(f"frames could not be normalised: {exc!r}")
            acknowledge(events)

    async def _judge(self, stream: StreamT[bytes]) -> None:
        async for events in batches(stream, _OBSERVATIONS_BYTES):
            parts: dict[int, list[Taken]] = {}
            for event in events:
                taken = _taken(event)
                parts.setdefault(taken.partition, []).append(taken)
            for partition, records in parts.items():
                if not await self._in_thread(functools.partial(self._lines.take, partition, records)):
                    return
            acknowledge(events)

    async def _keep_time(self) -> None:
        self._loop = asyncio.get_running_loop()
        name = self._topics.observations.name
        while not self._app.should_stop:
            owned = {number for topic, number in self._owned() if topic == name}
            await self._in_thread(functools.partial(self._tick, owned))
            await asyncio.sleep(_TICK_S)

    def _tick(self, owned: set[int]) -> None:
        self._lines.keep(owned)
        self._lines.tick()
        if 0 in owned and self._sender is None:
            self._sender = self._plan.sender()
            self._sender.start()
        elif 0 not in owned:
            self._end_sender()

    async def _in_thread(self, work: Callable[[], None]) -> bool:
        """Work on the thread of the stores; tell whether it was done. What cannot be mended by waiting ends us."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except StoppedError:
            return False
        except Exception as exc:  # whatever it is, nothing was committed and Kafka keeps the records
            LOG.exception("the stores cannot be used")
            fail(f"the stores cannot be used: {exc}")
        return True

    def _owned(self) -> set[Part]:
        try:
            return {(part.topic, part.partition) for part in self._app.consumer.assignment()}
        except ConsumerNotStarted:
            return set()

    async def _revoked(self, *arguments: Any, **_named: Any) -> None:
        name, revoked = self._topics.observations.name, arguments[1]
        self._thread.submit(self._lines.drop, [part.partition for part in revoked if part.topic == name])

    async def _shutting_down(self, *_arguments: Any, **_named: Any) -> None:
        self._stop_work()
        await self._outlet.close()

    def _stop_work(self) -> None:
        self._stop.set()
        self._lines.stop.set()

    def _end_sender(self) -> None:
        sender, self._sender = self._sender, None
        if sender is not None:
            sender.stop()

    def _dead(self, taken: Taken, reason: str, detail: str) -> None:
        """Send a record to the dead letters, from the thread of the stores."""
        if self._loop is not None:
            sending = self._outlet.send([self._dead_letter(taken, reason, detail)], self._stop)
            try:
                asyncio.run_coroutine_threadsafe(sending, self._loop).result(_SEND_S)
            except (TimeoutError, RuntimeError) as exc:  # RuntimeError: the loop has ended
                raise StoppedError("kafka") from exc

    def _dead_letter(self, taken: Taken, reason: str, detail: str) -> Message:
        told = {
            "topic": taken.topic,
            "partition": str(taken.partition),
            "offset": str(taken.offset),
            "reason": reason,
            "detail": detail,
        }
        headers = tuple((name, text.encode("utf-8", "backslashreplace")) for name, text in told.items())
        return Message(self._topics.deadletters.name, 0, taken.value, headers=headers)


class _Process(faust.Worker):
    """Faust's own, with an end: after a crash its stop in order has been seen to wait for ever."""

    def on_worker_shutdown(self) -> None:
        """Give the stop in order a while."""
        end_within(_STOP_S, 1 if sys.exc_info()[0] else 0)


async def batches(stream: StreamT[bytes], most_bytes: int) -> AsyncIterator[list[EventT[Any]]]:
    """Yield the events that are at hand, together, not many more than `most_bytes`; they are not acknowledged."""
    queue = stream.channel.queue  # type: ignore[attr-defined]  # an agent's stream has a channel
    batch: list[EventT[Any]] = []
    size = 0
    async for event in stream.noack().events():  # type: ignore[attr-defined]  # the interface lacks it
        batch.append(event)
        size += len(event.value or b"")
        if queue.empty() or len(batch) >= _MOST_RECORDS or size >= most_bytes:
            yield batch
            batch, size = [], 0


def acknowledge(events: list[EventT[Any]]) -> None:
    """Let Faust commit these events."""
    for event in events:
        event.ack()


def _taken(event: EventT[Any]) -> Taken:
    message = event.message
    return Taken(
        message.topic, message.partition, message.offset, int((message.timestamp or 0) * 1000), event.value or b""
    )


def _application(plan: Plan) -> faust.App:
    kafka = plan.kafka
    return App(
        kafka.prefix,
        broker=[f"kafka://{address.strip()}" for address in kafka.bootstrap.split(",")],
        broker_credentials=_credentials(kafka),
        datadir=plan.datadir,
        autodiscover=False,
        store="memory://",
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        processing_guarantee="at_least_once",
        agent_supervisor=CrashingSupervisor,
        stream_wait_empty=False,
        stream_buffer_maxsize=256,
        broker_max_poll_records=256,
        broker_commit_interval=1.0,
        broker_session_timeout=kafka.session_timeout_s,
        broker_heartbeat_interval=kafka.session_timeout_s / 6,
        broker_request_timeout=kafka.session_timeout_s * 2,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=RECORD_BYTES,
    )


def _credentials(kafka: KafkaSettings) -> Any:
    context = tls(kafka)
    if kafka.username is not None:
        password = kafka.password.get_secret_value() if kafka.password else ""
        return faust.SASLCredentials(
            username=kafka.username, password=password, mechanism=kafka.sasl, ssl_context=context
        )
    return faust.SSLCredentials(context=context) if context else None
