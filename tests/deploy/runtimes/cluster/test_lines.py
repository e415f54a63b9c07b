"""The lines of partitions: effects once, whatever comes again, whoever else works, whatever a record holds."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from alerts.store import kafka_offsets, ledger
from alerts.store.database import reading
from deploy import register_file
from deploy.app import case_context, checked_site
from deploy.clock import FakeClock, wall_ms
from deploy.runtimes.cluster.lines import Lines
from deploy.runtimes.cluster.normalise import Taken
from deploy.runtimes.cluster.records import pack_observations
from deploy.runtimes.line import LineParts
from deploy.runtimes.shard import area_of, shard_of
from ingest.flow import HOUR_MS, Intake
from ingest.model import Observation
from ingest.stores.memory import MemoryStore

NOW_MS = 1_790_000_000_000
TOPIC = "wangge.observations.v1"
OF = 4
DEVICE = "wl-001"


class Desk:
    """Lines over the parts of a test, and the dead letters that they told of."""

    def __init__(self, parts: LineParts) -> None:
        self.parts = parts
        self.dead: list[tuple[int, str]] = []
        self.lines = Lines(parts, TOPIC, OF, lambda taken, reason, _: self.dead.append((taken.offset, reason)))
        self.partition = shard_of(area_of(parts.site.register.devices[DEVICE].cell), OF)

    def record(self, offset: int, *levels: float) -> Taken:
        """Return a record of water levels, one a minute; the minute goes on with the offset."""
        series = self.parts.site.register.table[DEVICE]["weather.water_level"]
        made = [
            Observation(series, level, NOW_MS + (offset * 10 + number) * 60_000, NOW_MS)
            for number, level in enumerate(levels)
        ]
        packed = pack_observations([Intake("mqtt", NOW_MS // HOUR_MS * HOUR_MS, len(made), made, [])], {})
        return Taken(TOPIC, self.partition, offset, NOW_MS, packed)

    def take(self, *taken: Taken) -> None:
        """Let records have their effects."""
        self.lines.take(self.partition, taken)

    def counts(self) -> tuple[int, int, int]:
        """Return what the ledger has received, stored and found to be duplicate."""
        with reading(self.parts.database) as connection:
            total = ledger.total(connection)
        return total.received, total.stored, total.duplicate

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query on the case store."""
        with reading(self.parts.database) as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    def mark(self) -> kafka_offsets.Mark:
        """Return the mark of the partition."""
        with reading(self.parts.database) as connection:
            return kafka_offsets.read(connection, TOPIC, self.partition)


@pytest.fixture
def desk(parts: LineParts) -> Desk:
    """Return lines in memory."""
    return Desk(parts)


def test_record_that_comes_again(desk: Desk) -> None:
    """A record whose offset is not above the mark has had its effects: it is not even counted."""
    record = desk.record(4, 1.0, 2.0)
    desk.take(record)
    desk.take(record, desk.record(5, 3.0))

    assert desk.counts() == (3, 3, 0)
    assert desk.mark() == (5, 2)


def test_same_content_in_another_record(desk: Desk) -> None:
    """What the normaliser sent twice is counted as duplicate and stored once."""
    first = desk.record(4, 1.0, 2.0)
    desk.take(first, first._replace(offset=5))

    assert desk.counts() == (4, 2, 2)


def test_restart_goes_on(parts: LineParts) -> None:
    """A new worker knows the rule state, what was seen, and how far the old one came."""
    first, second = Desk(parts), Desk(parts)
    first.take(first.record(0, 30.0, 30.0, 30.0))
    second.take(first.record(0, 30.0, 30.0, 30.0), first.record(1, 2.0, *[2.0] * 9))

    states = second.rows("SELECT state FROM transitions ORDER BY since_ms")
    assert states == [("pending",), ("firing",), ("resolved",)]


def test_two_owners(parts: LineParts) -> None:
    """Who was replaced writes nothing on his old state: he loads again and finds the work done."""
    old, new = Desk(parts), Desk(parts)
    old.take(old.record(0, 1.0))
    new.take(new.record(1, 2.0))
    old.take(old.record(1, 2.0))
    old.take(old.record(2, 3.0))

    assert old.counts() == (3, 3, 0)
    assert old.mark() == (2, 3)


def test_fenced_clock(parts: LineParts) -> None:
    """The beat of the clock of a replaced owner changes nothing."""
    old, new = Desk(parts), Desk(parts)
    old.lines.keep({0})
    new.lines.keep({0})
    new.lines.tick()
    mark = new.lines._held[0].mark

    old.lines.tick()

    assert old.lines.owned == frozenset()
    with reading(parts.database) as connection:
        assert kafka_offsets.read(connection, TOPIC, 0) == mark


def test_unreadable_record(desk: Desk) -> None:
    """A record that cannot be read is a dead letter in table and topic; those beside it are taken."""
    poison = Taken(TOPIC, desk.partition, 1, NOW_MS, b"\xc1poison")
    desk.take(desk.record(0, 1.0), poison, desk.record(2, 2.0))
    desk.take(poison)

    assert desk.dead == [(1, "record_unreadable")]
    assert desk.rows("SELECT topic, payload, times FROM dead_letters") == [(f"kafka/{TOPIC}", b"\xc1poison", 1)]
    assert desk.counts() == (3, 2, 0)


class BrokenStore(MemoryStore):
    """Has a mistake of ours: fails for one value."""

    def write(self, observations: Sequence[Observation]) -> None:
        """Store all, or fail."""
        if any(one.value == 13.0 for one in observations):
            raise ZeroDivisionError("a mistake")
        super().write(observations)


def test_record_that_makes_the_line_fail(parts: LineParts) -> None:
    """Only the record that brings out a mistake of ours is given up, with its bytes; no exception comes out."""
    desk = Desk(dataclasses.replace(parts, series=BrokenStore()))
    desk.take(desk.record(0, 1.0), desk.record(1, 13.0), desk.record(2, 2.0))

    assert desk.dead == [(1, "internal")]
    assert desk.mark().offset == 2
    assert desk.rows("SELECT detail FROM dead_letters")[0][0].endswith("ZeroDivisionError: a mistake")
    assert desk.counts() == (3, 2, 0)


def test_partition_that_goes_away(desk: Desk) -> None:
    """Only the lines of the partitions that are owned are kept."""
    desk.lines.keep({1, 2})
    desk.lines.keep({2, 3})

    assert desk.lines.owned == {2, 3}


def test_silence_is_judged_while_the_bridge_is_heard(desk: Desk) -> None:
    """Devices are silent only when every partition of frames was heard of lately; not while the bridge is away."""
    clock = desk.parts.clock
    assert isinstance(clock, FakeClock)
    desk.lines.keep({desk.partition})
    desk.lines.tick()
    clock.move_to(NOW_MS + 30 * 86_400_000)
    desk.lines.tick()
    assert desk.rows("SELECT count(*) FROM transitions")[0][0] == 0

    beats = pack_observations([], dict.fromkeys(range(OF), wall_ms()))
    desk.take(Taken(TOPIC, desk.partition, 0, NOW_MS, beats))
    desk.lines.tick()
    clock.move_to(NOW_MS + 60 * 86_400_000)
    desk.lines.tick()

    assert desk.rows("SELECT count(*) FROM transitions")[0][0] > 10


def test_silence_is_judged_as_of_what_was_heard(desk: Desk) -> None:
    """While we are behind the clock, a device that spoke may still be on its way to us: it is not silent yet."""
    clock = desk.parts.clock
    assert isinstance(clock, FakeClock)
    clock.speed = 60
    old, new = (pack_observations([], dict.fromkeys(range(OF), wall_ms() - age_ms)) for age_ms in (5_000, 0))
    desk.take(Taken(TOPIC, desk.partition, 0, NOW_MS, old))  # five minutes of the clock
    desk.lines.tick()
    clock.move_to(NOW_MS + 4 * 60_000)  # a weather station is silent after three
    desk.lines.tick()
    before = desk.rows("SELECT count(*) FROM transitions")[0][0]
    desk.take(Taken(TOPIC, desk.partition, 1, NOW_MS, new))
    desk.lines.tick()

    assert (before, desk.rows("SELECT count(*) FROM transitions")[0][0] > 0) == (0, True)


def test_changed_register(parts: LineParts, tmp_path: Path) -> None:
    """A device that devices.csv gets while its partition is held is taken over, and its rules fire."""
    folder = Path(shutil.copytree(parts.site.folder, tmp_path / "site"))
    site = checked_site(folder)
    desk = Desk(dataclasses.replace(parts, site=site, context=case_context(site)))
    desk.take(desk.record(1, 1.0))
    known = site.register.devices[DEVICE]
    row = {"id": "wl-new", "domain": "weather", "kind": known.kind, "cell": known.cell, "cadence_s": "60"}
    place = {"lat": str(known.lat), "lon": str(known.lon), "attributes": "place=road"}
    assert register_file.append(site, row | place) == ()

    desk.lines.tick()
    series = site.register.table["wl-new"]["weather.water_level"]
    made = [Observation(series, 40.0, NOW_MS + minute * 60_000, NOW_MS) for minute in range(12)]
    packed = pack_observations([Intake("mqtt", NOW_MS // HOUR_MS * HOUR_MS, len(made), made, [])], {})
    desk.take(Taken(TOPIC, desk.partition, 2, NOW_MS, packed))

    assert ("flood.road",) in desk.rows("SELECT rule_id FROM alerts WHERE subject_id = 'wl-new'")
