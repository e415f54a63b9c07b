"""What an observation takes on disk in each store, when it has settled: SQLite checkpointed, InfluxDB compacted.

The values are those of sensors: each series walks about in tenths, by up to three a minute.
"""

from __future__ import annotations

import contextlib
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from deploy.bench.installation import await_
from deploy.bench.load import START_MS, VALUES, values
from deploy.services.get import influxdb as get_influxdb
from deploy.services.run import influxdb
from deploy.site import Site
from ingest.model import Observation, Series
from ingest.stores._base import SeriesStore
from ingest.stores._influx_options import InfluxOptions
from ingest.stores.influx import InfluxStore
from ingest.stores.sqlite import SqliteStore

_EPOCH = 6_000
_MINUTE_MS = 60_000
_SOON = ("--storage-cache-snapshot-write-cold-duration=1s", "--storage-compact-full-write-cold-duration=2s")
_STILL_S = 8.0
_LIMIT_S = 300.0
_BLOCK = 512  # bytes: what is taken on disk, not the length of files with holes


def measure(site: Site, observations: int, tell: Callable[[str], None]) -> dict[str, Any]:
    """Return bytes an observation, of `observations` in all."""
    series = _series(site)
    made: dict[str, Any] = {"observations": observations, "series": len(series)}
    with tempfile.TemporaryDirectory(prefix="wangge-bench-") as folder:
        tell("SQLite")
        rate = len(series) / (_MINUTE_MS / 1000)
        with contextlib.closing(SqliteStore.open(Path(folder), rate)) as store:
            _fill(store, series, observations)
        made["sqlite_bytes_per_observation"] = round(_bytes(Path(folder)) / observations, 1)
    place = get_influxdb.SERVER.find()
    if place is None:
        tell("InfluxDB is left out: get it with `make services`")
        return made
    with tempfile.TemporaryDirectory(prefix="wangge-bench-") as folder:
        tell("InfluxDB")
        with influxdb.running(place, Path(folder) / "server", options=_SOON) as server:
            options = InfluxOptions(url=server.url, org=server.org, bucket=server.bucket, token=server.token)
            with contextlib.closing(InfluxStore.open(Path(folder), None, options)) as influx:
                _fill(influx, series, observations)
            engine = Path(folder) / "server" / "engine"
            tell("waiting until it has compacted")
            await_("InfluxDB's compaction", lambda: _is_still(engine), _LIMIT_S)
            made["influx_bytes_per_observation"] = round(_bytes(engine) / observations, 1)
    return made


def _series(site: Site) -> list[tuple[Series, float]]:
    """Return three series of every device that the load knows, with a quiet value."""
    found = []
    for index, device in enumerate(site.register.devices.values()):
        for name, value in values(device, index).items() if device.kind in VALUES else ():
            series = site.register.series(device.id, name)
            if series is not None:
                found.append((series, value))
    return found


def _fill(store: SeriesStore, series: Sequence[tuple[Series, float]], observations: int) -> None:
    epoch: list[Observation] = []
    for one in _walks(series, observations):
        epoch.append(one)
        if len(epoch) == _EPOCH:
            store.write(epoch)
            epoch = []
    if epoch:
        store.write(epoch)


def _walks(series: Sequence[tuple[Series, float]], observations: int) -> Iterator[Observation]:
    chance = random.Random(7)  # noqa: S311 - seeded, not a secret
    steps = [0] * len(series)
    for number in range(observations):
        turn, which = divmod(number, len(series))
        steps[which] += chance.randint(-3, 3)
        at_ms = START_MS + turn * _MINUTE_MS + which % 1_000
        one, quiet = series[which]
        yield Observation(one, round(quiet + steps[which] / 10, 1), at_ms, at_ms)


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_blocks * _BLOCK for path in folder.rglob("*") if path.is_file())


def _is_still(folder: Path) -> bool:
    """Tell whether nothing of the folder changes for a while."""
    before = _bytes(folder)
    time.sleep(_STILL_S)
    return _bytes(folder) == before
