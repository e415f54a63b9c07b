"""What the running pipeline says of itself: metrics once an epoch, and the heartbeat that console and demo read."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from deploy import metrics
from deploy.clock import Clock, monotonic_s, wall_ms
from ingest.flow import Counts, Intake
from rules.model import State, Transition

_RATE_WINDOW_S = 5.0
_LATENCIES = 10_000
_REPORT_S = 1.0


class Link(Protocol):
    """The connection to the source, as the heartbeat tells of it."""

    @property
    def connected(self) -> bool:
        """Tell whether frames can be heard."""

    @property
    def problem(self) -> str | None:
        """Why not, for people."""

    @property
    def links(self) -> Mapping[str, bool]:
        """Whether each source can be heard, by its name."""


class Pulse:
    """Times the stages of an epoch and counts what came out."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._started_s = self._lap_s = self._began_s = monotonic_s()
        self._recent: deque[tuple[float, int, int]] = deque()
        self._latencies_ms: deque[float] = deque(maxlen=_LATENCIES)
        self._reported_s = -_REPORT_S

    def begin(self, frames: int) -> None:
        """Start an epoch."""
        self._began_s = self._lap_s = monotonic_s()
        if frames:
            metrics.EPOCH_FRAMES.observe(frames)

    def lap(self, stage: str) -> None:
        """End a stage."""
        now_s = monotonic_s()
        metrics.STAGE_SECONDS.labels(stage).observe(now_s - self._lap_s)
        self._lap_s = now_s

    def end(
        self, intakes: Sequence[Intake], counts: Sequence[Counts], transitions: Sequence[Transition], now_ms: int
    ) -> None:
        """Count a committed and acknowledged epoch."""
        for intake, row in zip(intakes, counts, strict=True):
            metrics.FRAMES.labels(intake.source).inc(row.frames)
            metrics.ACKNOWLEDGED.labels(intake.source).inc(row.frames)
            for outcome in ("stored", "duplicate", "refused", "dead_lettered"):
                metrics.OBSERVATIONS.labels(outcome).inc(getattr(row, outcome))
            for letter in intake.letters:
                metrics.REFUSALS.labels(letter.refusal.stage, letter.refusal.reason).inc()
            self._recent.append((self._began_s, row.frames, row.received))
        while self._recent and self._recent[0][0] < self._began_s - _RATE_WINDOW_S:
            self._recent.popleft()
        for one in transitions:
            metrics.TRANSITIONS.labels(one.state).inc()
            if one.state is State.FIRING and one.received_at_ms:
                seen_ms = max(evidence.phenomenon_time_ms for evidence in one.evidence)
                latency_s = self._clock.wall_s(now_ms - seen_ms)
                metrics.ALERT_SECONDS.observe(latency_s)
                self._latencies_ms.append(latency_s * 1000)

    @property
    def report_due(self) -> bool:
        """Tell whether the heartbeat is due (once a second)."""
        return monotonic_s() - self._reported_s >= _REPORT_S

    def report(self, source: Link, epoch: int, now_ms: int) -> dict[str, Any]:
        """Return the heartbeat: wall time, connection, epoch number, rates per second of wall time, alert latency."""
        self._reported_s = monotonic_s()
        for name, connected in source.links.items():
            metrics.CONNECTED.labels(name).set(connected)
        span_s = min(_RATE_WINDOW_S, max(monotonic_s() - self._started_s, 1e-3))
        latencies = sorted(self._latencies_ms)
        return {
            "at_wall_ms": wall_ms(),
            "now_ms": now_ms,
            "connected": source.connected,
            "problem": source.problem,
            "links": dict(source.links),
            "epoch": epoch,
            "frames_per_s": round(sum(row[1] for row in self._recent) / span_s, 1),
            "observations_per_s": round(sum(row[2] for row in self._recent) / span_s, 1),
            "latency_ms": {"p50": _quantile(latencies, 0.5), "p99": _quantile(latencies, 0.99)},
        }


def _quantile(ordered: Sequence[float], share: float) -> float | None:
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1) if ordered else None
