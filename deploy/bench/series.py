"""The time-series stores under the same work: writing epochs, reading a series, finding repeats.

SQLite is always measured, InfluxDB 2 (started by us) where `make services` has one, VictoriaMetrics for writing only.
For InfluxDB also: what its spool takes while the server is dead, and how fast it is emptied when the server is back.
"""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from deploy.services.get import debian
from deploy.services.get import influxdb as get_influxdb
from deploy.services.run import influxdb, victoria_metrics
from ingest.model import Device, Observation, Property, Series, series_id
from ingest.stores._base import SeriesStore, StoreError
from ingest.stores._influx_options import InfluxOptions
from ingest.stores.influx import InfluxStore
from ingest.stores.sqlite import SqliteStore

_EPOCH = 6_000  # observations: 2,000 frames of three values
_START_MS = 1_790_000_000_000
_MINUTE_MS = 60_000
_READS = 20
_REPEATS = 100

Epochs = Sequence[Sequence[Observation]]


def measure(observations: int, devices: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Return rates and times of each store that is there."""
    epochs = _epochs(observations, devices)
    result: dict[str, Any] = {"observations": observations, "series": 3 * devices}
    with tempfile.TemporaryDirectory(prefix="wangge-bench-") as folder:
        say("sqlite")
        with contextlib.closing(SqliteStore.open(Path(folder), 100.0)) as store:
            result["sqlite"] = _write(store, epochs) | _read(store, epochs)
    place = get_influxdb.find()
    if place is not None:
        say("influx")
        with influxdb.running(place) as server, tempfile.TemporaryDirectory(prefix="wangge-bench-") as folder:
            options = InfluxOptions(url=server.url, org=server.org, bucket=server.bucket, token=server.token)
            with contextlib.closing(InfluxStore.open(Path(folder), None, options)) as influx:
                result["influx"] = _write(influx, epochs) | _read(influx, epochs)
                server.process.kill()
                result["influx"]["spooled_per_s"] = _write(influx, epochs)["written_per_s"]
                server.process.start()
                result["influx"]["drained_per_s"] = _drain(influx, observations)
    place = debian.victoria_metrics()
    if place is not None:
        say("victoria_metrics")
        with victoria_metrics.running(place) as other, tempfile.TemporaryDirectory(prefix="wangge-bench-") as folder:
            result["victoria_metrics"] = _write(_writer_only(other.url, Path(folder)), epochs)
    return result


def _epochs(observations: int, devices: int) -> Epochs:
    """Return observations of all series in turn, a minute between two of one series."""
    known = [Property(name=f"bench.{n}", unit="1", title_zh="量", title_en="Quantity") for n in range(3)]
    series = [
        Series(id=series_id(device.id, one.name), device=device, property=one)
        for device in (
            Device(id=f"d-{n:06}", domain="waste", kind="waste_bin", cell="0" * 15, lat=0, lon=0, cadence_s=60)
            for n in range(devices)
        )
        for one in known
    ]

    def every() -> Iterator[Observation]:
        for number in range(observations):
            turn, which = divmod(number, len(series))
            at_ms = _START_MS + turn * _MINUTE_MS
            yield Observation(series[which], 20.0 + number % 97 / 8, at_ms, at_ms)

    all_of_them = list(every())
    return [all_of_them[start : start + _EPOCH] for start in range(0, observations, _EPOCH)]


def _write(store: SeriesStore, epochs: Epochs) -> dict[str, float]:
    started, cpu = time.perf_counter(), time.process_time()
    for epoch in epochs:
        store.write(epoch)
    count = sum(map(len, epochs))
    return {
        "written_per_s": round(count / (time.perf_counter() - started)),
        "our_cpu_us_per_observation": round((time.process_time() - cpu) / count * 1e6, 2),
    }


def _read(store: SeriesStore, epochs: Epochs) -> dict[str, float]:
    """Return how long it takes to read a day of a series, and to find a hundred late repeats."""
    asked = epochs[0][:_READS]
    started = time.perf_counter()
    for one in asked:
        store.read(one.device_id, one.observed_property, _START_MS, _START_MS + 86_400_000)
    read_s = (time.perf_counter() - started) / len(asked)
    started = time.perf_counter()
    store.known(epochs[0][:_REPEATS])
    return {
        "read_ms": round(read_s * 1000, 2),
        f"known_{_REPEATS}_ms": round((time.perf_counter() - started) * 1000, 2),
    }


def _drain(store: InfluxStore, observations: int) -> int:
    """Return how many observations a second leave the spool, from the moment when the server is asked again."""
    while True:
        started = time.perf_counter()
        with contextlib.suppress(StoreError):
            store.known(())
            return round(observations / (time.perf_counter() - started))
        time.sleep(0.05)


def _writer_only(url: str, folder: Path) -> InfluxStore:
    from ingest.stores._influx_client import InfluxClient  # noqa: PLC0415 - an extra: others need it not

    options = InfluxOptions(url=url, org="any", bucket="any", token="")
    return InfluxStore(InfluxClient(options), options, folder, keeps_ms=0)
