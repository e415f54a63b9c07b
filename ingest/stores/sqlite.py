"""Time series in SQLite: one table in the order (time bucket, series, time), without rowid.

Key order decides the speed (docs/performance.md): in order of series every insert lands on another page; in order of
time a series is a scan. With the bucket in front, inserts stay inside a few pages and a series of one day is
one short range per bucket. The bucket width is chosen when the file is made, so that
a bucket holds about 20,000 rows at the site's rate, and kept in the file. Inside, a series is a small number.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.model import Observation, Series, series_id
from ingest.stores._base import Point, StoreError, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = 1
ROWS_PER_BUCKET = 20_000
DEFAULT_BUCKET_MS = 600_000
_FEW_SERIES = 500  # so many are sought one by one in a bucket; of more, the whole bucket is read
_ROWS = 50  # that one statement inserts: a third quicker than row by row
_PLACES = "(?, ?, ?, ?, ?)"
_INSERT = "INSERT OR REPLACE INTO observations VALUES "
_Row = tuple[int, int, int, float, int]

_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS observations (
    bucket INTEGER NOT NULL, series INTEGER NOT NULL, time_ms INTEGER NOT NULL,
    value REAL NOT NULL, quality INTEGER NOT NULL,
    PRIMARY KEY (bucket, series, time_ms)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS series (
    number INTEGER PRIMARY KEY, id INTEGER NOT NULL UNIQUE, device_id TEXT NOT NULL, observed_property TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
PRAGMA user_version = {VERSION};
"""


def bucket_ms(observations_per_s: float | None) -> int:
    """Return a bucket width in ms that holds about `ROWS_PER_BUCKET` rows at this rate (1 s to 1 day)."""
    if not observations_per_s:
        return DEFAULT_BUCKET_MS
    return int(min(86_400, max(1, ROWS_PER_BUCKET / observations_per_s))) * 1000


class SqliteStore:
    """A file `series.db` in the data folder. `write` returns when the rows are on disk (WAL, synchronous FULL)."""

    name = "sqlite"

    def __init__(self, path: Path, observations_per_s: float | None = None) -> None:
        self._path = path
        with self._errors():
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10.0)
            found = self._db.execute("PRAGMA user_version").fetchone()[0]
            if found > VERSION:
                raise StoreError(
                    f"{path} was written by a newer version (format {found}, this one knows {VERSION}): "
                    "upgrade wangge or name another data folder",
                    retryable=False,
                )
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA cache_size = -16384")
            self._db.execute("PRAGMA wal_autocheckpoint = 8000")
            if not found:
                self._db.executescript(_SCHEMA)
                width = bucket_ms(observations_per_s)
                self._db.execute("INSERT OR IGNORE INTO meta VALUES ('bucket_ms', ?)", (width,))
            self._bucket_ms: int = self._db.execute("SELECT value FROM meta WHERE key = 'bucket_ms'").fetchone()[0]
            self._numbers: dict[int, int] = dict(self._db.execute("SELECT id, number FROM series"))

    @classmethod
    def open(cls, folder: Path, observations_per_s: float | None = None) -> SqliteStore:
        """Open or create `series.db` in the folder; the expected rate decides the bucket width of a new file."""
        return cls(folder / "series.db", observations_per_s)

    def write(self, observations: Sequence[Observation]) -> None:
        """Store all of them in one transaction; an observation that is there already is written over."""
        named = self._numbers
        with self._errors(), self._transaction():
            try:
                rows = self._rows(observations, named)
            except KeyError:
                named = self._name(one.series for one in observations if one.series.id not in named)
                rows = self._rows(observations, named)
            rows.sort()
            whole = len(rows) - len(rows) % _ROWS
            many = [list(chain.from_iterable(rows[at : at + _ROWS])) for at in range(0, whole, _ROWS)]
            self._db.executemany(_INSERT + ", ".join([_PLACES] * _ROWS), many)
            self._db.executemany(_INSERT + _PLACES, rows[whole:])
        self._numbers = named

    def known(self, observations: Iterable[Observation]) -> set[tuple[int, int]]:
        """Return the (series id, time) keys of those that are stored."""
        keys = {(one.series.id, one.phenomenon_time_ms) for one in observations}
        query = "SELECT 1 FROM observations WHERE bucket = ? AND series = ? AND time_ms = ?"
        numbers, width = self._numbers, self._bucket_ms
        with self._errors():
            return {
                (series, time_ms)
                for series, time_ms in keys
                if series in numbers
                and self._db.execute(query, (time_ms // width, numbers[series], time_ms)).fetchone()
            }

    def read(
        self, device_id: str, observed_property: str, from_ms: int, to_ms: int, limit: int = 10_000
    ) -> list[Point]:
        """Return the newest `limit` points with from_ms ≤ time < to_ms in order of time."""
        with self._errors():
            sought = (series_id(device_id, observed_property),)
            found = self._db.execute("SELECT number FROM series WHERE id = ?", sought).fetchone()
            return self._newest(found[0], from_ms, to_ms, limit, self._ends()) if found else []

    def recent(self, wanted: Sequence[Wanted]) -> dict[int, list[Point]]:
        """Return the newest points of many series, by series id."""
        with self._errors():
            numbers, ends = self._numbers, self._ends()
            return {
                one.series.id: self._newest(numbers[one.series.id], one.from_ms, one.to_ms, one.limit, ends)
                for one in wanted
                if one.series.id in numbers
            }

    def scan(self, wanted: Mapping[int, Series], from_ms: int, to_ms: int) -> Iterator[list[Observation]]:
        """Yield the observations of many series with from_ms ≤ time < to_ms, in order of time, a bucket at a time."""
        with self._errors():
            numbers = dict(self._db.execute("SELECT number, id FROM series"))
            known = {number: wanted[key] for number, key in numbers.items() if key in wanted}
            among = ""
            if len(known) <= _FEW_SERIES:
                among = f"AND series IN ({', '.join(map(str, known))})"
            buckets = [row[0] for row in self._db.execute(*self._buckets(from_ms, to_ms))]
        query = (
            f"SELECT series, value, time_ms, quality FROM observations WHERE bucket = ? {among} "  # noqa: S608 - numbers
            "AND time_ms >= ? AND time_ms < ? ORDER BY time_ms"
        )
        for bucket in buckets:
            with self._errors():
                rows = self._db.execute(query, (bucket, from_ms, to_ms)).fetchall()
            yield [
                Observation(known[number], value, time_ms, time_ms, quality)
                for number, value, time_ms, quality in rows
                if number in known
            ]

    def count(self) -> int:
        """Return how many observations are stored."""
        with self._errors():
            return int(self._db.execute("SELECT count(*) FROM observations").fetchone()[0])

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _newest(self, number: int, from_ms: int, to_ms: int, limit: int, ends: tuple[int, int]) -> list[Point]:
        """Return the newest points of a series, by its number: a bucket at a time, the newest first.

        Buckets that are not there are stepped over: one observation of 1970 would make them millions.
        """
        query = (
            "SELECT time_ms, value, quality FROM observations WHERE bucket = ? AND series = ? "
            "AND time_ms >= ? AND time_ms < ? ORDER BY time_ms DESC"
        )
        points: list[Point] = []
        bucket, oldest = min(ends[1], (to_ms - 1) // self._bucket_ms), max(ends[0], from_ms // self._bucket_ms)
        while bucket >= oldest and len(points) < limit:
            found = self._db.execute(query, (bucket, number, from_ms, to_ms)).fetchall()
            points += map(Point._make, found)
            bucket = bucket - 1 if found else self._before(bucket)
        return points[:limit][::-1]

    def _before(self, bucket: int) -> int:
        """Return the last bucket before one, -1 where there is none."""
        found = self._db.execute("SELECT max(bucket) FROM observations WHERE bucket < ?", (bucket,)).fetchone()[0]
        return -1 if found is None else int(found)

    def _ends(self) -> tuple[int, int]:
        """Return the first and the last bucket; (0, -1) where there is none."""
        first, last = self._db.execute(
            "SELECT (SELECT min(bucket) FROM observations), (SELECT max(bucket) FROM observations)"
        ).fetchone()
        return (0, -1) if first is None else (first, last)

    def _buckets(self, from_ms: int, to_ms: int) -> tuple[str, tuple[int, int]]:
        """Return the query for the buckets that hold something of a range: one step down the index for each."""
        query = (
            "WITH RECURSIVE found(bucket) AS (SELECT min(bucket) FROM observations WHERE bucket >= ? UNION ALL "
            "SELECT (SELECT min(bucket) FROM observations WHERE bucket > found.bucket) FROM found "
            "WHERE found.bucket IS NOT NULL) SELECT bucket FROM found WHERE bucket <= ?"
        )
        return query, (from_ms // self._bucket_ms, (to_ms - 1) // self._bucket_ms)

    def _rows(self, observations: Sequence[Observation], numbers: Mapping[int, int]) -> list[_Row]:
        width = self._bucket_ms
        return [
            (
                one.phenomenon_time_ms // width,
                numbers[one.series.id],
                one.phenomenon_time_ms,
                one.value,
                one.quality,
            )
            for one in observations
        ]

    def _name(self, new: Iterable[Series]) -> dict[int, int]:
        names = dict.fromkeys((one.id, one.device.id, one.property.name) for one in new)  # rows come in this order too
        self._db.executemany("INSERT INTO series (id, device_id, observed_property) VALUES (?, ?, ?)", list(names))
        return dict(self._db.execute("SELECT id, number FROM series"))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as exc:
            raise StoreError(f"{self._path}: {exc}", retryable=True) from exc
        except (sqlite3.Error, OverflowError) as exc:
            raise StoreError(f"{self._path}: {exc}", retryable=False) from exc


STORE = SqliteStore
