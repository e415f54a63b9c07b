"""A running site takes over its register when the file changes, and only where it has no fault."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from alerts.store import meta
from alerts.store.database import migrate, open_database, reading
from deploy import register_file, register_watch
from deploy.app import case_context, checked_site
from deploy.clock import FakeClock
from deploy.register_watch import RegisterWatch, follow
from deploy.runtimes.line import Line, LineParts, Work
from deploy.site import Site
from ingest.devices import Register
from ingest.flow import HOUR_MS, Intake
from ingest.model import Observation
from ingest.stores.memory import MemoryStore
from rules.model import State, Transition
from tests.deploy.test_register_file import ROW

NOW_MS = 1_790_000_000_000


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


def noted(database: Engine) -> dict[str, object]:
    """Return what is noted of the register in the case store."""
    with reading(database) as connection:
        found: dict[str, object] = meta.get(connection, register_watch.KEY)
    return found


def test_taken_over(site: Site, database: Engine) -> None:
    """A changed file is taken over once, in the register that everybody holds; what holds is noted."""
    register, watch = site.register, RegisterWatch(site, database, look_s=0)
    assert not watch.look()
    first = noted(database)["version"]
    assert register_file.append(site, ROW | {"attributes": "topic=city/bins/new/+"}) == ()

    assert watch.look()
    assert not watch.look()
    assert site.register is register
    assert register.by_topic("city/bins/new/state") is register.device("bin-new")
    assert register.series("bin-new", "waste.fill_level") is not None
    assert noted(database)["version"] == register.version != first
    assert "refused" not in noted(database)


def test_faulty_file_changes_nothing(site: Site, database: Engine) -> None:
    """A file with faults leaves the register as it was, is noted as refused, and mended it is taken over."""
    watch = RegisterWatch(site, database, look_s=0)
    file = site.folder / "devices.csv"
    good, before = file.read_text(encoding="utf-8"), len(site.register.devices)
    file.write_text(good.replace(",gateway,", ",gate way,", 1), encoding="utf-8")

    assert not watch.look()
    assert len(site.register.devices) == before
    refused = noted(database)["refused"]
    assert isinstance(refused, dict)
    assert refused["faults"] == 1
    file.write_text("\n".join(good.splitlines()[:-1]) + "\n", encoding="utf-8")
    assert watch.look()
    assert len(site.register.devices) == before - 1


def test_without_file(site: Site) -> None:
    """A register that was not read from a file, and a file that is gone, are left alone."""
    before = site.register.devices
    (site.folder / "devices.csv").unlink()
    assert not RegisterWatch(site, look_s=0).look()
    site.register.take_over(Register(before, site.dictionary))
    assert not RegisterWatch(site, look_s=0).look()


def test_follow(site: Site) -> None:
    """A process without a loop of its own follows in a thread, until it is told to stop."""
    stop = threading.Event()
    thread = follow(site, stop, look_s=0.01)
    assert register_file.append(site, ROW) == ()
    deadline = time.monotonic() + 30
    while site.register.device("bin-new") is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    stop.set()
    thread.join(10)

    assert not thread.is_alive()


def test_rules_know_the_device(site: Site, database: Engine) -> None:
    """A line that compiles its rules anew judges the new device, and what it knew of the others is kept."""
    clock = FakeClock(start_ms=NOW_MS)
    parts = LineParts(site=site, series=MemoryStore(), database=database, context=case_context(site), clock=clock)
    with reading(database) as connection:
        line = Line(parts, connection)
    before = _full(line, site, "bin-0001", NOW_MS)
    assert register_file.append(site, ROW) == ()
    assert RegisterWatch(site, look_s=0).look()
    line.recompile()
    after = _full(line, site, "bin-new", NOW_MS)
    again = _full(line, site, "bin-0001", NOW_MS + 60_000)

    assert (len(before), len(after), again) == (1, 1, [])


def _full(line: Line, site: Site, device: str, at_ms: int) -> list[Transition]:
    """Let a bin be nearly full for three messages; return what of it starts to fire."""
    series = site.register.table[device]["waste.fill_level"]
    observations = [Observation(series, 85.0, at_ms - 900_000 * turn, at_ms) for turn in (2, 1, 0)]
    intake = Intake("mqtt", at_ms // HOUR_MS * HOUR_MS, 3, observations, [])
    work = Work([intake], True, lambda _connection: None, lambda _stage: None)
    made = line.work(work, threading.Event(), at_ms).transitions
    return [one for one in made if one.state is State.FIRING and one.subject.id == device]
