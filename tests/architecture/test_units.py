"""A unit is done when it has its code, its tests and its line in the documentation: no list of units is kept by hand.

| unit | found in | its tests | its documentation |
|---|---|---|---|
| dialect | `ingest/dialects/` | recorded cases, good and bad | a row of docs/dialects.md |
| time-series store | `ingest/stores/` | the store contract | docs/operations.md |
| condition | `rules/conditions/` | a module of its own | a row of docs/rules.md |
| rule | `rules/catalog/` | inside the rule | runbook and source inside the rule |
| notifier | `alerts/notifiers/` | a module of its own | – |
| simulated device | `simulators/devices/` | the device tests, and one in the sample site | docs/site.md |
| scenario | `simulators/scenarios/` | the scenario tests | docs/site.md |
| subcommand | `deploy/commands/` | – | README or docs |
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from typer.testing import CliRunner

from deploy.cli import build
from deploy.site import Site, load_site
from ingest import dictionary
from ingest.plugins import find
from rules.schema import CATALOG, Loaded, load_with_tests
from simulators import scenario
from tests.contracts import test_series_store
from tests.simulators import test_evening
from tests.simulators.devices import test_devices

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
KINDS = {  # package: (what a module exports, the attribute that names the unit)
    "ingest.dialects": ("DIALECT", "name"),
    "ingest.stores": ("STORE", "name"),
    "rules.conditions": ("CONDITION", "name"),
    "alerts.notifiers": ("NOTIFIER", "name"),
    "simulators.devices": ("DEVICE", "kind"),
    "deploy.commands": ("COMMAND", "name"),
}
UNITS = [(package, name) for package, (export, key) in KINDS.items() for name in find(package, export, key=key)]
LOADED, _ = load_with_tests([CATALOG], dictionary.load()[0])


def page(name: str) -> str:
    """Return the text of a page."""
    return (ROOT / name).read_text(encoding="utf-8")


def of(package: str) -> list[str]:
    """Return the names of the units of a package."""
    return [name for found, name in UNITS if found == package]


def parametrized(module: ModuleType, test: str) -> list[Any]:
    """Return the values that a test is parametrized with."""
    (mark,) = [mark for mark in getattr(module, test).pytestmark if mark.name == "parametrize"]
    return list(mark.args[1])


@pytest.fixture(scope="module")
def site(site_folder: Path) -> Site:
    """Return the sample site."""
    found, faults = load_site(site_folder)
    assert found is not None, faults
    return found


@pytest.mark.parametrize("package, name", UNITS)
def test_file_is_named_like_the_unit(package: str, name: str) -> None:
    """Who knows the name of a unit knows its file."""
    assert (ROOT / package.replace(".", "/") / f"{name}.py").is_file()


@pytest.mark.parametrize("name", of("ingest.dialects"))
def test_dialect_has_recorded_cases_and_a_row(name: str) -> None:
    """Good and bad messages are recorded, and the page says how the dialect is known."""
    cases = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in (TESTS / f"ingest/dialects/payloads/{name}").glob("*.json")
    ]

    assert sum("expect" in case for case in cases) >= 3
    assert sum("refusal" in case for case in cases) >= 3
    assert re.search(rf"^\| `{name}` \|", page("docs/dialects.md"), re.MULTILINE)


def test_recorded_cases_belong_to_dialects() -> None:
    """No folder of recorded cases is left behind."""
    assert sorted(path.name for path in (TESTS / "ingest/dialects/payloads").iterdir()) == of("ingest.dialects")


@pytest.mark.parametrize("name", of("ingest.stores"))
def test_store_is_in_the_contract(name: str) -> None:
    """Every time-series store passes the same tests, and can be chosen by who reads how to operate it."""
    assert name in test_series_store.STORES
    assert f"`{name}`" in page("docs/operations.md")


@pytest.mark.parametrize("name", of("rules.conditions"))
def test_condition_has_a_test_module_and_a_row(name: str) -> None:
    """What only this condition does is tested in a module of its own, and the page says what it holds."""
    assert (TESTS / f"rules/conditions/test_{name}.py").is_file()
    assert re.search(rf"^\| `{name}` \|", page("docs/rules.md"), re.MULTILINE)


@pytest.mark.parametrize("item", LOADED, ids=lambda item: item.rule.id)
def test_rule_has_tests_runbook_and_source(item: Loaded) -> None:
    """A rule is tested for firing and for not firing; its reader is told what to do, and where its limits are from."""
    fires = [any(row.state == "firing" for row in test.expect) for test in item.tests]

    assert True in fires
    assert False in fires
    assert all(text.strip() for text in (item.rule.runbook.zh, item.rule.runbook.en, item.rule.source))
    assert all(text.strip() for text in (item.rule.title.zh, item.rule.title.en))


@pytest.mark.parametrize("name", of("alerts.notifiers"))
def test_notifier_has_a_test_module(name: str) -> None:
    """What is sent over a channel is tested."""
    assert (TESTS / f"alerts/notifiers/test_{name}.py").is_file()


@pytest.mark.parametrize("kind", of("simulators.devices"))
def test_simulated_device_is_tested_and_played(site: Site, kind: str) -> None:
    """Every kind observes what it declares, stands in the sample site, and is named in its guide."""
    assert kind in parametrized(test_devices, "test_observe_gives_what_is_declared")
    assert kind in {device.kind for device in site.register.devices.values()}
    assert f"`{kind}`" in page("docs/site.md")


@pytest.mark.parametrize("name", scenario.names())
def test_scenario_is_played_and_named(name: str) -> None:
    """Every shipped scenario runs through the rules, and the guide names it."""
    assert name in {row[0] for row in parametrized(test_evening, "test_scenario_is_detected")}
    assert f"`{name}`" in page("docs/site.md")


@pytest.mark.parametrize("name", of("deploy.commands"))
def test_subcommand_is_documented(name: str) -> None:
    """Every subcommand says what it does, and a page tells when to use it."""
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    told = CliRunner().invoke(build(), [name, "--help"])

    assert told.exit_code == 0
    assert any(re.search(rf"wangge {name}\b", path.read_text(encoding="utf-8")) for path in pages)
