"""The InfluxDB store on real servers: what they refuse, what they keep, being away, the means; and VictoriaMetrics."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from deploy.runtimes.commit import write_all
from deploy.services.cache import Found
from deploy.services.run import influxdb as run_influxdb
from deploy.services.run.influxdb import InfluxDb
from deploy.services.run.victoria_metrics import VictoriaMetrics
from ingest.model import Device, Observation, Property, Quality, Series, series_id
from ingest.stores import _influx_setup as setup
from ingest.stores._base import StoreError
from ingest.stores._influx_client import InfluxClient
from ingest.stores._influx_options import InfluxOptions
from ingest.stores.influx import InfluxStore
from tests.influx import bucket

pytestmark = [pytest.mark.external, pytest.mark.network]

START_MS = 1_790_000_100_000  # five minutes begin here
DAY_MS = 86_400_000
WAIT_S = 20.0


def series(device_id: str = "bin-1", observed_property: str = "waste.fill_level") -> Series:
    """Return a series of this test."""
    device = Device(id=device_id, domain="waste", kind="waste_bin", cell="450107003013001", lat=0, lon=0, cadence_s=60)
    known = Property(name=observed_property, unit="%", title_zh="满溢率", title_en="Fill level")
    return Series(id=series_id(device_id, observed_property), device=device, property=known)


BINS = series()


def batch(size: int, first_ms: int = START_MS) -> list[Observation]:
    """Return observations a second apart."""
    return [Observation(BINS, float(number), first_ms + 1_000 * number, START_MS) for number in range(size)]


def wait_for(done: Callable[[], bool]) -> None:
    """Wait until something has come about in a server."""
    deadline = time.monotonic() + WAIT_S
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_type_conflict_costs_one_point(influxdb: InfluxDb, tmp_path: Path) -> None:
    """Another program wrote a text where a number belongs: what conflicts is refused alone, the batch is stored."""
    options = bucket(influxdb)
    client = InfluxClient(options)
    client.send(f'waste.fill_level,device=other value="full" {START_MS}'.encode())
    lamps = Observation(series("lamp-1", "lighting.power"), 60.0, START_MS, START_MS)
    with contextlib.closing(InfluxStore.open(tmp_path, None, options)) as store:
        letters = write_all(
            store, [lamps, batch(1)[0], msgspec.structs.replace(lamps, phenomenon_time_ms=1)], threading.Event()
        )
        stored = store.read("lamp-1", "lighting.power", 0, START_MS + 1)
    client.close()

    assert [(one.frame.topic, one.refusal.reason) for one in letters] == [("observation/bin-1", "unstorable")]
    assert "field type conflict" in letters[0].refusal.detail
    assert [point.time_ms for point in stored] == [1, START_MS]


def test_retention(influxdb: InfluxDb, tmp_path: Path) -> None:
    """What the bucket would drop at once is refused with the reason, before and by the server."""
    options = bucket(influxdb, keeps_s=86_400)
    now_ms = time.time_ns() // 1_000_000
    ours = Observation(BINS, 1.0, now_ms - 2 * DAY_MS, now_ms)
    theirs = Observation(BINS, 1.0, now_ms - 2 * DAY_MS, now_ms - 2 * DAY_MS)
    good = Observation(BINS, 1.0, now_ms, now_ms)
    with contextlib.closing(InfluxStore.open(tmp_path, None, options)) as store:
        letters = write_all(store, [good, ours, theirs], threading.Event())
        count = store.count()

    assert (count, len(letters)) == (1, 2)
    assert letters[0].refusal.detail == f"older than the bucket {options.bucket!r} keeps (1 days)"
    assert "retention policy" in letters[1].refusal.detail


def test_server_killed_and_started_again(place_of: Callable[[str], Found], tmp_path: Path) -> None:
    """Nothing is lost while the server is killed under writing, and it is all there when the server is back."""
    with run_influxdb.running(place_of("influxdb")) as server:
        options = bucket(server)
        with contextlib.closing(InfluxStore.open(tmp_path, None, options)) as store:
            for number in range(20):
                if number == 7:
                    server.process.kill()
                store.write(batch(100, START_MS + number * 100_000))
            waited = (tmp_path / "influx.spool").stat().st_size
            server.process.start()

            def drained() -> bool:
                with contextlib.suppress(StoreError):
                    store.known(batch(1))
                return (tmp_path / "influx.spool").stat().st_size == 0

            wait_for(drained)
            count = store.count()

    assert waited > 0
    assert count == 2_000


def test_frozen_server(place_of: Callable[[str], Found], tmp_path: Path) -> None:
    """A server that takes connections and answers nothing costs one time-out, then observations wait."""
    with run_influxdb.running(place_of("influxdb")) as server:
        options = msgspec.structs.replace(bucket(server), timeout_s=0.3)
        with contextlib.closing(InfluxStore.open(tmp_path, None, options)) as store:
            server.process.pause()
            started = time.monotonic()
            store.write(batch(10))
            took_s = time.monotonic() - started
            server.process.resume()

    assert took_s < 5


@pytest.mark.parametrize(
    "wrong,text",
    [
        ({"token": "wrong"}, r"refuses the token: mend token under \[influx\] \(401 unauthorized access\)"),
        ({"bucket": "none"}, "no bucket 'none' in organisation 'wangge' .* make it with `wangge influx setup`"),
        ({"org": "none"}, "no bucket '.*' in organisation 'none' that this token may see"),
    ],
)
def test_wrong_settings_stop_the_start(influxdb: InfluxDb, tmp_path: Path, wrong: dict[str, str], text: str) -> None:
    """A server that is there and refuses token, bucket or organisation is told in one line with the remedy."""
    with pytest.raises(StoreError, match=text) as raised:
        InfluxStore.open(tmp_path, None, msgspec.structs.replace(bucket(influxdb), **wrong))

    assert "\n" not in str(raised.value)


def test_absent_server_does_not_stop_the_start(tmp_path: Path) -> None:
    """A server that is away is waited for: the store opens, takes observations, and says what is wrong when asked."""
    options = InfluxOptions(url="http://127.0.0.1:1", org="wangge", bucket="wangge", token="")
    with contextlib.closing(InfluxStore.open(tmp_path, None, options)) as store:
        store.write(batch(3))
        with pytest.raises(
            StoreError, match=r"127\.0\.0\.1:1 does not answer \(connection refused\): start it, or mend"
        ):
            store.check()

    assert (tmp_path / "influx.spool").stat().st_size > 0


def test_names_that_need_quoting(influxdb: InfluxDb, tmp_path: Path) -> None:
    """A device name with signs of line protocol and Flux is one series, and reads back."""
    odd = series('a b,c=d\\"${x}箱')
    with contextlib.closing(InfluxStore.open(tmp_path, None, bucket(influxdb))) as store:
        store.write([Observation(odd, 1.5, START_MS, START_MS, Quality.SUSPECT)])
        points = store.read(odd.device.id, odd.property.name, START_MS, START_MS + 1)
        known = store.known([Observation(odd, 0.0, START_MS, START_MS)])

    assert [tuple(one) for one in points] == [(START_MS, 1.5, 3)]
    assert known == {(odd.id, START_MS)}


def test_five_minute_means(influxdb: InfluxDb, tmp_path: Path) -> None:
    """The task writes means of five minutes, without what the checks call wrong and without wind directions."""
    options = bucket(influxdb)
    first = setup.provide(options, keeps_days=0, means_days=0)
    wind = series("wx-1", "weather.wind_direction")
    with contextlib.closing(InfluxStore.open(tmp_path, None, options)) as store:
        store.write(
            [
                Observation(BINS, 10.0, START_MS, START_MS),
                Observation(BINS, 20.0, START_MS + 299_999, START_MS),
                Observation(BINS, 9_999.0, START_MS + 1_000, START_MS, Quality.FAIL),
                Observation(BINS, 40.0, START_MS + 300_000, START_MS),
                Observation(wind, 350.0, START_MS, START_MS),
            ]
        )
    _run_task(influxdb, options, START_MS + 600_000)
    means = msgspec.structs.replace(options, bucket=setup.means_bucket(options.bucket))
    client = InfluxClient(means)
    rows = client.query(f'from(bucket: "{means.bucket}") |> range(start: 0) |> sort(columns: ["_time"])')
    client.close()
    again = setup.provide(options, keeps_days=30, means_days=0)

    assert [line.split(": ")[1] for line in first] == [
        "is there, keeps points for ever",
        "made, keeps points for ever",
        "made, every 5 minutes",
    ]
    assert [line.split(": ")[1] for line in again] == [
        "was there, now keeps 30 days",
        "is there, keeps points for ever",
        "is there, every 5 minutes",
    ]
    assert [(row["_time"], row["_measurement"], row["device"], row["_value"]) for row in rows] == [
        ("2026-09-21T14:15:00Z", "waste.fill_level", "bin-1", "15"),
        ("2026-09-21T14:20:00Z", "waste.fill_level", "bin-1", "40"),
    ]


def _run_task(server: InfluxDb, options: InfluxOptions, at_ms: int) -> None:
    """Run the task as at this time, and wait for its end."""
    name = f"{setup.means_bucket(options.bucket)}-means"
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Token {server.token}"}, trust_env=False) as http:
        task = http.get("/api/v2/tasks", params={"name": name}).raise_for_status().json()["tasks"][0]["id"]
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at_ms / 1000))
        run = http.post(f"/api/v2/tasks/{task}/runs", json={"scheduledFor": at}).raise_for_status().json()["id"]
        states: list[str] = []

        def ended() -> bool:
            answer = http.get(f"/api/v2/tasks/{task}/runs/{run}")
            states.append(answer.json().get("status", "") if answer.is_success else "")
            return states[-1] in {"success", "failed"}

        wait_for(ended)

    assert states[-1] == "success"


def test_victoria_metrics_takes_the_writes(victoria_metrics: VictoriaMetrics, tmp_path: Path) -> None:
    """The same writes go to VictoriaMetrics, where value and quality are series of their own."""
    url = victoria_metrics.url
    options = InfluxOptions(url=url, org="any", bucket="any", token="")
    with contextlib.closing(InfluxStore(InfluxClient(options), options, tmp_path, keeps_ms=0)) as store:
        store.write([Observation(BINS, 42.5, START_MS, START_MS, Quality.SUSPECT)])
    rows: list[Any] = []

    def arrived() -> bool:
        httpx.get(f"{url}/internal/force_flush", trust_env=False)
        ask = {"match[]": '{device="bin-1"}', "start": str(START_MS // 1000 - 60)}
        text = httpx.get(f"{url}/api/v1/export", params=ask, trust_env=False).text
        rows[:] = map(msgspec.json.decode, text.splitlines())
        return len(rows) == 2

    wait_for(arrived)

    assert {(str(row["metric"]["__name__"]), *row["values"], *row["timestamps"]) for row in rows} == {
        ("waste.fill_level_value", 42.5, START_MS),
        ("waste.fill_level_quality", 3, START_MS),
    }
