"""What the engine does not do for quiet observations, however many rules and devices there are."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest

from rules.conditions._base import Limit, Verdict
from rules.conditions.threshold import Threshold
from rules.engine import compile_rules, empty_state, step
from rules.model import Severity
from rules.watch import Watch


class Counted(msgspec.Struct, kw_only=True):
    """A threshold that counts how often it is asked."""

    inner: Threshold
    judged: int = 0
    asked_quiet: int = 0
    reads: str = "values"
    severities: tuple[Severity, ...] = ()

    @property
    def properties(self) -> tuple[str, ...]:
        """Return the properties of the threshold."""
        return self.inner.properties

    def quiet(self) -> tuple[float, float]:
        """Count, and ask the threshold."""
        self.asked_quiet += 1
        return self.inner.quiet()

    def judge(self, value: float) -> Verdict:
        """Count, and ask the threshold."""
        self.judged += 1
        return self.inner.judge(value)

    def each(self, value: float) -> tuple[Verdict, ...]:
        """Count, and ask the threshold."""
        return (self.judge(value),)

    def describe(self, value: float) -> str:
        """Ask the threshold."""
        return self.inner.describe(value)

    def limits(self) -> tuple[Limit, ...]:
        """Ask the threshold."""
        return self.inner.limits()


def test_step_judges_no_quiet_observation(world: Any) -> None:
    """Conditions are asked once for the interval of alike devices, and never about a value inside it."""
    condition: Any = Counted(inner=world.threshold())
    devices = [world.device(f"g{number}") for number in range(50)]
    program, state = compile_rules((world.rule(condition),), devices), empty_state()
    for at_s in range(0, 600, 60):
        batch = [world.observation(world.series(device), at_s, 12.0) for device in devices]
        step(program, state, batch, world.at(at_s))

    assert (condition.judged, condition.asked_quiet) == (0, 1)


def test_step_rests_again_after_an_alert(world: Any) -> None:
    """When the lateness bound has passed after the end of an alert, the series is quiet as before."""
    condition: Any = Counted(inner=world.threshold())
    device = world.device()
    series = world.series(device)
    program, state = compile_rules((world.rule(condition),), (device,)), empty_state()
    for at_s, value in ((0, 20), (60, 1), (120, 1), (181, 1)):
        step(program, state, (world.observation(series, at_s, value),), world.at(at_s))
    judged = condition.judged
    step(program, state, (world.observation(series, 240, 1),), world.at(240))

    assert judged == condition.judged
    assert state.rows == {}


def test_step_remembers_only_the_bound(world: Any) -> None:
    """What is kept of a quiet series does not grow with time."""
    device = world.device()
    series = world.series(device)
    program, state = compile_rules((world.rule(),), (device,)), empty_state()
    for at_s in range(0, 60_000, 10):
        step(program, state, (world.observation(series, at_s, 1.0),), world.at(at_s))
    recent = state.watches[series.id]

    assert isinstance(recent, Watch)
    recent.order()
    assert len(recent.times) <= 2 * (120 / 10 + 4)


@pytest.mark.slow
@pytest.mark.parametrize("rules", [1, 400])
def test_step_quiet_observations_are_cheap(world: Any, rules: int) -> None:
    """A quiet observation costs microseconds at most (measured well below one; the bound allows for busy machines)."""
    devices = [world.device(f"g{number}") for number in range(2000)]
    series = [world.series(device) for device in devices]
    catalogue = [
        world.rule(world.threshold(limit=100.0 + number), id=f"flood.r{number}", version=str(number))
        for number in range(rules)
    ]
    program, state = compile_rules(catalogue, devices), empty_state()
    best_s = float("inf")
    for minute in range(8):
        batch = [world.observation(item, minute * 60, 5.0) for item in series]
        began_s = time.perf_counter()
        step(program, state, batch, world.at(minute * 60))
        best_s = min(best_s, time.perf_counter() - began_s)

    assert best_s / len(series) < 5e-6
