"""The embedded runtime: one process, one thread of work, committed in epochs.

    frames ─ take_in ─ line (sift, judge, store, commit) ─ acknowledge, in order of arrival, in one write

A crash anywhere redelivers frames whose effects are recognised. A store that is down is tried again until it is back:
nothing is acknowledged meanwhile, and the broker keeps the frames.
"""

from __future__ import annotations

import dataclasses
import functools
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog
from sqlalchemy import Connection

from alerts.store import ledger, meta
from alerts.store.database import reading
from deploy.clock import monotonic_s
from deploy.register_watch import RegisterWatch
from deploy.rules_watch import RulesWatch
from deploy.runtimes.commit import StoppedError
from deploy.runtimes.line import Line, LineParts, Work
from deploy.runtimes.pulse import Link, Pulse
from ingest.drift import Looker
from ingest.flow import take_in
from ingest.model import Frame
from ingest.parting import by_source, together
from ingest.rate import UNLIMITED, RateLimiter, Rates
from ingest.topics import discover

LOG = structlog.get_logger("pipeline")
_TICK_S = 0.25


class Source(Link, Protocol):
    """Where frames come from and are acknowledged to (`ingest.io.sources.Sources`)."""

    def ensure(self) -> None:
        """See to it that frames keep coming."""

    def acknowledge(self, frames: Sequence[Frame]) -> int:
        """Tell the broker that these are safe; return how many it still wanted to know of."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Parts(LineParts):
    """What the runtime is put together from (deploy.app builds it)."""

    source: Source
    rates: Rates = UNLIMITED


class EmbeddedRuntime:
    """Runs the line. `run`, or `epoch` for each batch of frames; the state between is in the stores."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._pulse = Pulse(parts.clock)
        self._ticked_s = 0.0
        self._unacknowledged: list[tuple[str, int, int]] = []
        self._register = RegisterWatch(parts.site, parts.database)
        self._rules = RulesWatch(parts.site, parts.database)
        with reading(parts.database) as connection:
            self._line = Line(parts, connection)
        dialects = discover()
        self._decode = functools.partial(dialects.decode, lookup=parts.site.register)
        self._look = Looker(parts.site.register, dialects.name_of)
        self._rate = RateLimiter(parts.rates)

    def run(self, stop: threading.Event, collect: Callable[[], list[Frame]]) -> None:
        """Work until `stop` is set; what was not committed by then was not acknowledged and comes again."""
        try:
            while not stop.is_set():
                self._parts.source.ensure()
                if any([self._register.look(), self._rules.look()]):
                    self._line.recompile()
                frames = collect()
                if frames or monotonic_s() - self._ticked_s >= _TICK_S:
                    self.epoch(frames, stop)
            self.epoch((), stop)
        except StoppedError as exc:
            LOG.warning("stopped while a store was down", store=str(exc))

    def epoch(self, frames: Sequence[Frame], stop: threading.Event) -> None:
        """Take frames through all stages, commit, acknowledge. Without frames: only what the clock makes due."""
        parts, pulse = self._parts, self._pulse
        now_ms = parts.clock.now_ms()
        pulse.begin(len(frames))
        frames = together(frames)
        intakes = list(take_in(frames, self._rate.guard(frames, self._decode), now_ms, self._look))
        pulse.lap("decode")

        def also(connection: Connection) -> None:
            for source, hour_ms, count in self._unacknowledged:
                ledger.acknowledged(connection, source, hour_ms, count)
            if pulse.report_due:
                meta.put(connection, "pipeline", pulse.report(parts.source, self._line.epoch, now_ms))

        done = self._line.work(Work(intakes, parts.source.connected, also, pulse.lap), stop, now_ms)
        gone = {name for name, part in by_source(frames) if not parts.source.acknowledge(part)}
        self._unacknowledged = [(one.source, one.hour_ms, one.frames) for one in intakes if one.source not in gone]
        self._ticked_s = monotonic_s()
        pulse.end(intakes, done.counts, done.transitions, parts.clock.now_ms())
