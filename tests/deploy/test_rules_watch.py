"""A running site takes over its rules when their files change, and only where they have no fault."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import Engine

from alerts.store import meta, rule_versions
from alerts.store.database import migrate, open_database, reading
from deploy import rules_watch
from deploy.app import case_context, checked_site
from deploy.clock import FakeClock
from deploy.rules_watch import RulesWatch
from deploy.runtimes.line import Line, LineParts, Work
from deploy.site import Site
from ingest.flow import HOUR_MS, Intake
from ingest.model import Observation
from ingest.stores.memory import MemoryStore

NOW_MS = 1_790_000_000_000
RULE = """\
- id: test.high
  title: {zh: 高, en: High}
  domain: weather
  where: {kind: water_level_gauge}
  when: {threshold: {property: weather.water_level, above: LIMIT}}
  severity: minor
  runbook: {zh: 看, en: Look}
"""


@pytest.fixture
def site(tmp_path: Path, site_folder: Path) -> Site:
    """Return the sample site, in a copy that may be changed."""
    return checked_site(Path(shutil.copytree(site_folder, tmp_path / "site")))


@pytest.fixture
def database() -> Iterator[Engine]:
    """Return a case store in memory."""
    engine = open_database("sqlite://")
    migrate(engine)
    yield engine
    engine.dispose()


def write(site: Site, limit: object) -> None:
    """Write a rule of the site's own."""
    folder = site.folder / "rules"
    folder.mkdir(exist_ok=True)
    (folder / "test.yaml").write_text(RULE.replace("LIMIT", str(limit)), encoding="utf-8")


def noted(database: Engine) -> dict[str, object]:
    """Return what is noted of the rules in the case store."""
    with reading(database) as connection:
        found: dict[str, object] = meta.get(connection, rules_watch.KEY)
    return found


def test_taken_over(site: Site, database: Engine) -> None:
    """A new rule holds for everybody who knows the site, at once, and is noted."""
    watch, context, before = RulesWatch(site, database, look_s=0), case_context(site), len(site.rules)
    assert not watch.look()
    write(site, 500)

    assert watch.look()
    assert not watch.look()
    assert context.rules["test.high"].version == next(one for one in site.rules if one.id == "test.high").version
    assert noted(database)["rules"] == before + 1 == len(context.rules)
    assert "refused" not in noted(database)


def test_versions_are_kept(site: Site, database: Engine) -> None:
    """Those that run at the start, and each that is taken over, with its text."""
    watch = RulesWatch(site, database, look_s=0)
    watch.look()
    for limit in (500, 400):
        write(site, limit)
        os.utime(site.folder / "rules" / "test.yaml", ns=(limit, limit))
        assert watch.look()

    with reading(database) as connection:
        found = rule_versions.of_rule(connection, "test.high")
        (shipped,) = rule_versions.of_rule(connection, "flood.road")
    assert {"above: 500" in one.text for one in found} == {True, False}
    assert shipped.text.startswith("id: flood.road\n")


@pytest.mark.parametrize(
    "limit", ["high", "}", "1}}\n  case: {category: nothing, verify: {normal_for: 1m, give_up_after: 1m"]
)
def test_faults_change_nothing(site: Site, database: Engine, limit: str) -> None:
    """A faulty file leaves everything as it was; place and number of the faults are noted and counted."""
    write(site, 500)
    site.rules.take_over(item.rule for item in rules_watch.load(site)[0])
    watch, before = RulesWatch(site, database, look_s=0), tuple(site.rules)
    write(site, limit)

    assert not watch.look()
    assert site.rules == before
    assert "test.yaml:" in str(noted(database)["refused"])
    assert REGISTRY.get_sample_value("wangge_rules_faults") == 1
    write(site, 600)
    assert watch.look()
    assert "refused" not in noted(database)
    assert REGISTRY.get_sample_value("wangge_rules_faults") == 0


def test_states_of_other_rules_go_on(site: Site, database: Engine) -> None:
    """What fires of a rule that did not change goes on; a changed one ends and begins anew."""
    write(site, 500)
    site.rules.take_over(item.rule for item in rules_watch.load(site)[0])
    parts = LineParts(
        site=site, series=MemoryStore(), database=database, context=case_context(site), clock=FakeClock(start_ms=NOW_MS)
    )
    with reading(database) as connection:
        line = Line(parts, connection)
    gauge = next(one for one in site.register.devices.values() if one.attributes.get("place") == "road")

    def observe(at_s: int) -> list[tuple[str, str]]:
        series = site.register.series(gauge.id, "weather.water_level")
        assert series is not None
        at_ms = NOW_MS + 1000 * at_s
        seen = Observation(series, 700.0 + at_s / 1000, at_ms, at_ms)
        intake = Intake("mqtt", at_ms // HOUR_MS * HOUR_MS, 1, [seen], [])
        work = Work([intake], True, lambda _connection: None, lambda _stage: None)
        done = line.work(work, threading.Event(), at_ms)
        return [(one.rule_id, one.state) for one in done.transitions if one.subject.id == gauge.id]

    watch = RulesWatch(site, look_s=0)
    assert ("test.high", "firing") in observe(0)
    assert ("flood.road", "firing") in observe(150)
    write(site, 600)
    assert watch.look()
    line.recompile()

    assert observe(300) == [("test.high", "resolved"), ("test.high", "firing")]


def test_followed(site: Site) -> None:
    """A process without a loop follows in a thread."""
    stop = threading.Event()
    thread = rules_watch.follow(site, stop, look_s=0.02)
    write(site, 500)
    for _ in range(200):
        if any(rule.id == "test.high" for rule in site.rules):
            break
        thread.join(0.02)
    stop.set()
    thread.join()

    assert any(rule.id == "test.high" for rule in site.rules)
