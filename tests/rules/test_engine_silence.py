"""Silence: the only condition that looks at the clock."""

from __future__ import annotations

from typing import Any

from ingest.model import Quality
from rules.engine import check, compile_rules, empty_state, load, next_check_at_ms, settle, step
from rules.state import pack


def test_check_fires_after_three_intervals(world: Any) -> None:
    """A device is silent when more than three of its own intervals passed; since is when they had."""
    device = world.device()
    program, state = compile_rules((world.silence(),), (device,)), empty_state()
    step(program, state, (world.observation(world.series(device), 0, 1),), world.at(0))

    assert check(program, state, world.at(180)).transitions == ()
    made = check(program, state, world.at(181))
    assert world.told(made.transitions) == [("firing", 180)]
    assert made.transitions[0].reason == "no data for 3 intervals of 60 s, last heard of at 2026-01-05T00:00:00Z"
    assert list(made.changed) == [("weather.silent", "device", "g1")]
    assert check(program, state, world.at(9999)).transitions == ()


def test_check_judges_each_device_by_its_cadence(world: Any) -> None:
    """A bin that speaks every five minutes is not silent after three."""
    devices = world.device(), world.device("slow", cadence_s=300)
    program, state = compile_rules((world.silence(),), devices), empty_state()
    check(program, state, world.at(0))

    assert [
        (item.subject.id, item.since_ms - world.at(0)) for item in check(program, state, world.at(899)).transitions
    ] == [("g1", 180_000)]
    assert [item.subject.id for item in check(program, state, world.at(901)).transitions] == ["slow"]


def test_step_any_observation_ends_silence(world: Any) -> None:
    """Even a wrong value of a property that no rule reads is a sign of life."""
    device = world.device()
    series = world.series(device, "device.rssi")
    program, state = compile_rules((world.silence(),), (device,)), empty_state()
    check(program, state, world.at(0))
    check(program, state, world.at(200))
    made = step(program, state, (world.observation(series, 260, -90, Quality.FAIL),), world.at(261))

    assert world.told(made.transitions) == [("resolved", 260)]
    assert made.changed == {("weather.silent", "device", "g1"): None}
    assert world.at(260) == made.transitions[0].received_at_ms
    assert "heard of again at 2026-01-05T00:04:20Z" in made.transitions[0].reason


def test_check_fires_again_after_silence_ended(world: Any) -> None:
    """Each silence is told."""
    device = world.device()
    series = world.series(device)
    program, state = compile_rules((world.silence(),), (device,)), empty_state()
    told = world.told(check(program, state, world.at(0)).transitions)
    for at_s in (200, 600):
        told += world.told(check(program, state, world.at(at_s)).transitions)
        told += world.told(step(program, state, (world.observation(series, at_s, 1),), world.at(at_s)).transitions)

    assert told == [("firing", 180), ("resolved", 200), ("firing", 380), ("resolved", 600)]


def test_step_silent_device_is_judged_too(world: Any) -> None:
    """The observation that ends a silence also drives the other rules."""
    device = world.device()
    program, state = compile_rules((world.silence(), world.rule()), (device,)), empty_state()
    check(program, state, world.at(0))
    check(program, state, world.at(200))
    made = step(program, state, (world.observation(world.series(device), 260, 20),), world.at(260))

    assert [(item.rule_id, item.state) for item in made.transitions] == [
        ("weather.silent", "resolved"),
        ("flood.road", "firing"),
    ]


def test_load_counts_every_device_as_heard_of(world: Any) -> None:
    """While we were down nobody was silent."""
    device = world.device()
    program = compile_rules((world.silence(),), (device,))
    state = load(program, (), world.at(10_000))

    assert check(program, state, world.at(10_180)).transitions == ()
    assert world.told(check(program, state, world.at(10_181)).transitions) == [("firing", 10_180)]


def test_load_goes_on_with_a_silence(world: Any) -> None:
    """A device that was silent before stays so, without a second firing, until it is heard of."""
    device = world.device()
    program, state = compile_rules((world.silence(),), (device,)), empty_state()
    check(program, state, world.at(0))
    check(program, state, world.at(200))
    rows = [(rule, "device", subject, pack(row)) for (rule, subject), row in state.rows.items()]
    state = load(program, rows, world.at(1000))

    assert check(program, state, world.at(5000)).transitions == ()
    made = step(program, state, (world.observation(world.series(device), 5000, 1),), world.at(5000))
    assert world.told(made.transitions) == [("resolved", 5000)]


def test_settle_excuses_a_time_without_hearing(world: Any) -> None:
    """When the broker was away, the count begins anew."""
    device = world.device()
    program, state = compile_rules((world.silence(),), (device,)), empty_state()
    check(program, state, world.at(0))
    settle(state, world.at(500))

    assert check(program, state, world.at(600)).transitions == ()
    assert world.told(check(program, state, world.at(700)).transitions) == [("firing", 680)]


def test_next_check_is_when_somebody_may_be_silent(world: Any) -> None:
    """The runtime sleeps until then; without such rules it need not look."""
    device = world.device()
    program, state = compile_rules((world.silence(),), (device,)), empty_state()
    check(program, state, world.at(0))

    assert world.at(180) + 1 == next_check_at_ms(program, state)
    step(program, state, (world.observation(world.series(device), 100, 1),), world.at(100))
    check(program, state, world.at(181))
    assert world.at(280) + 1 == next_check_at_ms(program, state)
    plain = compile_rules((world.rule(),), (device,))
    assert None is next_check_at_ms(plain, load(plain, (), world.at(0)))


def test_check_binds_a_new_state(world: Any) -> None:
    """A state that has not run yet asks to be looked at at once."""
    program, state = compile_rules((world.silence(),), (world.device(),)), empty_state()

    assert next_check_at_ms(program, state) == 0


def test_check_waits_for_the_gateway(world: Any) -> None:
    """While the gateway says nothing, only the gateway is silent; when it speaks again, who still does not is."""
    gateway = world.device("gw", kind="gateway", cadence_s=120)
    circuit, lamp = world.device("circuit", parent="gw"), world.device("lamp", parent="circuit")
    program, state = compile_rules((world.silence(),), (gateway, circuit, lamp)), empty_state()
    batch = [world.observation(world.series(device, "device.rssi"), 0, -90) for device in (gateway, circuit, lamp)]
    step(program, state, batch, world.at(0))

    def silent(at_s: int) -> list[str]:
        return sorted(one.subject.id for one in check(program, state, world.at(at_s)).transitions)

    assert [silent(200), silent(361), silent(2000)] == [[], ["gw"], []]
    step(program, state, [world.observation(world.series(gateway, "device.rssi"), 2010, -90)], world.at(2010))
    step(program, state, [world.observation(world.series(circuit, "device.rssi"), 2020, -90)], world.at(2020))
    assert silent(2070) == ["lamp"]


def test_check_does_not_wait_for_a_gateway_that_never_speaks(world: Any) -> None:
    """Many gateways report nothing of themselves; a circle of parents ends."""
    gateway, lamp = world.device("gw", kind="gateway", parent="lamp"), world.device("lamp", parent="gw")
    program, state = compile_rules((world.silence(),), (gateway, lamp)), empty_state()
    step(program, state, [world.observation(world.series(lamp), 0, 1)], world.at(0))

    assert "lamp" in {one.subject.id for one in check(program, state, world.at(200)).transitions}
