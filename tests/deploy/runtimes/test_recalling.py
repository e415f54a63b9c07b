"""After a start rules look back into the time-series store."""

from __future__ import annotations

import threading

import msgspec

from deploy.runtimes.recalling import recall
from ingest import dictionary
from ingest.devices import Register
from ingest.model import Device, Observation, Quality
from ingest.stores.memory import MemoryStore
from rules import engine
from rules.model import Rule, Severity, State, Text
from rules.schema import kinds

T0 = 1_767_571_200_000
LEVEL = "weather.water_level"
PROPERTIES, _ = dictionary.load()
DEVICE = Device(
    id="g1", domain="weather", kind="gauge", cell="450107003013001", lat=22.8, lon=108.3, cadence_s=60, attributes={}
)


def rule() -> Rule:
    """Return a rule about the sum of ten minutes."""
    kind = kinds()["window"]
    options = {"property": LEVEL, "function": "sum", "over": "10m", "at_least": 10}
    return Rule(
        id="rain.sum",
        version="v1",
        domain="weather",
        title=Text(zh="和", en="Sum"),
        subject="device",
        severity=Severity.MINOR,
        condition=kind.build(kind.options.model_validate(options), PROPERTIES),
    )


def test_recall_brings_the_window_back() -> None:
    """What was stored before the start counts, what is older than the rule looks does not."""
    register = Register({"g1": DEVICE}, PROPERTIES)
    series = register.series("g1", LEVEL)
    assert series is not None
    store = MemoryStore()
    store.write([Observation(series, value, T0 + at_ms, T0 + at_ms) for at_ms, value in ((0, 90.0), (500_000, 6.0))])
    fresh = [Observation(series, 5.0, T0 + 900_000, T0 + 900_000)]
    program, state = engine.compile_rules((rule(),), (DEVICE,)), engine.empty_state()
    recall(state, program, fresh, (store, register), threading.Event())
    told = engine.step(program, state, fresh, T0 + 900_000).transitions

    assert [(one.state, one.reason) for one in told] == [
        (State.FIRING, "weather.water_level: sum over 10m is 11 cm, at least 10")
    ]


def test_what_was_given_up_is_still_to_come() -> None:
    """Observations that a killed epoch has stored were not judged: they are not recalled, and fire when they come."""
    register = Register({"g1": DEVICE}, PROPERTIES)
    series = register.series("g1", LEVEL)
    assert series is not None
    store = MemoryStore()
    left = [Observation(series, value, T0 + at_ms, T0 + at_ms) for at_ms, value in ((0, 6.0), (60_000, 5.0))]
    store.write(left)
    program, state = engine.compile_rules((rule(),), (DEVICE,)), engine.empty_state()

    recall(state, program, left[1:], (store, register), threading.Event(), lambda _series: T0)
    told = engine.step(program, state, left[1:], T0 + 60_000).transitions

    assert [(one.state, one.since_ms) for one in told] == [(State.FIRING, T0 + 60_000)]


def test_backlog_and_a_wrong_clock() -> None:
    """The past is read back from the oldest of a backlog; an observation of the year 2100 does not move it away."""
    register = Register({"g1": DEVICE}, PROPERTIES)
    series = register.series("g1", LEVEL)
    assert series is not None
    store = MemoryStore()
    store.write([Observation(series, 6.0, T0, T0)])
    hour, century = 3_600_000, 2_400_000_000_000
    fresh = [
        Observation(series, 5.0, T0 + 60_000, T0 + hour),
        Observation(series, 0.0, T0 + hour, T0 + hour),
        Observation(series, 99.0, T0 + century, T0 + hour, Quality.FAIL),
    ]
    program, state = engine.compile_rules((rule(),), (DEVICE,)), engine.empty_state()

    recall(state, program, fresh, (store, register), threading.Event(), lambda _series: T0)
    told = engine.step(program, state, fresh, T0 + hour).transitions

    assert [(one.state, one.since_ms) for one in told] == [(State.FIRING, T0 + 60_000), (State.RESOLVED, T0 + hour)]


def test_weeks_go_on_after_a_restart() -> None:
    """Of weeks only the rows of hours are loaded and the last hours read; the first value is held against them."""
    register = Register({"g1": DEVICE}, PROPERTIES)
    series = register.series("g1", LEVEL)
    assert series is not None
    kind, store = kinds()["baseline"], MemoryStore()
    options = {"property": LEVEL, "min_difference": 20.0, "of_last": "1m", "min_days": 2}
    weeks = msgspec.structs.replace(rule(), condition=kind.build(kind.options.model_validate(options), PROPERTIES))
    program, state = engine.compile_rules((weeks,), (DEVICE,)), engine.empty_state()
    rows: dict[engine.RowKey, bytes | None] = {}
    past = [Observation(series, 5.0, T0 + quarter * 900_000, T0) for quarter in range(400)]
    for first in range(0, 400, 30):
        store.write(past[first : first + 30])
        rows |= engine.step(program, state, past[first : first + 30], T0).changed
    now_ms = T0 + 400 * 900_000
    fresh = [Observation(series, value, now_ms + at_ms, now_ms) for at_ms, value in ((0, 90.0), (120_000, 90.0))]

    again = engine.load(program, [(*key, packed) for key, packed in rows.items() if packed], now_ms)
    recall(again, program, fresh, (store, register), threading.Event())
    told = engine.step(program, again, fresh, now_ms).transitions

    assert [one.reason for one in told] == ["weather.water_level is normally -15 to 25 cm on workdays at 04 h, now 90"]
