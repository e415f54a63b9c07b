"""Runs a city against a broker: sends what is due by the run's clock, lets crews work, keeps the truth file.

The clock and the waiting are handed in, so that one scaled clock serves the whole system and tests need no time.
"""

from __future__ import annotations

import dataclasses
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from simulators.city import Emission
from simulators.crew import Crew
from simulators.incidents import Book, write
from simulators.publisher import Publisher
from simulators.scenario import Planner

_TRUTH_EVERY_FRAMES = 2_000
_SLICE_S = 0.2  # the longest single wait, so that a stop is heeded soon
_FLUSH_S = 20.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """The run's clock: `now_ms` in virtual time, `wall_s` how many wall seconds a virtual duration takes."""

    now_ms: Callable[[], int]
    wall_s: Callable[[float], float]


@dataclasses.dataclass(slots=True, kw_only=True)
class Report:
    """What a run did; `late_s` is how far (wall seconds) sending fell behind the clock at worst.

    A run that begins after its start first catches up; that is no lateness, unless it never does.
    """

    published: int = 0
    acknowledged: int = 0
    unacknowledged: int = 0
    incidents: int = 0
    tasks_done: int = 0
    late_s: float = 0.0


def befall(frames: Iterator[Emission], planner: Planner, book: Book, start_ms: int) -> Iterator[Emission]:
    """Pass frames on, and enter the scenario's incidents into the book before the frames of their turn."""
    every_ms, turn = planner.scenario.repeat_every, 0
    for incident in planner.plan(start_ms):
        book.add(incident)
    for frame in frames:
        while every_ms and frame.send_ms >= start_ms + (turn + 1) * every_ms:
            turn += 1
            busy = {one.device_id for one in book.begun(frame.send_ms) if one.fixed_ms is None}
            for incident in planner.plan(start_ms + turn * every_ms, turn, busy):
                book.add(incident)
        yield frame


def send(
    frames: Iterator[Emission],
    publishers: Sequence[Publisher],
    pulse: Pulse,
    stop: threading.Event,
    *,
    truth: TruthFile,
) -> Report:
    """Send every frame when it is due, until the stream ends or `stop` is set; then wait for acknowledgements.

    A device always uses the same connection, so its frames keep their order.
    """
    report = Report()
    caught_up = False
    for frame in frames:
        while (ahead_s := pulse.wall_s(frame.send_ms - pulse.now_ms())) > 0 and not stop.is_set():
            caught_up, report.late_s = True, report.late_s if caught_up else 0.0
            stop.wait(min(ahead_s, _SLICE_S))
        if stop.is_set():
            break
        report.late_s = max(report.late_s, -ahead_s) if caught_up else -ahead_s
        publishers[zlib.crc32(frame.device_id.encode()) % len(publishers)].publish(frame.topic, frame.payload)
        report.published += 1
        if report.published % _TRUTH_EVERY_FRAMES == 0:
            truth.save(pulse.now_ms())
    report.unacknowledged = sum(publisher.flush(_FLUSH_S) for publisher in publishers)
    report.acknowledged = sum(publisher.acknowledged for publisher in publishers)
    return report


def work(crews: Sequence[Crew], pulse: Pulse, stop: threading.Event, poll_s: float) -> None:
    """Let the crews take turns until `stop` is set; raises CrewError."""
    while not stop.wait(poll_s):
        for crew in crews:
            if stop.is_set():
                return
            crew.turn(pulse.now_ms())


class TruthFile:
    """The file that says what was true, if one is wanted; it is written whole each time."""

    def __init__(self, path: Path | None, book: Book) -> None:
        self._path, self._book = path, book

    def save(self, now_ms: int) -> None:
        """Write all incidents that have begun; raises OSError."""
        if self._path is not None:
            write(self._path, self._book.begun(now_ms))
