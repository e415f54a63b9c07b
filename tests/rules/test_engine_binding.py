"""Rules that are edited, devices that go, states of other programs."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from rules.engine import check, compile_rules, empty_state, load, next_check_at_ms, step, unremembered
from rules.errors import RuleStateError
from rules.model import Rule, State
from rules.state import VERSION, Phase, RuleState, pack, unpack


def firing_rows(world: Any, *rules: Rule) -> list[tuple[str, str, str, bytes]]:
    """Return the stored rows of rules that fire for one gauge."""
    device = world.device()
    program, state = compile_rules(rules, (device,)), empty_state()
    made = step(program, state, (world.observation(world.series(device), 0, 20),), world.at(0))
    return [(*key, packed) for key, packed in made.changed.items() if packed is not None]


def test_load_goes_on(world: Any) -> None:
    """A rule that fires goes on firing, and resolves as it would have."""
    rows = firing_rows(world, world.rule())
    device = world.device()
    program = compile_rules((world.rule(),), (device,))
    state = load(program, rows, world.at(30))
    series = world.series(device)

    assert step(program, state, (world.observation(series, 60, 20),), world.at(60)).transitions == ()
    made = step(program, state, (world.observation(series, 120, 1),), world.at(120))
    assert world.told(made.transitions) == [("resolved", 120)]


def test_load_ends_only_the_rule_that_changed(world: Any) -> None:
    """The state of an edited rule is dropped, and what it had firing is resolved; other rules go on."""
    rows = firing_rows(world, world.rule(), world.rule(id="flood.other"))
    device = world.device()
    rules = world.rule(version="v2"), world.rule(id="flood.other")
    program = compile_rules(rules, (device,))
    state = load(program, rows, world.at(60))
    made = step(program, state, (world.observation(world.series(device), 60, 20),), world.at(61))

    assert [(item.rule_id, item.rule_version, item.state) for item in made.transitions] == [
        ("flood.road", "v1", State.RESOLVED),
        ("flood.road", "v2", State.FIRING),
    ]
    assert made.transitions[0].reason == "the rule was changed, or the rule or the device is gone"
    assert {("flood.other", "g1"), ("flood.road", "g1")} == set(state.rows)


@pytest.mark.parametrize("gone", ["rule", "device", "selection"])
def test_check_ends_what_is_gone(world: Any, gone: str) -> None:
    """A rule or device that is gone, or that no longer selects, leaves no alert firing for ever."""
    rows = firing_rows(world, world.rule())
    rule = world.rule(where=(("place", ("underpass",)),)) if gone == "selection" else world.rule()
    devices = () if gone == "device" else (world.device(),)
    program = compile_rules(() if gone == "rule" else (rule,), devices)
    state = load(program, rows, world.at(60))

    assert world.at(60) == next_check_at_ms(program, state)
    made = check(program, state, world.at(70))
    assert world.told(made.transitions) == [("resolved", 70)]
    assert made.changed == {("flood.road", "device", "g1"): None}
    assert check(program, state, world.at(80)).transitions == ()


def test_check_drops_what_is_only_pending_without_a_word(world: Any) -> None:
    """Nobody was told of it as firing, so nobody is told of its end."""
    rows = firing_rows(world, world.rule(for_s=600))
    program = compile_rules((), (world.device(),))
    made = check(program, load(program, rows, world.at(60)), world.at(70))

    assert made.transitions == ()
    assert made.changed == {("flood.road", "device", "g1"): None}


def test_step_with_another_program_keeps_the_rest(world: Any) -> None:
    """Rules may be exchanged under a running state: what did not change goes on, silence counts on."""
    device = world.device()
    series = world.series(device)
    first = compile_rules((world.rule(),), (device,))
    state = empty_state()
    step(first, state, (world.observation(series, 0, 20),), world.at(0))
    second = compile_rules((world.rule(), world.silence()), (device,))

    assert step(second, state, (), world.at(100)).transitions == ()
    made = check(second, state, world.at(200))
    assert [(item.rule_id, item.state) for item in made.transitions] == [("weather.silent", "firing")]
    assert State.FIRING is state.rows["flood.road", "g1"].stand[0].status


def test_unpack_gives_back_what_was_packed() -> None:
    """State survives its stored form."""
    state = RuleState(
        rule_version="abc",
        kind="cell",
        stand=(Phase(State.FIRING, 5, 3, 16.5, 9, (1, 5)), Phase()),
        base=(Phase(), Phase()),
        history=[(3, 16.5), (5, 17.0)],
        emitted=[(State.PENDING, 3), (State.FIRING, 5)],
        shown=(State.FIRING, 5, 1),
    )

    assert state == unpack(pack(state), "flood.road of g1")


def test_unpack_reads_rows_of_version_1() -> None:
    """A row that an older program wrote goes on."""
    old = [1, "abc", ["firing", 5, 3, 16.5, 9], ["inactive"], [[3, 16.5]], [["firing", 5]], ["firing", 5]]

    assert unpack(msgspec.msgpack.encode(old), "flood.road of g1") == RuleState(
        rule_version="abc",
        stand=(Phase(State.FIRING, 5, 3, 16.5, 9),),
        history=[(3, 16.5)],
        emitted=[(State.FIRING, 5)],
        shown=(State.FIRING, 5, 0),
    )


def test_unpack_refuses_a_newer_version() -> None:
    """A row of a newer program is not guessed at."""
    packed = msgspec.msgpack.encode([VERSION + 1, {"something": "new"}])

    with pytest.raises(RuleStateError) as caught:
        unpack(packed, "flood.road of g1")
    assert str(caught.value) == (
        f"rule state of flood.road of g1 has version {VERSION + 1}, this program reads up to {VERSION}: "
        "run the newer program, or delete the row to begin anew"
    )


@pytest.mark.parametrize("packed", [b"", b"\xc1", b"\x91\x01", b"\x92\x01\x02", b"\x93\x01\xa1a\xa1b", b"\x92\x02\x02"])
def test_unpack_refuses_damage(packed: bytes) -> None:
    """Damaged bytes are one clear error."""
    with pytest.raises(RuleStateError, match=r"rule state of r of g is damaged .*: delete the row to begin anew"):
        unpack(packed, "r of g")


def test_unremembered_names_what_rules_look_back_at(world: Any) -> None:
    """A series that is first heard of, and those of its area, are asked for as far back as a rule looks."""
    window = world.condition("window", property="weather.water_level", function="avg", over="1h", above=10)
    one, two, far = world.device(), world.device("g2"), world.device("g3", cell="450107003013002")
    program = compile_rules((world.rule(window, subject="cell"), world.rule(id="flood.one")), (one, two, far))
    state = empty_state()
    batch = (world.observation(world.series(one), 0, 1.0), world.observation(world.series(one, "device.rssi"), 0, -90))
    asked = unremembered(program, state, batch)

    assert asked == {("g1", "weather.water_level"): 3_720_000, ("g2", "weather.water_level"): 3_720_000}
    step(program, state, batch, world.at(0))
    assert unremembered(program, state, batch) == {}


def test_other_program_keeps_the_samples(world: Any) -> None:
    """Rules that are exchanged while everything runs go on with the windows that are known."""
    window = world.condition("window", property="weather.water_level", function="sum", over="10m", above=10)
    device = world.device()
    series = world.series(device)
    program, state = compile_rules((world.rule(window),), (device,)), empty_state()
    step(program, state, (world.observation(series, 0, 7.0),), world.at(0))
    second = compile_rules((world.rule(window), world.rule(id="flood.other")), (device,))
    batch = (world.observation(series, 60, 7.0),)

    assert unremembered(second, state, batch) == {}
    assert world.told(step(second, state, batch, world.at(60)).transitions) == [("firing", 60)]
