"""Brings back what rules look back at: after a start, from the time-series store, when a series is first heard of.

Rules about the last hours would otherwise begin with nothing whenever a process starts or a partition moves. What is
asked for is read once; it was judged before, so nothing is told of it again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

from deploy.runtimes.commit import until_done
from ingest.devices import Register
from ingest.model import Observation, Quality, Series
from ingest.stores._base import SeriesStore, Wanted
from rules import engine as rules
from rules.samples import MOST_IN_WINDOW


def recall(
    state: rules.EngineState,
    program: rules.Program,
    fresh: Sequence[Observation],
    past: tuple[SeriesStore, Register],
    stop: threading.Event,
    taken: Callable[[int], int | None] = lambda _series: None,
) -> None:
    """Let rules remember the past of the series of a batch that they do not know yet.

    `taken` tells up to which time a series (by id) had been taken in when we began: what an epoch that was given up
    has stored beyond is still to come, and to be judged. A derived series is never taken in; it ends before the batch.
    Waits while the store is down; raises StoppedError when `stop` is set meanwhile.
    """
    wanted = rules.unremembered(program, state, fresh)
    if wanted:
        times = [one.phenomenon_time_ms for one in fresh if one.quality < Quality.FAIL]
        newest_ms = max(times, default=max(one.phenomenon_time_ms for one in fresh))
        first_ms: dict[str, int] = {}
        for one in fresh:
            first_ms[one.device_id] = min(one.phenomenon_time_ms, first_ms.get(one.device_id, one.phenomenon_time_ms))

        def end_ms(series: Series) -> int:
            last_ms = taken(series.id)
            return first_ms.get(series.device.id, newest_ms + 1) if last_ms is None else last_ms + 1

        # a backlog holds hours
        oldest_ms = min((at_ms for at_ms in times if at_ms > newest_ms - rules.MOST_RECALLED_MS), default=newest_ms)
        span = oldest_ms, newest_ms
        found = until_done("series", lambda: list(_read(wanted, span, end_ms, *past)), stop)
        rules.recall(program, state, found)


def _read(
    asked: dict[tuple[str, str], int],
    span: tuple[int, int],
    end_ms: Callable[[Series], int],
    store: SeriesStore,
    register: Register,
) -> Iterator[Observation]:
    series = {name: register.series(*name) for name in asked}
    wanted = [
        Wanted(one, span[0] - asked[name], min(end_ms(one), span[1] + 1), MOST_IN_WINDOW)
        for name, one in series.items()
        if one is not None
    ]
    found = store.recent(wanted)
    for one, *_ in wanted:
        for point in found.get(one.id, ()):
            yield Observation(one, point.value, point.time_ms, point.time_ms, point.quality)
