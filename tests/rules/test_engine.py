"""The engine in order: pending, firing, resolved; hysteresis; quality; which rules watch which device."""

from __future__ import annotations

from typing import Any

import pytest

from ingest.model import Quality
from rules.engine import EngineState, Step, compile_rules, empty_state, step
from rules.model import Evidence, Rule, State, Subject
from rules.state import RuleState

GAUGE = ("device", "g1")


def feed(world: Any, rule: Rule, *samples: tuple[float, float]) -> tuple[EngineState, list[tuple[str, float]]]:
    """Step the samples (seconds, value) one by one; return the state and what was told."""
    device = world.device()
    series = world.series(device)
    program, state = compile_rules((rule,), (device,)), empty_state()
    told = []
    for at_s, value in samples:
        made = step(program, state, (world.observation(series, at_s, value),), world.at(at_s))
        told += world.told(made.transitions)
    return state, told


def test_step_waits_for_the_duration(world: Any) -> None:
    """A condition is pending until an observation at least `for` later still satisfies it."""
    _, told = feed(world, world.rule(for_s=120), (0, 16), (60, 16), (119, 16), (121, 16), (180, 16))

    assert told == [("pending", 0), ("firing", 121)]


def test_step_fires_at_once_without_duration(world: Any) -> None:
    """With `for: 0` nothing is pending."""
    _, told = feed(world, world.rule(), (0, 16), (60, 9))

    assert told == [("firing", 0), ("resolved", 60)]


def test_step_lapsed_pending_says_nothing(world: Any) -> None:
    """A pending condition that clears goes without a word, and leaves no state once the bound has passed."""
    state, told = feed(world, world.rule(for_s=120), (0, 16), (60, 9), (120, 9), (181, 9))

    assert told == [("pending", 0)]
    assert state.rows == {}


def test_step_between_the_limits_keeps_the_state(world: Any) -> None:
    """A value between the limits neither clears a firing rule nor fires a pending one nor makes one pending."""
    _, told = feed(world, world.rule(for_s=60), (0, 12), (60, 16), (120, 12), (180, 16), (240, 12), (300, 9.9))

    assert told == [("pending", 60), ("firing", 180), ("resolved", 300)]


def test_step_must_stay_clear(world: Any) -> None:
    """`keep_firing_for` begins anew when the condition holds again."""
    rule = world.rule(keep_firing_for_s=120)
    _, told = feed(world, rule, (0, 16), (60, 9), (120, 16), (180, 9), (240, 9), (300, 9))

    assert told == [("firing", 0), ("resolved", 300)]


def test_step_gap_moves_nothing(world: Any) -> None:
    """Hours without data neither fire nor resolve."""
    state, told = feed(world, world.rule(for_s=120), (0, 16), (121, 16), (20_000, 12))

    assert told == [("pending", 0), ("firing", 121)]
    assert State.FIRING is state.rows["flood.road", "g1"].stand[0].status


@pytest.mark.parametrize("quality, value", [(Quality.FAIL, 99.0), (Quality.MISSING, float("nan"))])
def test_step_wrong_values_drive_nothing(world: Any, quality: Quality, value: float) -> None:
    """Observations found wrong or missing neither fire nor resolve."""
    device = world.device()
    series = world.series(device)
    program, state = compile_rules((world.rule(),), (device,)), empty_state()
    made = step(program, state, (world.observation(series, 0, value, quality),), world.at(0))

    assert Step() == made
    assert state.rows == {}


def test_step_wrong_value_does_not_resolve(world: Any) -> None:
    """A failed sensor that reads zero does not end an alert."""
    device = world.device()
    series = world.series(device)
    program, state = compile_rules((world.rule(),), (device,)), empty_state()
    step(program, state, (world.observation(series, 0, 20.0),), world.at(0))
    made = step(program, state, (world.observation(series, 60, 0.0, Quality.FAIL),), world.at(60))

    assert Step() == made


def test_step_suspect_value_drives(world: Any) -> None:
    """A doubtful value still counts: better a false alert than a missed flood."""
    device = world.device()
    program, state = compile_rules((world.rule(),), (device,)), empty_state()
    observation = world.observation(world.series(device), 0, 20.0, Quality.SUSPECT)

    assert world.told(step(program, state, (observation,), world.at(0)).transitions) == [("firing", 0)]


def test_step_firing_names_values_and_limit(world: Any) -> None:
    """The transition says in words what was seen, and has both observations as evidence."""
    device = world.device()
    series = world.series(device)
    program, state = compile_rules((world.rule(for_s=120),), (device,)), empty_state()
    batch = [world.observation(series, at_s, value) for at_s, value in ((0, 16), (60, 17), (120, 18.5))]
    pending, firing = step(program, state, batch, world.at(120)).transitions

    assert pending.reason == "weather.water_level is 16 cm, above 15; fires if that lasts for 2 min"
    assert firing.reason == "weather.water_level is 18.5 cm, above 15, for 2 min (since 2026-01-05T00:00:00Z)"
    assert firing.evidence == (
        Evidence(device_id="g1", observed_property="weather.water_level", value=16, phenomenon_time_ms=world.at(0)),
        Evidence(device_id="g1", observed_property="weather.water_level", value=18.5, phenomenon_time_ms=world.at(120)),
    )
    assert Subject(kind="device", id="g1") == firing.subject
    assert world.at(120) == firing.received_at_ms


def test_step_resolved_names_the_clear_limit(world: Any) -> None:
    """The end says how long it has been clear."""
    device = world.device()
    series = world.series(device)
    program, state = compile_rules((world.rule(keep_firing_for_s=60),), (device,)), empty_state()
    batch = [world.observation(series, at_s, value) for at_s, value in ((0, 16), (60, 8), (120, 7))]
    made = step(program, state, batch, world.at(120))

    assert made.transitions[-1].reason == "weather.water_level is 7 cm, below 10, clear for 1 min"


def test_step_batch_is_judged_in_time_order(world: Any) -> None:
    """Observations of one series in one batch may stand in any order."""
    device = world.device()
    series = world.series(device)
    program, state = compile_rules((world.rule(for_s=60, keep_firing_for_s=0),), (device,)), empty_state()
    samples = ((180, 9.0), (60, 16.0), (240, 9.0), (0, 16.0), (120, 16.0))
    made = step(program, state, [world.observation(series, *sample) for sample in samples], world.at(240))

    assert world.told(made.transitions) == [("pending", 0), ("firing", 60), ("resolved", 180)]


def test_step_changed_holds_only_what_changed(world: Any) -> None:
    """Rows of subjects that nothing happened to are not written; a row is deleted when it says nothing more."""
    device, other = world.device(), world.device("g2")
    series, quiet = world.series(device), world.series(other)
    program, state = compile_rules((world.rule(),), (device, other)), empty_state()

    def keys(at_s: float, value: float) -> dict[tuple[str, str, str], bool]:
        batch = (world.observation(series, at_s, value), world.observation(quiet, at_s, 1.0))
        return {key: row is not None for key, row in step(program, state, batch, world.at(at_s)).changed.items()}

    assert [{}, {("flood.road", *GAUGE): True}, {("flood.road", *GAUGE): True}] == [
        keys(0, 1),
        keys(60, 20),
        keys(120, 1),
    ]
    assert {("flood.road", *GAUGE): False} == keys(300, 1)
    assert keys(360, 1) == {}


@pytest.mark.parametrize(
    "where, watched",
    [
        ((), True),
        ((("place", ("road",)),), True),
        ((("place", ("underpass", "road")), ("kind", ("water_level_gauge",))), True),
        ((("place", ("underpass",)),), False),
        ((("lanes", ("2",)),), False),
        ((("domain", ("traffic",)),), False),
        ((("domain", ("traffic", "weather")),), True),
        ((("id", ("g1",)),), True),
        ((("id", ("g2",)),), False),
    ],
)
def test_step_where_selects_devices(
    world: Any, where: tuple[tuple[str, tuple[str, ...]], ...], *, watched: bool
) -> None:
    """Every attribute of `where` must match; kind, domain and id are attributes too."""
    _, told = feed(world, world.rule(where=where), (0, 20))

    assert [("firing", 0)] * watched == told


def test_step_rule_of_another_domain_does_not_watch(world: Any) -> None:
    """A rule that names no domain selects the devices of its own."""
    _, told = feed(world, world.rule(domain="traffic"), (0, 20))

    assert told == []


def test_step_judges_devices_that_are_not_registered(world: Any) -> None:
    """What reaches the rules is judged; only silence needs the register."""
    series = world.series(world.device())
    program, state = compile_rules((world.rule(),), ()), empty_state()
    made = step(program, state, (world.observation(series, 0, 20),), world.at(0))

    assert world.told(made.transitions) == [("firing", 0)]


def test_step_two_rules_on_one_series(world: Any) -> None:
    """Each rule has its own limits and its own state."""
    high = world.rule(world.threshold(limit=27.0, clear=None), id="flood.deep")
    device = world.device()
    series = world.series(device)
    program, state = compile_rules((world.rule(), high), (device,)), empty_state()
    samples = ((0, 16.0), (60, 30.0), (120, 26.0), (180, 5.0))
    made = step(program, state, [world.observation(series, *sample) for sample in samples], world.at(180))

    assert [(item.rule_id, item.state) for item in made.transitions] == [
        ("flood.road", State.FIRING),
        ("flood.deep", State.FIRING),
        ("flood.deep", State.RESOLVED),
        ("flood.road", State.RESOLVED),
    ]


def test_step_repeated_observation_changes_nothing(world: Any) -> None:
    """An observation of a time that is known says nothing new."""
    state, told = feed(world, world.rule(for_s=60), (0, 16), (60, 16), (60, 1), (0, 1))

    assert told == [("pending", 0), ("firing", 60)]
    assert isinstance(state.rows["flood.road", "g1"], RuleState)
