"""Plays observations of a few devices in order and in disorder; the shared means of tests of conditions of samples."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from ingest.model import Device, Observation
from rules.engine import EngineState, Program, compile_rules, empty_state, load, recall, step
from rules.model import Rule, State, Transition
from rules.samples import Keeping, Samples
from rules.view import Locale, Member, View

LATENESS_S = 120
Sample = tuple[int, int, float]
"""(seconds after the one before, number of the series, value)."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A rule and the series (device, property) that it sees; `past` days of the first one have gone before."""

    world: Any
    rule: Rule
    series: tuple[tuple[Device, str], ...]
    locale: Locale = Locale()  # noqa: RUF009 - immutable
    past: int = 0

    @property
    def program(self) -> Program:
        """Return the program of the rule."""
        devices = {device.id: device for device, _ in self.series}
        return compile_rules((self.rule,), devices.values(), lateness_s=LATENESS_S, locale=self.locale)

    def observe(self, samples: Sequence[Sample]) -> list[Observation]:
        """Return observations in order of time; two of one series never have the same."""
        at_s, seen, made = 0, set(), []
        for gap_s, number, value in samples:
            at_s += gap_s
            device, name = self.series[number % len(self.series)]
            if (at_s, device.id, name) not in seen:
                seen.add((at_s, device.id, name))
                made.append(self.world.observation(self.world.series(device, name), at_s, value))
        return made

    def _with_past(self, parts: Sequence[Sequence[Observation]]) -> list[Sequence[Observation]]:
        """Return parts after one with a value of 10 for each hour of the days before."""
        series = self.world.series(*self.series[0])
        hours = [self.world.observation(series, -3600 * hour, 10.0) for hour in range(24 * self.past, 0, -1)]
        return [hours, *parts] if hours else list(parts)

    def play(self, parts: Sequence[Sequence[Observation]]) -> tuple[EngineState, list[Transition]]:
        """Step batch after batch; return the state and all transitions."""
        program, state = self.program, empty_state()
        told: list[Transition] = []
        for part in self._with_past(parts):
            made = step(program, state, part, part[-1].result_time_ms)
            assert made.too_late == 0
            told += made.transitions
        return state, told

    def play_with_restarts(self, parts: Sequence[Sequence[Observation]]) -> tuple[EngineState, list[Transition]]:
        """Step batch after batch with a restart before each: rows are stored, samples recalled from the history."""
        rows: dict[tuple[str, str, str], bytes] = {}
        told: list[Transition] = []
        history: list[Observation] = []
        state = empty_state()
        for part in self._with_past(parts):
            program = self.program
            state = load(program, [(*key, packed) for key, packed in rows.items()], part[0].result_time_ms)
            recall(program, state, history)
            made = step(program, state, part, part[-1].result_time_ms)
            told += made.transitions
            history += part
            rows = {key: packed for key, packed in (rows | made.changed).items() if packed is not None}
        return state, told

    def stands(self, state: EngineState) -> dict[str, Any]:
        """Return where the life cycles of all subjects stand, those at rest left out."""
        return {
            key[1]: row.stand
            for key, row in state.rows.items()
            if any(phase.status != "inactive" for phase in row.stand)
        }


def disturb(observations: Sequence[Observation], delays: Sequence[int]) -> list[Observation]:
    """Return them in the order of arrival, each with its delay in seconds (so none is later than the bound)."""
    arrivals = sorted(enumerate(observations), key=lambda item: item[1].phenomenon_time_ms + 1000 * delays[item[0]])
    return [observation for _, observation in arrivals]


def batches(observations: Sequence[Observation], cuts: set[int]) -> list[Sequence[Observation]]:
    """Return them split before the places of `cuts`."""
    edges = [0, *sorted(cut for cut in cuts if 0 < cut < len(observations)), len(observations)]
    return [observations[first:last] for first, last in pairwise(edges)]


def identities(told: Sequence[Transition]) -> list[tuple[str, State, int]]:
    """Return (subject, state, since)."""
    return [(item.subject.id, item.state, item.since_ms) for item in told]


def last_words(told: Sequence[Transition]) -> dict[str, tuple[State, str]]:
    """Return what was told last of each subject that it says fires: state and severity."""
    last = {item.subject.id: item for item in told if item.state is not State.PENDING}
    return {name: (item.state, item.severity) for name, item in last.items() if item.state is not State.RESOLVED}


def samples_of(values: Sequence[float], series: int = 1) -> Any:
    """Return a strategy of lists of samples."""
    sample = st.tuples(st.integers(0, 80), st.integers(0, series - 1), st.sampled_from(values))
    return st.lists(sample, min_size=1, max_size=40)


DELAYS = st.lists(st.integers(0, LATENESS_S), min_size=40, max_size=40)
CUTS = st.sets(st.integers(0, 40), max_size=12)


def view_of(world: Any, streams: Mapping[str, Sequence[tuple[float, float]]], at_s: float | None = None) -> View:
    """Return what a device says: (seconds, value) of each property, seen at a time (without one: at the last)."""
    return area_of(world, [(world.device(), streams)], at_s, anchor="g1")


def area_of(
    world: Any,
    devices: Sequence[tuple[Device, Mapping[str, Sequence[tuple[float, float]]]]],
    at_s: float | None = None,
    anchor: str | None = None,
) -> View:
    """Return what several devices say, with the focus on the anchor or the first."""
    members, last_s = {}, 0.0
    for device, streams in devices:
        series = {}
        for name, stream in streams.items():
            kept = Samples(Keeping(10**12, 10_000))
            for sample_s, value in stream:
                kept.add(world.at(sample_s), value)
                last_s = max(last_s, sample_s)
            series[name] = kept
        members[device.id] = Member(device, series)
    focus = members[anchor] if anchor else next(iter(members.values()))
    return View(world.at(last_s if at_s is None else at_s), focus, members, Locale(), anchor)
