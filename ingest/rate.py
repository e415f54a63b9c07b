"""How fast frames may come: a bucket of tokens for each topic, and one for each source that has a limit of its own.

A bucket holds `per_s · burst_s` tokens and is full at the beginning; `per_s` come back every second of receipt time. A
frame takes one token, or is refused before anybody looks into it (`rate_limited`). So one device that has gone mad
costs little, whoever else sends is not held up, and what was refused lies in the dead letters.

A bucket is kept as one number: the time by which it will be full again (the generic cell rate algorithm, ITU-T I.371
annex A). The same frames at the same times give the same verdicts. Frames that are published again (`ingest.redrive`)
have no limit: they were refused once for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ingest.errors import Reason, shown, unacceptable
from ingest.flow import Decode
from ingest.model import Frame, Observation, Refusal
from ingest.parting import by_source
from ingest.redrive import PREFIX

MAX_TOPICS = 200_000
_CLOCK_SET_BACK_US = 3_600_000_000  # by more than this: what was counted means nothing any more


class Limit(NamedTuple):
    """So many frames a second on the long run; what was not used up is kept for `burst_s`."""

    per_s: float
    burst_s: float


class Rates(NamedTuple):
    """The limit of each source as a whole, and of each topic of a source; one that is not there has none."""

    sources: Mapping[str, Limit]
    topics: Mapping[str, Limit]


UNLIMITED = Rates({}, {})


class _Bucket(NamedTuple):
    cost_us: int  # what a frame takes, as time
    slack_us: int  # how far from full it may be when a frame comes

    @classmethod
    def of(cls, limit: Limit) -> _Bucket:
        cost_us = max(1, round(1e6 / limit.per_s))
        return cls(cost_us, (max(1, round(limit.per_s * limit.burst_s)) - 1) * cost_us)


class Meter:
    """Buckets of tokens for many at once: all of a number pass, or none."""

    def __init__(self, limit: Limit) -> None:
        self._bucket = _Bucket.of(limit)
        self._full_us: dict[str, int] = {}

    def take(self, key: str, count: int, now_ms: int) -> int:
        """Take `count` tokens of a key's bucket and return 0, or take none and return how many ms to wait.

        More than the bucket holds pass when it is full.
        """
        cost_us, slack_us = self._bucket
        now_us = now_ms * 1000
        at_us = max(self._full_us.get(key, 0), now_us)
        wait_us = at_us + min(count * cost_us, slack_us + cost_us) - (now_us + slack_us + cost_us)
        if wait_us > 0:
            return -(-wait_us // 1000)
        self._full_us[key] = at_us + count * cost_us
        return 0


class RateLimiter:
    """Knows which frames are too many. State is a number for each topic that was heard of lately."""

    def __init__(self, rates: Rates) -> None:
        self._rates = rates
        self._topics = {name: _Bucket.of(limit) for name, limit in rates.topics.items()}
        self._sources = {name: _Bucket.of(limit) for name, limit in rates.sources.items()}
        self._full_us: dict[str, dict[str, int]] = {}  # source → topic → when its bucket is full again
        self._source_full_us: dict[str, int] = {}
        self._newest_us = 0

    def guard(self, frames: Sequence[Frame], decode: Decode) -> Decode:
        """Return how to decode these frames, in order of receipt: `decode`, but refuse those that are too many."""
        over = self.over(frames)
        if not over:
            return decode

        def guarded(frame: Frame) -> tuple[Observation, ...] | Refusal:
            return self._refusal(frame) if id(frame) in over else decode(frame)

        return guarded

    def over(self, frames: Sequence[Frame]) -> frozenset[int]:
        """Return the `id()` of each frame that is too many."""
        over: list[int] = []
        for source, part in by_source(frames):
            self._look_at_the_clock(part[0].received_at_ms * 1000)
            begin_us = self._newest_us
            if source in self._topics:
                over += self._over_topic(self._topics[source], self._full_us.setdefault(source, {}), part)
            if source in self._sources:
                over += self._over_source(self._sources[source], begin_us, part, frozenset(over))
        self._forget()
        return frozenset(over)

    def _over_topic(self, bucket: _Bucket, full_us: dict[str, int], frames: Sequence[Frame]) -> list[int]:
        over = []
        cost_us, slack_us = bucket
        now_ms, now_us = 0, self._newest_us
        for frame in frames:  # the hot path
            if frame.received_at_ms != now_ms:
                now_ms = frame.received_at_ms
                now_us = max(now_us, now_ms * 1000)
            topic = frame.topic
            at_us = full_us.get(topic, 0)
            if at_us <= now_us:
                full_us[topic] = now_us + cost_us
            elif at_us - now_us <= slack_us:
                full_us[topic] = at_us + cost_us
            elif not topic.startswith(PREFIX):
                over.append(id(frame))
        self._newest_us = now_us
        return over

    def _over_source(
        self, bucket: _Bucket, begin_us: int, frames: Sequence[Frame], refused: frozenset[int]
    ) -> list[int]:
        over = []
        now_us, at_us = begin_us, self._source_full_us.get(frames[0].source, 0)
        for frame in frames:
            if id(frame) in refused:
                continue
            now_us = max(now_us, frame.received_at_ms * 1000)
            if at_us - now_us > bucket.slack_us and not frame.topic.startswith(PREFIX):
                over.append(id(frame))
            else:
                at_us = max(at_us, now_us) + bucket.cost_us
        self._source_full_us[frames[0].source] = at_us
        self._newest_us = max(self._newest_us, now_us)
        return over

    def _look_at_the_clock(self, now_us: int) -> None:
        if now_us < self._newest_us - _CLOCK_SET_BACK_US:
            self._full_us.clear()
            self._source_full_us.clear()
            self._newest_us = 0

    def _forget(self) -> None:
        """Keep the number of topics bounded: those whose buckets are full need not be known."""
        for source, full_us in self._full_us.items():
            if len(full_us) > MAX_TOPICS:
                kept = {topic: at_us for topic, at_us in full_us.items() if at_us > self._newest_us}
                self._full_us[source] = kept if len(kept) <= MAX_TOPICS else {}

    def _refusal(self, frame: Frame) -> Refusal:
        limit = self._rates.topics.get(frame.source)
        bound = f"{limit.per_s:g} frames/s" if limit else "its limit"
        place = f"the topic {shown(frame.topic)} sends more than {bound}"
        if frame.source in self._rates.sources:
            place += f", or the source {frame.source} more than {self._rates.sources[frame.source].per_s:g} frames/s"
        return unacceptable(Reason.RATE_LIMITED, place).refusal
