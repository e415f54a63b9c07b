"""The whole line over an evening, in one process and without real time: what happens becomes work, every time alike."""

from __future__ import annotations

import dataclasses
import zlib
from pathlib import Path

import pytest

from deploy.site import Site, load_site
from ingest.devices import Register
from tests.flow.virtual import Evening, run

pytestmark = pytest.mark.slow

SEED = 7
EPOCH_MS = 5_000


@pytest.fixture(scope="module")
def site(site_folder: Path) -> Site:
    """Return the sample site with a third of its devices, and all that others hang on: it plays faster."""
    found, faults = load_site(site_folder)
    assert found is not None, faults
    everything = found.register.devices
    parents = {device.parent for device in everything.values()}
    kept = {
        name: device for name, device in everything.items() if name in parents or zlib.crc32(name.encode()) % 3 == 0
    }
    return dataclasses.replace(found, register=Register(kept, found.dictionary))


@pytest.fixture(scope="module")
def evening(site: Site) -> Evening:
    """Return the demo hour, played once."""
    return run(site, "evening", SEED, EPOCH_MS)


def test_every_incident_becomes_its_case(evening: Evening) -> None:
    """Each incident that asks for a case has one, of its category and at its device; no case is without incident.

    A road that stands is congested as well: the second case at a device is no false one.
    """
    happened = {(one.category, one.device_id) for one in evening.incidents if one.category}
    opened = [(case["category"], case["subject_id"]) for case in evening.tables["cases"]]

    assert len(happened) == 13
    assert len(set(opened)) == len(opened)
    assert happened - set(opened) == set()
    assert {device for _, device in opened} == {device for _, device in happened}


def test_cases_are_verified_and_a_false_fix_comes_back(evening: Evening) -> None:
    """The sensor closes what was mended; where a crew only said so, the case went back once and was mended then."""
    cases, tasks = evening.tables["cases"], evening.tables["tasks"]
    false_fixes = {one.device_id: one.false_fixes for one in evening.incidents if one.false_fixes}

    assert false_fixes != {}
    assert {case["subject_id"]: case["rework_count"] for case in cases if case["rework_count"]} == false_fixes
    assert {(case["state"], case["closed_how"]) for case in cases} == {("CLOSED", "verified")}
    assert {task["state"] for task in tasks} == {"done"}


def test_ledger_balances_and_nothing_is_lost(evening: Evening) -> None:
    """Every frame is acknowledged, in order, and counted; what is counted as stored is in the store."""
    assert evening.acknowledged == evening.sent
    assert evening.ledger.balanced
    assert (evening.ledger.frames, evening.ledger.stored) == (len(evening.sent), evening.observations)
    assert min(evening.ledger.duplicate, evening.ledger.refused, evening.ledger.dead_lettered) > 0


def test_same_evening_again(site: Site, evening: Evening) -> None:
    """The same seed gives the same transitions, alerts, cases, tasks and notices, to the last field."""
    assert run(site, "evening", SEED, EPOCH_MS) == evening
