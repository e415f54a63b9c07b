"""Makes and checks the topics (aiokafka's administration client): the one place that may change them.

Nothing else creates a topic: one that was made in passing would have the wrong number of partitions, and the sub-
districts would be parted otherwise than the case store has them.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    KafkaError,
    NotCoordinatorForGroupError,
    TopicAlreadyExistsError,
    for_code,
)

from deploy.commands._base import AwayError, UserError
from deploy.runtimes.cluster.connection import options
from deploy.runtimes.cluster.topics import Topic, Topics
from deploy.settings import KafkaSettings

_TIMEOUT_MS = 10_000
_COORDINATOR_TRIES = 60


class State(NamedTuple):
    """How a topic is: its partitions (0: it does not exist), what is wrong (None: nothing), and whether we made it."""

    name: str
    partitions: int
    problem: str | None
    created: bool = False


async def create(kafka: KafkaSettings, topics: Topics) -> list[State]:
    """Create the topics that are missing; return how all of them are. Raises UserError where Kafka cannot be asked."""
    async with _administrator(kafka) as admin:
        found = await _partitions(admin)
        missing = [one for one in topics if one.name not in found]
        if missing:
            wanted = [
                NewTopic(one.name, one.partitions, kafka.replication, topic_configs=one.config) for one in missing
            ]
            answer = await admin.create_topics(wanted)
            for name, code, *message in answer.topic_errors:
                error = for_code(code)
                if code and error is not TopicAlreadyExistsError:
                    raise UserError(f"kafka refuses topic {name}: {error.__name__} {' '.join(filter(None, message))}")
        made = {one.name for one in missing}
        found |= {one.name: one.partitions for one in missing}
        return [state._replace(created=state.name in made) for state in _states(topics, found)]


async def check(kafka: KafkaSettings, topics: Topics) -> list[State]:
    """Return how the topics are. Raises UserError where Kafka cannot be asked."""
    async with _administrator(kafka) as admin:
        return _states(topics, await _partitions(admin))


async def ends(kafka: KafkaSettings, topic: Topic) -> dict[int, int]:
    """Return the offset that the next record of each partition will have."""
    consumer = AIOKafkaConsumer(**options(kafka, "ends"), request_timeout_ms=_TIMEOUT_MS)
    try:
        await consumer.start()
        parts = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
        found = await consumer.end_offsets(parts)
    except (KafkaError, OSError) as exc:
        raise _unreachable(kafka, exc) from exc
    finally:
        await consumer.stop()
    return {part.partition: offset for part, offset in found.items()}


async def lag(kafka: KafkaSettings, topics: Iterable[Topic]) -> int:
    """Return how many records of these topics the workers have not committed yet."""
    waiting = 0
    async with _administrator(kafka) as admin:
        for topic in topics:
            parts = {TopicPartition(topic.name, number): end for number, end in (await ends(kafka, topic)).items()}
            marks = await admin.list_consumer_group_offsets(kafka.prefix, partitions=list(parts))
            waiting += sum(max(0, end - max(0, marks[part].offset)) for part, end in parts.items())
    return waiting


async def await_coordinator(kafka: KafkaSettings) -> None:
    """Return when Kafka has a coordinator for the group of the workers: a new cluster takes a while to make one.

    Faust ends, or hangs, where it has none. Raises UserError after a minute.
    """
    async with _administrator(kafka) as admin:
        for attempt in range(_COORDINATOR_TRIES):
            try:
                await admin.find_coordinator(kafka.prefix)
            except (GroupCoordinatorNotAvailableError, NotCoordinatorForGroupError):
                if attempt == _COORDINATOR_TRIES - 1:
                    raise
                await asyncio.sleep(1)
            else:
                return


def refuse_problems(states: Iterable[State]) -> None:
    """Raise UserError with every topic that is not as it must be."""
    problems = [state.problem for state in states if state.problem]
    if problems:
        raise UserError("\n".join(problems))


@contextlib.asynccontextmanager
async def _administrator(kafka: KafkaSettings) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(**options(kafka, "topics"), request_timeout_ms=_TIMEOUT_MS)
    try:
        await admin.start()
        yield admin
    except (KafkaError, OSError) as exc:
        raise _unreachable(kafka, exc) from exc
    finally:
        await admin.close()


def _unreachable(kafka: KafkaSettings, error: Exception) -> AwayError:
    return AwayError(
        f"kafka at {kafka.bootstrap} cannot be used: {type(error).__name__} {error} (start it, or mend kafka.bootstrap)"
    )


async def _partitions(admin: AIOKafkaAdminClient) -> dict[str, int]:
    found: list[dict[str, Any]] = await admin.describe_topics()
    return {str(one["topic"]): len(one["partitions"]) for one in found}


def _states(topics: Topics, found: dict[str, int]) -> list[State]:
    return [State(one.name, found.get(one.name, 0), _problem(one, found.get(one.name))) for one in topics]


def _problem(topic: Topic, partitions: int | None) -> str | None:
    if partitions is None:
        return f"topic {topic.name} does not exist: run `wangge topics create`"
    if partitions != topic.partitions:
        return (
            f"topic {topic.name} has {partitions} partitions, not {topic.partitions}: set kafka.partitions to "
            f"{partitions}, or take another kafka.prefix and create its topics"
        )
    return None
