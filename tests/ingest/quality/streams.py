"""Streams for the tests: devices, series, a store in memory, and what carries a stream over a restart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from ingest import dedup
from ingest.checks import Checks
from ingest.devices import Register
from ingest.model import Device, Observation, Property, Statistic
from ingest.quality.stream import Checked, Stream
from ingest.stores.memory import MemoryStore
from ingest.trust import PROPERTY, Trust

START_MS = 1_790_000_000_000
ZONE = ZoneInfo("Asia/Shanghai")
MINUTE_MS = 60_000


def device(number: int = 1, lat: float = 22.8) -> Device:
    """Return a station that speaks once a minute."""
    return Device(
        id=f"ws-{number}",
        domain="weather",
        kind="weather_station",
        cell="450107003013001",
        lat=lat,
        lon=108.3,
        cadence_s=60,
    )


def dictionary(checks: Checks | None) -> dict[str, Property]:
    """Return a dictionary of a property with these checks, a total, what it grows into, and trust."""
    known = (
        Property(
            name="weather.temperature", unit="Cel", title_zh="气温", title_en="t", low=-60.0, high=70.0, checks=checks
        ),
        Property(name="weather.humidity", unit="%", title_zh="湿度", title_en="h", low=0.0, high=110.0),
        Property(
            name="weather.rain_total",
            unit="mm",
            title_zh="累计",
            title_en="r",
            low=0.0,
            statistic=Statistic.TOTAL,
            increments="weather.rain_increment",
            checks=checks if checks and checks.roll_over else None,
        ),
        Property(name="weather.rain_increment", unit="mm", title_zh="雨量", title_en="i", low=0.0, high=500.0),
        Property(name=PROPERTY, unit="%", title_zh="信任", title_en="trust", low=0.0, high=100.0),
    )
    return {one.name: one for one in known}


class Pipe:
    """A stream with its store, and all that a restart keeps."""

    def __init__(self, checks: Checks | None, devices: Sequence[Device] = ()) -> None:
        self.devices = tuple(devices) or (device(),)
        self.register = Register({one.id: one for one in self.devices}, dictionary(checks))
        self.store = MemoryStore()
        self.newest: dict[int, int] = {}
        self.rows: dict[str, bytes] = {}
        self.judged: list[Observation] = []
        self.restart()

    def restart(self) -> None:
        """Begin anew with what was stored."""
        trust = Trust(self.register.series_of)
        trust.load(self.rows.items())
        self.stream = Stream(self.register, ZONE, self.newest, trust)
        self.stream.serve(self.devices)

    def observe(self, name: str, time_ms: int, value: float, quality: int = 1, of: str = "ws-1") -> Observation:
        """Return an observation of a device."""
        return Observation(self.register.table[of][name], value, time_ms, max(time_ms, START_MS), quality)

    def take(self, observations: Sequence[Observation], *, commit: bool = True) -> Checked:
        """Take an epoch through; without `commit` only the series store keeps anything of it."""
        newest = dict(self.newest)
        sifted = dedup.sift(newest, observations)
        fresh = sifted.fresh + dedup.accept(sifted, self.store.known(sifted.doubtful))
        fresh.sort(key=lambda one: one.phenomenon_time_ms)
        checked = self.stream.work(fresh, newest, self.store.recent)
        self.store.write(checked.stored)
        if commit:
            self.newest = newest
            self.judged += checked.judged
            self._keep(checked.standings)
        return checked

    def _keep(self, changed: Mapping[str, bytes | None]) -> None:
        for device_id, packed in changed.items():
            self.rows.pop(device_id, None)
            if packed is not None:
                self.rows[device_id] = packed

    def stored(self, name: str, of: str = "ws-1") -> list[tuple[int, float, int]]:
        """Return (time, value, flag) of what is stored of a series."""
        points = self.store.read(of, name, 0, 2**62, 100_000)
        return [(point.time_ms, point.value, point.quality) for point in points]
