"""Scenario files: the shipped ones, how incidents are dealt out, and what faulty files are told."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec
import pytest

from ingest.devices import Register
from simulators import scenario
from simulators.scenario import Planner, Scenario, duration_ms


def _shipped(name: str) -> Scenario:
    found, faults = scenario.load(scenario.FOLDER / f"{name}.yaml")
    assert found is not None, faults
    return found


@pytest.mark.parametrize("name", scenario.names())
def test_shipped_scenarios_are_valid(register: Register, name: str) -> None:
    """Every shipped scenario loads and finds its devices in the sample site, several times over."""
    planner = Planner(scenario=_shipped(name), devices=tuple(register.devices.values()), seed=7)

    for turn in range(3):
        planner.plan(0, turn)


def test_evening_has_work_for_everybody(register: Register) -> None:
    """The demo hour has two incidents or more a domain, no device twice, early ones only, and a false fix."""
    evening = _shipped("evening")

    incidents = Planner(scenario=evening, devices=tuple(register.devices.values()), seed=7).plan(1_000)

    assert evening.start_ms == 1_795_516_200_000
    assert min(Counter(one.domain for one in incidents).values()) >= 2
    assert {one.domain for one in incidents} == {"traffic", "weather", "lighting", "waste"}
    assert len({one.device_id for one in incidents}) == len(incidents)
    assert max(one.start_ms for one in incidents) <= 1_000 + 15 * 60_000
    assert sum(one.false_fixes_planned for one in incidents) >= 1


def test_plan_depends_on_seed_and_turn_only(register: Register) -> None:
    """The same seed befalls the same devices whatever their order; another seed or turn befalls others."""
    devices = tuple(register.devices.values())
    evening = _shipped("evening")
    first = Planner(scenario=evening, devices=devices, seed=7).plan(0)

    assert first == Planner(scenario=evening, devices=devices[::-1], seed=7).plan(0)
    assert first != Planner(scenario=evening, devices=devices, seed=8).plan(0)
    turn = Planner(scenario=evening, devices=devices, seed=7).plan(0, 1)
    assert {one.device_id for one in first} != {one.device_id for one in turn}


def test_plan_spares_busy_devices(register: Register) -> None:
    """A device where something is wrong already gets nothing more."""
    planner = Planner(scenario=_shipped("evening"), devices=tuple(register.devices.values()), seed=7)
    busy = {one.device_id for one in planner.plan(0)}

    assert busy.isdisjoint(one.device_id for one in planner.plan(0, busy=busy))


def test_plan_says_when_devices_are_missing(register: Register) -> None:
    """A scenario that asks for more devices than fit is refused."""
    lamp = msgspec.structs.replace(register.devices["lamp-00001"], kind="street_light")

    with pytest.raises(ValueError, match="road_flooded: 1 devices are wanted, and 0 fit"):
        Planner(scenario=_shipped("evening"), devices=(lamp,), seed=7).plan(0)


def test_load_lists_every_fault(tmp_path: Path) -> None:
    """Unknown effects, faults and fields, and wrong durations, are told with their lines."""
    path = tmp_path / "bad.yaml"
    path.write_text(
        "version: 1\n"
        "title: {zh: 坏, en: Bad}\n"
        "start: 2026-11-24T18:30:00+08:00\n"
        "duration: soon\n"
        "weather: wet\n"
        "faults: {gremlins: 0.5, late: 2}\n"
        "incidents:\n"
        "  - {effect: road_flooded, at: 3m}\n"
        "  - {effect: earthquake, at: 3m}\n",
        encoding="utf-8",
    )

    found, faults = scenario.load(path)

    assert found is None
    assert {fault.line for fault in faults} == {4, 5, 6, 9}
    assert "'soon' is not a duration such as 90s, 5m, 2h or 1d" in str(faults[0])


@pytest.mark.parametrize("text, expected", [("90s", 90_000), ("5m", 300_000), ("2h", 7_200_000), ("1d", 86_400_000)])
def test_duration_ms(text: str, expected: int) -> None:
    """Durations are a number and a unit."""
    assert duration_ms(text) == expected


@pytest.mark.parametrize("text", ["", "5", "m", "-5m", "5 m", "1.5h", 5, None])
def test_duration_ms_refuses(text: object) -> None:
    """Anything else is refused."""
    with pytest.raises(ValueError, match="is not a duration"):
        duration_ms(text)
