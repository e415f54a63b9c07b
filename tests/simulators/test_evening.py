"""The shipped scenarios against the shipped rules: every incident is found, and nothing else."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from deploy.site import Site, load_site
from ingest.flow import take_in
from ingest.model import Frame
from ingest.topics import discover
from rules import engine
from rules.model import State, Transition
from rules.program import compile_rules
from simulators import scenario
from simulators.city import City
from simulators.faults import spoil
from simulators.incidents import Book
from simulators.run import befall
from simulators.scenario import Planner
from simulators.scoring import Detection, Score, score
from simulators.truth import Truth

_CREW_MS = 9 * 60_000  # from the alert to the mending


class Line:
    """Ingest and rules without stores: frames in, transitions out, seconds apart."""

    def __init__(self, site: Site, start_ms: int) -> None:
        self._program = compile_rules(site.rules, site.register.devices.values())
        self._state = engine.load(self._program, (), start_ms)
        self._decode = functools.partial(discover().decode, lookup=site.register)

    def judge(self, frames: list[Frame], now_ms: int) -> list[Transition]:
        """Return what the rules say about these frames, and about silence."""
        found: list[Transition] = []
        for intake in take_in(frames, self._decode, now_ms):
            found += engine.step(self._program, self._state, intake.observations, now_ms).transitions
        due_ms = engine.next_check_at_ms(self._program, self._state)
        if due_ms is not None and due_ms <= now_ms:
            found += engine.check(self._program, self._state, now_ms).transitions
        return found


@pytest.fixture(scope="module")
def site(site_folder: Path) -> Site:
    """Return the sample site."""
    found, faults = load_site(site_folder)
    assert found is not None, faults
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name, seed, expected", [("evening", 7, 14), ("evening", 11, 14), ("quiet", 7, 0)])
def test_scenario_is_detected(site: Site, name: str, seed: int, expected: int) -> None:
    """All incidents of a scenario fire a rule, by category; no rule fires without one; all resolve when mended."""
    script, _ = scenario.load(scenario.FOLDER / f"{name}.yaml")
    assert script is not None
    devices, book, start_ms = tuple(site.register.devices.values()), Book(), script.start_ms
    world = Truth(seed=seed, zone=site.zone, book=book, rain_mm_h=script.rain_mm_h)
    frames = City(site.id, devices, world).frames(start_ms, start_ms + script.duration)
    planner = Planner(scenario=script, devices=devices, seed=seed)
    line, rules = Line(site, start_ms), {rule.id: rule for rule in site.rules}
    waiting: list[Frame] = []
    mending: list[tuple[int, str]] = []
    detections: list[Detection] = []
    firing: set[tuple[str, str]] = set()
    for sent in spoil(befall(frames, planner, book, start_ms), seed, script.faults):
        waiting.append(Frame(topic=sent.topic, payload=sent.payload, received_at_ms=sent.send_ms, source="test"))
        if sent.send_ms - waiting[0].received_at_ms < 1_000:
            continue
        while mending and mending[0][0] <= sent.send_ms:
            book.mend(mending.pop(0)[1], sent.send_ms)
        for transition in line.judge(waiting, sent.send_ms):
            subject, case = transition.subject.id, rules[transition.rule_id].case
            if transition.state is State.FIRING:
                firing.add((transition.rule_id, subject))
                mending.append((sent.send_ms + _CREW_MS, subject))
                category = case.category if case else ""
                detections.append(Detection(device_id=subject, category=category, at_ms=transition.since_ms))
            elif transition.state is State.RESOLVED:
                firing.discard((transition.rule_id, subject))
        waiting.clear()

    assert score(book.begun(start_ms + script.duration), detections) == Score(
        injected=expected, detected=expected, false=0
    )
    assert firing == set()
