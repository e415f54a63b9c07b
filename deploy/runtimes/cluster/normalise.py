"""Records of frames in, records of observations out: the ingest stage, parted by sub-district. Pure, but for the log.

What one partition gets is one record, whatever number of records of frames it came from and however many sub-districts
share the partition: a record costs far more than an observation. The frames of an intake are counted in one part of it,
and looks go with them; letters go by the topic of their frame, so that a flood of rubbish does not meet in one place.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar

import structlog

from deploy.runtimes.cluster import records
from deploy.runtimes.shard import area_of, shard_of
from ingest.drift import Looker
from ingest.flow import HOUR_MS, Decode, Intake, Letter, take_in
from ingest.model import Frame, Lookup, Refusal
from ingest.parting import together
from ingest.rate import UNLIMITED, RateLimiter, Rates
from ingest.topics import discover

LOG = structlog.get_logger("worker")
SOURCE = "kafka"
Item = TypeVar("Item")


class Taken(NamedTuple):
    """A record as Kafka gave it; `at_ms`: when it was written there."""

    topic: str
    partition: int
    offset: int
    at_ms: int
    value: bytes


class Normalised(NamedTuple):
    """Records of observations with their partitions, and the records that could not be read, with the reason."""

    outputs: list[tuple[int, bytes]]
    unreadable: list[tuple[Taken, records.UnreadableError]]


class Normaliser:
    """Decodes and flags frames for `partitions` partitions of observations."""

    def __init__(self, lookup: Lookup, partitions: int, rates: Rates = UNLIMITED) -> None:
        dialects = discover()
        self._decode: Decode = functools.partial(dialects.decode, lookup=lookup)
        self._look = Looker(lookup, dialects.name_of)
        self._rate = RateLimiter(rates)
        self._partitions = partitions
        self._part = functools.cache(lambda key: shard_of(key, partitions))

    def work(self, taken: Sequence[Taken], now_ms: int) -> Normalised:
        """Return what records of frames give, together; one that brings out a mistake of ours is given up alone."""
        try:
            return self._work(taken, now_ms)
        except Exception as exc:
            LOG.exception("records of frames could not be normalised", records=len(taken))
            if len(taken) > 1:
                parts = [self.work((one,), now_ms) for one in taken]
                return Normalised(
                    [o for one in parts for o in one.outputs], [u for one in parts for u in one.unreadable]
                )
            error = records.UnreadableError("internal", f"{type(exc).__name__}: {exc}")
            place = shard_of(taken[0].topic, self._partitions)
            lost = records.pack_observations([dead(taken[0], error)], {})
            return Normalised([(place, lost)], [(taken[0], error)])

    def _work(self, taken: Sequence[Taken], now_ms: int) -> Normalised:
        frames: list[Frame] = []
        beats: dict[int, int] = {}
        unreadable = []
        poison: list[Intake] = []
        for one in taken:
            try:
                record = records.unpack_frames(one.value)
            except records.UnreadableError as exc:
                unreadable.append((one, exc))
                poison.append(dead(one, exc))
                continue
            frames += record.frames
            if record.beat_ms:
                beats[one.partition] = max(record.beat_ms, beats.get(one.partition, 0))
        frames = list(together(frames))
        decode = self._rate.guard(frames, self._decode)
        parts: dict[int, list[Intake]] = {}
        for intake in (*take_in(frames, decode, now_ms, self._look), *poison):
            for number, part in self._split(intake):
                parts.setdefault(number, []).append(part)
        told = range(self._partitions) if beats else parts
        return Normalised(
            [(number, records.pack_observations(parts.get(number, ()), beats)) for number in told], unreadable
        )

    def _split(self, intake: Intake) -> Iterable[tuple[int, Intake]]:
        observations = _grouped(intake.observations, lambda one: self._part(area_of(one.series.device.cell)))
        letters = _grouped(intake.letters, lambda one: shard_of(one.frame.topic, self._partitions))
        frames, looks = intake.frames, intake.looks
        for number in sorted(observations.keys() | letters.keys()):
            yield (
                number,
                intake._replace(
                    frames=frames,
                    observations=observations.get(number, []),
                    letters=letters.get(number, []),
                    looks=looks,
                ),
            )
            frames, looks = 0, ()
        if frames:  # they were read, and held no observation
            yield 0, intake._replace(frames=frames)


def dead(taken: Taken, error: records.UnreadableError) -> Intake:
    """Return the intake that a record makes which cannot be read: one dead letter with its bytes."""
    frame = Frame(f"kafka/{taken.topic}", taken.value, taken.at_ms, SOURCE)
    detail = f"partition {taken.partition} offset {taken.offset}: {error}"
    letter = Letter(frame, Refusal(stage="decode", reason=error.reason, detail=detail))
    return Intake(SOURCE, taken.at_ms // HOUR_MS * HOUR_MS, 1, [], [letter])


def merge(intakes: Iterable[Intake]) -> list[Intake]:
    """Return the intakes with those of one source and hour made one: each costs a row of the ledger."""
    merged: dict[tuple[str, int], Intake] = {}
    for one in intakes:
        key = one.source, one.hour_ms
        before = merged.get(key)
        merged[key] = one if before is None else _joined(before, one)
    return list(merged.values())


def _joined(before: Intake, after: Intake) -> Intake:
    return before._replace(
        frames=before.frames + after.frames,
        observations=before.observations + after.observations,
        letters=before.letters + after.letters,
        looks=[*before.looks, *after.looks],
    )


def _grouped(items: Sequence[Item], key: Callable[[Item], int]) -> dict[int, list[Item]]:
    groups: dict[int, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups
