"""The world that the sensors look at: a pure function of seed, place and time, and of the book of incidents.

The normal world stays well inside every limit of the rule catalogue, so an alert without an incident is a false one.
`strength` is how much of an incident's effect a device feels; what that does to a value is in the device's own file.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from zoneinfo import ZoneInfo

from ingest.model import Device
from simulators.incidents import Book
from simulators.noise import draw, smooth
from simulators.sun import elevation_deg

_DUSK_DEG = -2.0  # lamps burn while the sun is lower
_RUSH_HOURS = (8.0, 18.25)
_RUSH_WIDTH_H = 1.1


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is true in the city. `rain_mm_h` is the mean rain rate of the scenario."""

    seed: int
    zone: ZoneInfo
    book: Book = dataclasses.field(default_factory=Book)
    rain_mm_h: float = 0.0

    def strength(self, device: Device, effect: str, at_ms: int) -> float:
        """Return how much of an effect the device feels, 0 to 1."""
        known = self.book.of(device.id)
        return max((one.strength(at_ms) for one in known if one.effect == effect), default=0.0) if known else 0.0

    def own(self, device: Device, *what: str) -> float:
        """Return a number in [0, 1) that never changes for this device."""
        return draw(self.seed, device.id, *what)

    def wobble(self, device: Device, what: str, at_ms: int, period_s: int = 600) -> float:
        """Return a slow wobble in [-1, 1] of one value of a device."""
        return smooth(self.seed, at_ms, period_s * 1000, device.id, what)

    def common_wobble(self, what: str, at_ms: int, period_s: int = 7_200) -> float:
        """Return a slow wobble in [-1, 1] that the whole city shares."""
        return smooth(self.seed, at_ms, period_s * 1000, "city", what)

    def hour(self, at_ms: int) -> float:
        """Return the local time of day in hours, 0 to 24."""
        local = dt.datetime.fromtimestamp(at_ms / 1000, self.zone)
        return local.hour + local.minute / 60 + local.second / 3600

    def rush(self, at_ms: int) -> float:
        """Return how busy the roads are, 0 at night to 1 in the rush hours; a weekend has 60 % of it."""
        local = dt.datetime.fromtimestamp(at_ms / 1000, self.zone)
        hour = local.hour + local.minute / 60
        peaks = max(math.exp(-(((hour - peak) / _RUSH_WIDTH_H) ** 2)) for peak in _RUSH_HOURS)
        by_day = 0.45 if 6 <= hour < 22 else 0.08  # noqa: PLR2004 - hours of the day
        return max(peaks, by_day) * (0.6 if local.isoweekday() > 5 else 1.0)  # noqa: PLR2004 - Saturday and Sunday

    def is_dark(self, device: Device, at_ms: int) -> bool:
        """Tell whether street lamps should burn at the device."""
        return elevation_deg(at_ms, device.lat, device.lon) < _DUSK_DEG

    def sunshine(self, device: Device, at_ms: int) -> float:
        """Return the share of full sun, 0 to 1."""
        return max(0.0, math.sin(math.radians(elevation_deg(at_ms, device.lat, device.lon))))

    def rain_rate(self, at_ms: int) -> float:
        """Return the rain over the city in mm/h."""
        return self.rain_mm_h * (1 + 0.4 * self.common_wobble("rain", at_ms, 1_800))

    def hours_since(self, at_ms: int, times_of_day: tuple[float, ...]) -> float:
        """Return the hours since the latest of these local times of day."""
        hour = self.hour(at_ms)
        return min((hour - time) % 24 for time in times_of_day)
