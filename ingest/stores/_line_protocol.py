"""InfluxDB line protocol for observations.

    weather.water_level,device=wl-001 value=31.5,quality=1i 1790000000000
    ───── property ──── ─── device ── ───────── fields ──── ─── ms ──────

One tag only, the device: measurement and device are the series, so the number of series in the server is the number of
series that there are. `value` is always a float and `quality` (QARTOD) always an integer: no field changes its type.
A name that ends in a backslash cannot be written: the server refuses that line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ingest.model import Observation

MOST_LINES = 5_000

_PLAIN = str.maketrans({",": r"\,", " ": r"\ ", "\n": r"\n", "\r": r"\r", "\t": r"\t"})
_TAG = _PLAIN | str.maketrans({"=": r"\="})


class Entry(NamedTuple):
    """One observation as plain values (for the spool); times in ms."""

    device_id: str
    observed_property: str
    value: float
    time_ms: int
    quality: int
    result_time_ms: int


class LineWriter:
    """Writes lines and remembers the escaped head of each series."""

    def __init__(self) -> None:
        self._heads: dict[int, str] = {}

    def batch(self, observations: Sequence[Observation]) -> bytes:
        """Return the lines of observations."""
        heads, lines = self._heads, []
        for one in observations:
            series = one.series
            head = heads.get(series.id)
            if head is None:
                head = heads[series.id] = _head(series.property.name, series.device.id)
            lines.append(f"{head}{one.value!r},quality={one.quality:d}i {one.phenomenon_time_ms}")
        return "\n".join(lines).encode()


def entries(observations: Iterable[Observation]) -> list[Entry]:
    """Return observations as plain values."""
    return [
        Entry(
            one.device_id,
            one.observed_property,
            one.value,
            one.phenomenon_time_ms,
            int(one.quality),
            one.result_time_ms,
        )
        for one in observations
    ]


def lines_of(batch: Iterable[Entry]) -> bytes:
    """Return the lines of plain values."""
    return "\n".join(
        f"{_head(one.observed_property, one.device_id)}{one.value!r},quality={one.quality}i {one.time_ms}"
        for one in batch
    ).encode()


def _head(observed_property: str, device_id: str) -> str:
    return f"{observed_property.translate(_PLAIN)},device={device_id.translate(_TAG)} value="
