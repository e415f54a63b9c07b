"""The tests that rules carry: the whole catalogue's, and how a failing one shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ingest import dictionary
from ingest.located import Document
from rules.rule_file import TestEntry
from rules.schema import CATALOG, Loaded, load_with_tests
from rules.testing import Outcome, run

ROOT = Path(__file__).parents[2]
FOLDERS = [CATALOG, *sorted((ROOT / "deploy" / "sites").glob("*/rules"))]
DICTIONARY, _ = dictionary.load()
CATALOGUE, FAULTS = load_with_tests(FOLDERS, DICTIONARY)
DOMAINS = ("traffic", "weather", "lighting", "waste")


def outcomes(world: Any, expect: list[dict[str, str]], series: str = "10 16x5 8x10") -> Outcome:
    """Return the outcome of one test of the flood rule."""
    test = TestEntry.model_validate({"name": "x", "series": {"weather.water_level": series}, "expect": expect})
    rule = world.rule(for_s=120, keep_firing_for_s=300, where=(("place", ("road",)),))
    document = Document("x.yaml", {}, {})
    loaded = Loaded(rule=rule, tests=(test,), file=Path("x.yaml"), line=1, test_lines=(2,), document=document)
    (outcome,) = run(loaded, world.dictionary)
    return outcome


def test_catalogue_has_no_fault() -> None:
    """The shipped rules load."""
    assert FAULTS == ()


@pytest.mark.parametrize("loaded", CATALOGUE, ids=[loaded.rule.id for loaded in CATALOGUE])
def test_catalogue_rule_passes_its_tests(loaded: Loaded) -> None:
    """Every shipped rule does what its own tests say."""
    assert [(outcome.line, outcome.got) for outcome in run(loaded, DICTIONARY) if not outcome.passed] == []


@pytest.mark.parametrize("loaded", CATALOGUE, ids=[loaded.rule.id for loaded in CATALOGUE])
def test_catalogue_rule_is_complete(loaded: Loaded) -> None:
    """A rule says where its limits come from, and tests firing, clearing, not firing and missing data."""
    states = [item.state for test in loaded.tests for item in test.expect]

    assert loaded.rule.source
    assert {"firing", "resolved"} <= set(states)
    assert any(not test.expect for test in loaded.tests), "no test in which nothing may happen"
    assert any(None in values for test in loaded.tests for values in test.series.values()), "no test of missing data"


@pytest.mark.parametrize("domain", DOMAINS)
def test_catalogue_has_three_rules_in_each_domain(domain: str) -> None:
    """Each domain has limits, a case and silence."""
    rules = [loaded.rule for loaded in CATALOGUE if loaded.rule.domain == domain]

    assert len(rules) >= 3
    assert any(rule.case for rule in rules)
    assert any(rule.condition.reads == "clock" for rule in rules)


def test_run_compares_the_complete_list(world: Any) -> None:
    """A transition too few or too many fails the test."""
    both = [{"at": "3m", "state": "firing"}, {"at": "11m", "state": "resolved"}]

    assert outcomes(world, both).passed
    assert not outcomes(world, both[:1]).passed
    assert not outcomes(world, [*both, {"at": "12m", "state": "firing"}]).passed


def test_run_compares_pending_only_if_named(world: Any) -> None:
    """Who names one pending transition must name them all."""
    first, second = {"at": "1m", "state": "pending"}, {"at": "3m", "state": "pending"}
    firing = {"at": "5m", "state": "firing"}

    assert outcomes(world, [first, second, firing], "10 16 5 16x3").passed
    assert not outcomes(world, [first, firing], "10 16 5 16x3").passed
    assert outcomes(world, [firing], "10 16 5 16x3").passed
