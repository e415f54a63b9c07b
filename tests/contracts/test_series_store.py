"""One contract for every time-series store."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.model import Device, Observation, Property, Series, series_id
from ingest.plugins import find
from ingest.stores._base import Point, SeriesStore, StoreError, Wanted
from ingest.stores.sqlite import SqliteStore, bucket_ms
from tests.influx import bucket

START_MS = 1_790_000_000_000
STORES = find("ingest.stores", "STORE")


def series(device_id: str = "bin-1", observed_property: str = "waste.fill_level") -> Series:
    """Return a series of a device of this test."""
    device = Device(
        id=device_id, domain="waste", kind="waste_bin", cell="450107003013001", lat=22.8, lon=108.3, cadence_s=60
    )
    known = Property(name=observed_property, unit="%", title_zh="满溢率", title_en="Fill level")
    return Series(id=series_id(device_id, observed_property), device=device, property=known)


NEEDS_SERVER = {"influx": pytest.mark.external}


@pytest.fixture(params=[pytest.param(name, marks=NEEDS_SERVER.get(name, ())) for name in sorted(STORES)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SeriesStore]:
    """Return each store in turn, empty."""
    further = (None, bucket(request.getfixturevalue("influxdb"))) if request.param == "influx" else ()
    opened: SeriesStore = STORES[request.param].open(tmp_path, *further)
    yield opened
    opened.close()


def test_read_range(store: SeriesStore) -> None:
    """A range includes its start, excludes its end, and comes in order of time."""
    bins = series()
    store.write([Observation(bins, float(i), START_MS + i * 60_000, START_MS) for i in (3, 1, 2, 0)])

    points = store.read("bin-1", "waste.fill_level", START_MS + 60_000, START_MS + 180_000)

    assert [(point.time_ms - START_MS, point.value) for point in points] == [(60_000, 1.0), (120_000, 2.0)]


def test_read_newest_over_buckets(store: SeriesStore) -> None:
    """A limit keeps the newest points, also where they lie days apart."""
    bins = series()
    store.write([Observation(bins, float(day), START_MS + day * 86_400_000, START_MS) for day in range(5)])

    points = store.read("bin-1", "waste.fill_level", START_MS, START_MS + 10 * 86_400_000, limit=2)

    assert [point.value for point in points] == [3.0, 4.0]


def test_an_observation_of_1970_slows_no_reader(store: SeriesStore) -> None:
    """A clock that stands at 1970 leaves half a century of nothing between it and today, which costs no time."""
    store.write([Observation(series(), 1.0, 60_000, START_MS), Observation(series("bin-2"), 2.0, START_MS, START_MS)])

    begun = time.perf_counter()
    found = [store.read(name, "waste.fill_level", 0, START_MS + 1, limit=2) for name in ("bin-1", "bin-2")]

    assert [[one.value for one in points] for points in found] == [[1.0], [2.0]]
    assert time.perf_counter() - begun < 2


def test_write_again_changes_nothing(store: SeriesStore) -> None:
    """The same identity is stored once; the last value stands."""
    bins, lamps = series(), series("lamp-1", "lighting.power")
    store.write([Observation(bins, 1.0, START_MS, START_MS), Observation(lamps, 60.0, START_MS, START_MS)])
    store.write([Observation(bins, 2.0, START_MS, START_MS + 5)])

    assert store.count() == 2
    assert store.read("bin-1", "waste.fill_level", START_MS, START_MS + 1) == [Point(START_MS, 2.0, 1)]


def test_known_is_told_by_identity(store: SeriesStore) -> None:
    """What is stored is known by series and time, whatever its value; neighbours and strangers are not."""
    bins, lamps, strangers = series(), series("lamp-1", "lighting.power"), series("nobody")
    hour = 3_600_000
    store.write([Observation(bins, float(i), START_MS + i * hour, START_MS) for i in range(3)])
    store.write([Observation(lamps, 60.0, START_MS + 1, START_MS)])
    asked = [
        Observation(bins, 77.0, START_MS, START_MS),
        Observation(bins, 1.0, START_MS + 1, START_MS),
        Observation(bins, 2.0, START_MS + 2 * hour, START_MS),
        Observation(lamps, 60.0, START_MS, START_MS),
        Observation(lamps, 60.0, START_MS + 1, START_MS),
        Observation(strangers, 1.0, START_MS, START_MS),
    ]

    known = store.known(asked)

    assert known == {(bins.id, START_MS), (bins.id, START_MS + 2 * hour), (lamps.id, START_MS + 1)}
    assert store.known([]) == set()


def test_scan_is_in_order_of_time(store: SeriesStore) -> None:
    """Many series come together in order of time, over days without anything; others and those outside do not."""
    bins, lamps, others = series(), series("lamp-1", "lighting.power"), series("bin-2")
    hour, day = 3_600_000, 86_400_000
    store.write([Observation(bins, float(i), START_MS + i * hour, START_MS) for i in range(3)])
    store.write([Observation(lamps, 60.0 + i, START_MS + i * hour + 1, START_MS, 3) for i in range(3)])
    store.write([Observation(others, 1.0, START_MS, START_MS), Observation(bins, 9.0, START_MS + 2 * day, START_MS)])
    wanted = {bins.id: bins, lamps.id: lamps, 1: series("nobody")}

    found = [one for part in store.scan(wanted, START_MS + 1, START_MS + 2 * day + 1) for one in part]
    told = [(one.device_id, one.value, one.phenomenon_time_ms - START_MS, one.quality) for one in found]

    assert told == [
        ("lamp-1", 60.0, 1, 3),
        ("bin-1", 1.0, hour, 1),
        ("lamp-1", 61.0, hour + 1, 3),
        ("bin-1", 2.0, 2 * hour, 1),
        ("lamp-1", 62.0, 2 * hour + 1, 3),
        ("bin-1", 9.0, 2 * day, 1),
    ]
    assert {one.result_time_ms == one.phenomenon_time_ms for one in found} == {True}


def test_recent_of_many(store: SeriesStore) -> None:
    """Of each series come the newest points of its own stretch, in order; one without points has none."""
    bins, lamps, strangers = series(), series("lamp-1", "lighting.power"), series("nobody")
    hour = 3_600_000
    store.write([Observation(bins, float(i), START_MS + i * hour, START_MS, 1 + i % 3) for i in range(6)])
    store.write([Observation(lamps, 60.0 + i, START_MS + i * 60_000, START_MS) for i in range(4)])

    recent = store.recent(
        [
            Wanted(bins, START_MS + hour, START_MS + 4 * hour + 1, 3),
            Wanted(lamps, START_MS + 60_000, START_MS + 120_000, 9),
            Wanted(strangers, START_MS, START_MS + hour, 9),
        ]
    )

    assert recent[bins.id] == [Point(START_MS + i * hour, float(i), 1 + i % 3) for i in (2, 3, 4)]
    assert recent[lamps.id] == [Point(START_MS + 60_000, 61.0, 1)]
    assert recent.get(strangers.id, []) == []
    assert store.recent([]) == {}
    assert store.recent([Wanted(bins, START_MS, START_MS, 5)]).get(bins.id, []) == []


def test_read_unknown_series(store: SeriesStore) -> None:
    """A series without points is empty, not an error."""
    assert store.read("nobody", "waste.fill_level", 0, START_MS) == []


def test_sqlite_survives_reopening(tmp_path: Path) -> None:
    """What was written is there for the next process, under the same bucket width."""
    first = SqliteStore.open(tmp_path, observations_per_s=100.0)
    first.write([Observation(series(), 5.0, START_MS, START_MS)])
    first.close()
    again = SqliteStore.open(tmp_path, observations_per_s=1.0)

    points = again.read("bin-1", "waste.fill_level", START_MS, START_MS + 1)
    again.close()

    assert [point.value for point in points] == [5.0]


def test_sqlite_refuses_newer_file(tmp_path: Path) -> None:
    """A file of a newer version is refused with what to do."""
    with sqlite3.connect(tmp_path / "series.db") as database:
        database.execute("PRAGMA user_version = 99")
    database.close()

    with pytest.raises(StoreError, match=r"newer version \(format 99, this one knows 1\): upgrade wangge"):
        SqliteStore.open(tmp_path)


def test_sqlite_refuses_all_or_nothing(tmp_path: Path) -> None:
    """An observation that the file cannot hold leaves the others unwritten too, and the store usable."""
    store = SqliteStore.open(tmp_path)
    bad = Observation(series(), 1.0, 2**70, START_MS)

    with pytest.raises(StoreError) as raised:
        store.write([Observation(series(), 1.0, START_MS, START_MS), bad])

    assert (raised.value.retryable, store.count()) == (False, 0)
    store.close()


@pytest.mark.parametrize(
    "rate,width", [(None, 600_000), (1.0, 20_000_000), (1_000.0, 20_000), (0.001, 86_400_000), (1e9, 1_000)]
)
def test_bucket_width(rate: float | None, width: int) -> None:
    """A bucket holds about 20,000 rows, between a second and a day."""
    assert bucket_ms(rate) == width
