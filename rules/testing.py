"""Runs the tests that rules carry, on the engine that also runs live.

A test has one device of the rule's domain, with the attributes that the rule selects by and the test's interval as its
cadence. At each interval the values of all series are observed and received, and the clock is looked at. Expected is
the complete list of firing and resolved transitions; pending ones count only in tests that name one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

from ingest.model import Device, Observation, Property, Series, series_id
from rules.durations import write
from rules.engine import check, compile_rules, empty_state, next_check_at_ms, step
from rules.model import Rule, State, Transition
from rules.rule_file import TestEntry
from rules.schema import Loaded

START_MS = 1_767_571_200_000  # 2026-01-05T00:00:00Z, a Monday


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Change:
    """A transition as tests speak of it: seconds after the first value, and the state."""

    at_s: int
    state: State

    def __str__(self) -> str:
        """Return `3m firing`."""
        return f"{write(self.at_s)} {self.state}"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one test: `got` is compared with `expected`; `transitions` are all that the engine gave."""

    loaded: Loaded
    test: TestEntry
    line: int
    expected: tuple[Change, ...]
    got: tuple[Change, ...]
    transitions: tuple[Transition, ...]

    @property
    def passed(self) -> bool:
        """True if what was expected came, and nothing else."""
        return self.expected == self.got


def run(loaded: Loaded, dictionary: Mapping[str, Property]) -> Iterator[Outcome]:
    """Yield the outcome of each test of a rule, in the order of its file."""
    for test, line in zip(loaded.tests, loaded.test_lines, strict=True):
        transitions = tuple(_transitions(loaded.rule, test, dictionary))
        named = {State(item.state) for item in test.expect} | {State.FIRING, State.RESOLVED}
        yield Outcome(
            loaded=loaded,
            test=test,
            line=line,
            expected=tuple(sorted(Change(item.at, State(item.state)) for item in test.expect)),
            got=tuple(sorted(_change(item) for item in transitions if item.state in named)),
            transitions=transitions,
        )


def _change(transition: Transition) -> Change:
    return Change((transition.since_ms - START_MS) // 1000, transition.state)


def _transitions(rule: Rule, test: TestEntry, dictionary: Mapping[str, Property]) -> Iterator[Transition]:
    device = device_for(rule, test.interval)
    series = {
        name: Series(id=series_id(device.id, name), device=device, property=dictionary[name]) for name in test.series
    }
    program, state = compile_rules((rule,), (device,)), empty_state()
    for index in range(max(len(values) for values in test.series.values())):
        now_ms = START_MS + index * test.interval * 1000
        observed = [
            Observation(series[name], values[index] or 0.0, now_ms, now_ms)
            for name, values in test.series.items()
            if index < len(values) and values[index] is not None
        ]
        yield from step(program, state, observed, now_ms).transitions
        due_ms = next_check_at_ms(program, state)
        if due_ms is not None and due_ms <= now_ms:
            yield from check(program, state, now_ms).transitions


def device_for(rule: Rule, cadence_s: int) -> Device:
    """Return a device that the rule selects."""
    attributes = {name: allowed[0] for name, allowed in rule.where}
    return Device(
        id=attributes.pop("id", "device-under-test"),
        domain=attributes.pop("domain", rule.domain),
        kind=attributes.pop("kind", "device"),
        cell="450107003013001",
        lat=22.83,
        lon=108.3,
        cadence_s=cadence_s,
        attributes=attributes,
    )
