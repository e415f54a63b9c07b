"""What is too much: buckets of tokens by receipt time, against a plain count of tokens."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import rate
from ingest.model import Frame, Refusal
from ingest.rate import UNLIMITED, Limit, Meter, RateLimiter, Rates
from ingest.redrive import wrap

START_MS = 1_790_000_000_000
ARRIVALS = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.integers(0, 3_000)), min_size=1, max_size=120
)


def frame(topic: str = "t", at_ms: int = 0, source: str = "mqtt") -> Frame:
    """Return a frame that was received so long after the start."""
    return Frame(topic, b"", START_MS + at_ms, source)


def refused(limiter: RateLimiter, frames: list[Frame]) -> list[bool]:
    """Tell of each frame whether it is too many."""
    over = limiter.over(frames)
    return [id(one) in over for one in frames]


class Counted:
    """A bucket of tokens as one would write it down."""

    def __init__(self, limit: Limit) -> None:
        self.most = Fraction(limit.per_s) * Fraction(limit.burst_s)
        self.per_ms = Fraction(limit.per_s) / 1000
        self.tokens, self.at_ms = self.most, 0

    def takes(self, at_ms: int) -> bool:
        """Tell whether there is a token at this time, and take it."""
        self.tokens = min(self.most, self.tokens + (at_ms - self.at_ms) * self.per_ms)
        self.at_ms = at_ms
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


@given(ARRIVALS, st.sampled_from([Limit(4, 2), Limit(10, 1), Limit(2, 5)]), st.integers(1, 20))
def test_topics_like_counted_tokens(arrivals: list[tuple[str, str, int]], limit: Limit, size: int) -> None:
    """Each topic of a source has its own bucket, and it makes no difference how frames are parted into epochs."""
    frames = []
    for source, topic, at_ms in sorted(arrivals, key=lambda one: one[2]):
        frames.append(frame(topic, at_ms, source))
    counted: dict[tuple[str, str], Counted] = {}
    expected = []
    for one in frames:
        bucket = counted.setdefault((one.source, one.topic), Counted(limit))
        expected.append(not bucket.takes(one.received_at_ms - START_MS))
    limiter = RateLimiter(Rates({}, {"a": limit, "b": limit}))
    found: dict[int, bool] = {}
    for start in range(0, len(frames), size):
        part = sorted(frames[start : start + size], key=lambda one: one.source)
        found |= {id(one): over for one, over in zip(part, refused(limiter, part), strict=True)}

    assert [found[id(one)] for one in frames] == expected


@given(ARRIVALS, st.sampled_from([Limit(4, 2), Limit(10, 1)]))
def test_source_like_counted_tokens(arrivals: list[tuple[str, str, int]], limit: Limit) -> None:
    """The limit of a source counts what all its topics send, and nothing of other sources."""
    frames = [frame(topic, at_ms, source) for source, topic, at_ms in sorted(arrivals, key=lambda one: one[::2])]
    bucket = Counted(limit)
    expected = [one.source == "a" and not bucket.takes(one.received_at_ms - START_MS) for one in frames]

    assert refused(RateLimiter(Rates({"a": limit}, {})), frames) == expected


def test_burst_then_the_long_run() -> None:
    """A quiet topic may send what it has not used up, then one frame for each that comes back."""
    limiter = RateLimiter(Rates({}, {"mqtt": Limit(10, 3)}))

    assert sum(refused(limiter, [frame() for _ in range(100)])) == 70
    assert refused(limiter, [frame(at_ms=99), frame(at_ms=100), frame(at_ms=100)]) == [True, False, True]


def test_what_a_topic_refuses_its_source_does_not_count() -> None:
    """A mad device takes nothing from the limit of its source beyond its own."""
    limiter = RateLimiter(Rates({"mqtt": Limit(10, 1)}, {"mqtt": Limit(2, 1)}))
    mad, quiet = [frame("mad") for _ in range(50)], [frame(f"quiet-{number}") for number in range(8)]

    assert sum(refused(limiter, mad + quiet)) == 48


def test_nothing_is_too_many_nothing_is_changed() -> None:
    """The usual case hands back the decoder itself; a frame that is too many is a refusal with its reason."""
    limiter = RateLimiter(Rates({}, {"mqtt": Limit(1, 2)}))
    frames = [frame() for _ in range(3)]

    def decode(_frame: Frame) -> tuple[()]:
        return ()

    assert limiter.guard(frames[:2], decode) is decode
    assert RateLimiter(UNLIMITED).guard(frames * 1_000, decode) is decode
    assert limiter.guard(frames[2:], decode)(frames[2]) == Refusal(
        stage="normalise", reason="rate_limited", detail="the topic 't' sends more than 1 frames/s"
    )


def test_clock_that_is_set_back() -> None:
    """A clock set back a little gives no new tokens; one set back by hours begins anew."""
    limiter = RateLimiter(Rates({}, {"mqtt": Limit(1, 1)}))

    assert refused(limiter, [frame(at_ms=10_000), frame(at_ms=9_000)]) == [False, True]
    assert refused(limiter, [frame(at_ms=-8_000_000), frame(at_ms=-8_000_000)]) == [False, True]


def test_topics_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Topics that could send all at once again need not be known: their number is bounded."""
    monkeypatch.setattr(rate, "MAX_TOPICS", 10)
    limiter = RateLimiter(Rates({}, {"mqtt": Limit(1, 2)}))
    limiter.over([frame(f"t{number}") for number in range(10)])
    limiter.over([frame("mad", 2_000) for _ in range(2)])

    assert set(limiter._full_us["mqtt"]) == {"mad"}
    assert refused(limiter, [frame("mad", 2_000)]) == [True]


def test_what_is_published_again_is_not_refused_again() -> None:
    """Letters that were received in one moment share a topic of the envelope, and come back all at once."""
    limit = Limit(1, 2)
    limiter = RateLimiter(Rates({"mqtt": limit}, {"mqtt": limit}))
    topic = wrap("t", "mqtt", START_MS)

    assert not any(refused(limiter, [frame(topic) for _ in range(100)]))


def test_many_at_once() -> None:
    """Of a number all pass or none, each key by itself; who must wait is told how long; a huge number passes once."""
    meter = Meter(Limit(per_s=10, burst_s=2))

    assert [meter.take("a", 15, START_MS), meter.take("a", 15, START_MS), meter.take("b", 15, START_MS)] == [
        0,
        1_000,
        0,
    ]
    assert [meter.take("a", 15, START_MS + 999), meter.take("a", 15, START_MS + 1_000)] == [1, 0]
    assert [meter.take("c", 100, START_MS), meter.take("c", 1, START_MS)] == [0, 8_100]
