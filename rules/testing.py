"""Runs the tests that rules carry, on the engine that also runs live.

A test has one device of the rule's domain, with the attributes that the rule selects by and the test's interval as its
cadence; series named `name/property` are those of further devices like it. It begins at `start`, local time of the
middle of Nanning. At each interval the values of all series are observed and received, and the clock is looked at.
Expected is the complete list of firing and resolved transitions of the device, or of its cell or sub-district; pending
ones and severities count only in tests that name one.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

import msgspec

from ingest.model import Device, Observation, Property, Series, series_id
from rules.durations import write
from rules.engine import check, compile_rules, empty_state, next_check_at_ms, step
from rules.model import Rule, State, Transition
from rules.rule_file import DeviceEntry, TestEntry
from rules.schema import Loaded
from rules.view import Locale

UNDER_TEST = "device-under-test"
LOCALE = Locale(
    ZoneInfo("Asia/Shanghai"), touching=lambda cell: (f"{cell[:-3]}{number:03}" for number in range(1, 1000))
)
_ALIKE = DeviceEntry.model_validate({})
_CELL = "450107003013001"
_LAT, _LON = 22.83, 108.3
_METRES_A_DEGREE = 111_195 * math.cos(math.radians(_LAT))  # of longitude
_ID_DIGITS = {"cell": 15, "subdistrict": 9}


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Change:
    """A transition as tests speak of it: seconds after the first value, and the state."""

    at_s: int
    state: State
    severity: str = ""

    def __str__(self) -> str:
        """Return `3m firing`."""
        return f"{write(self.at_s)} {self.state} {self.severity}".rstrip()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one test: `got` is compared with `expected`; `seen` are all `transitions`, as changes."""

    loaded: Loaded
    test: TestEntry
    line: int
    expected: tuple[Change, ...]
    got: tuple[Change, ...]
    seen: tuple[Change, ...]
    transitions: tuple[Transition, ...]

    @property
    def passed(self) -> bool:
        """True if what was expected came, and nothing else."""
        return self.expected == self.got


def run(loaded: Loaded, dictionary: Mapping[str, Property]) -> Iterator[Outcome]:
    """Yield the outcome of each test of a rule, in the order of its file."""
    for test, line in zip(loaded.tests, loaded.test_lines, strict=True):
        transitions = tuple(_transitions(loaded.rule, test, dictionary))
        named = {State(item.state) for item in test.expect} | {State.FIRING, State.FLAPPING, State.RESOLVED}
        levelled = any(item.severity for item in test.expect)
        start_ms = _start_ms(test)
        yield Outcome(
            loaded=loaded,
            test=test,
            line=line,
            expected=tuple(sorted(Change(item.at, State(item.state), item.severity or "") for item in test.expect)),
            got=tuple(
                sorted(_change(item, start_ms, levelled=levelled) for item in transitions if item.state in named)
            ),
            seen=tuple(_change(item, start_ms, levelled=loaded.rule.levels > 1) for item in transitions),
            transitions=transitions,
        )


def _start_ms(test: TestEntry) -> int:
    return round(dt.datetime.fromisoformat(test.start).replace(tzinfo=LOCALE.zone).timestamp() * 1000)


def _change(transition: Transition, start_ms: int, *, levelled: bool) -> Change:
    severity = transition.severity.value if levelled and transition.state is not State.RESOLVED else ""
    return Change((transition.since_ms - start_ms) // 1000, transition.state, severity)


def _transitions(rule: Rule, test: TestEntry, dictionary: Mapping[str, Property]) -> Iterator[Transition]:
    series = _series(rule, test, dictionary)
    devices = {one.device.id: one.device for one in series.values()}
    program, state = compile_rules((rule,), devices.values(), locale=LOCALE), empty_state()
    start_ms = _start_ms(test)
    subject = _CELL[: _ID_DIGITS[rule.subject]] if rule.subject in _ID_DIGITS else device_for(rule, test.interval).id
    for index in range(max(len(values) for values in test.series.values())):
        now_ms = start_ms + index * test.interval * 1000
        observed = [
            Observation(series[name], values[index] or 0.0, now_ms, now_ms)
            for name, values in test.series.items()
            if index < len(values) and values[index] is not None
        ]
        made = step(program, state, observed, now_ms).transitions
        due_ms = next_check_at_ms(program, state)
        if due_ms is not None and due_ms <= now_ms:
            made += check(program, state, now_ms).transitions
        yield from (one for one in made if one.subject.id == subject)


def _series(rule: Rule, test: TestEntry, dictionary: Mapping[str, Property]) -> dict[str, Series]:
    """Return the series of a test by the names that they have there."""
    own, made = device_for(rule, test.interval), {}
    for written in test.series:
        name, _, observed_property = written.rpartition("/")
        device = _further(own, name, test.devices.get(name, _ALIKE)) if name else own
        identity = series_id(device.id, observed_property)
        made[written] = Series(id=identity, device=device, property=dictionary[observed_property])
    return made


def _further(own: Device, name: str, entry: DeviceEntry) -> Device:
    return msgspec.structs.replace(
        own,
        id=name,
        domain=entry.attributes.get("domain", own.domain),
        kind=entry.attributes.get("kind", own.kind),
        cell=entry.cell or own.cell,
        lon=own.lon + entry.east_m / _METRES_A_DEGREE,
        attributes=own.attributes | entry.attributes,
    )


def device_for(rule: Rule, cadence_s: int) -> Device:
    """Return a device that the rule selects, with one observation every `cadence_s` seconds."""
    attributes = {name: allowed[0] for name, allowed in rule.where}
    return Device(
        id=attributes.pop("id", UNDER_TEST),
        domain=attributes.pop("domain", rule.domain),
        kind=attributes.pop("kind", "device"),
        cell=_CELL,
        lat=_LAT,
        lon=_LON,
        cadence_s=cadence_s,
        attributes=attributes,
    )
