"""How far a device can be trusted: the share of its observations that passed the quality checks, recent ones first.

Each series that ever failed a check has a score between 0 and 1, which every observation moves a tenth of the way to
what it is worth: GOOD 1, SUSPECT ½, FAIL 0. The device has the score of its worst series, in per cent: its series
`device.trust`. A device that never failed has no score and no such series, and costs nothing.

A value is told when it has moved by five points, or by one point after an hour, and when trust is whole again; at most
one for each time. All of it follows from the observations in their order, so it is the same however they were batched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from ingest.model import Observation, Quality, Series
from ingest.quality import AHEAD_MS

PROPERTY = "device.trust"

_WEIGHT = 0.1
_WORTH = {int(Quality.GOOD): 1.0, int(Quality.SUSPECT): 0.5, int(Quality.FAIL): 0.0}
_WHOLE = 0.99  # from here a series counts as whole again
_FULL = 100.0
_STEP, _SMALL_STEP = 5.0, 1.0
_HOUR_MS = 3_600_000
_GOOD = int(Quality.GOOD)

Key = tuple[int, int]
"""(series id, time in ms)."""


class Standing(msgspec.Struct, array_like=True):
    """Where a device stands: scores by property of those that are not whole, what was told last and of when."""

    scores: dict[str, float] = {}
    told: float = _FULL
    told_ms: int = 0

    def note(self, observed_property: str, quality: int) -> None:
        """Take an observation into the score of its series."""
        worth = _WORTH.get(quality)
        if worth is None:
            return
        score = self.scores.get(observed_property, 1.0)
        score += _WEIGHT * (worth - score)
        if score >= _WHOLE:
            self.scores.pop(observed_property, None)
        else:
            self.scores[observed_property] = score

    def tell(self, time_ms: int) -> float | None:
        """Return what is to be told now, or None."""
        trust = round(_FULL * min(self.scores.values(), default=1.0), 1)
        moved = abs(trust - self.told)
        if not moved or time_ms <= self.told_ms:
            return None
        due = moved >= _STEP or not self.scores or (moved >= _SMALL_STEP and time_ms - self.told_ms >= _HOUR_MS)
        if not due:
            return None
        self.told, self.told_ms = trust, time_ms
        return trust


_decode = msgspec.msgpack.Decoder(Standing).decode


class Trust:
    """The standings of the devices of a shard that are not wholly trusted; `series_of` finds a device's series."""

    def __init__(self, series_of: Callable[[str], Mapping[str, Series] | None]) -> None:
        self._series_of = series_of
        self._standings: dict[str, Standing] = {}
        self._doubted: set[int] = set()

    def load(self, rows: Iterable[tuple[str, bytes]]) -> None:
        """Take in stored rows (device id, packed); those of devices and properties that are gone are left out."""
        for device_id, packed in rows:
            series, standing = self._series_of(device_id), _decode(packed)
            if series is None:
                continue
            standing.scores = {name: score for name, score in standing.scores.items() if _has(series, name)}
            self._standings[device_id] = standing
            self._doubted |= {series[name].id for name in standing.scores}

    def judge(
        self, observations: Sequence[Observation], revised: Mapping[Key, Sequence[int]], *, flagged: bool
    ) -> tuple[list[Observation], dict[str, bytes | None]]:
        """Take observations in, in order; return what is to be told, and the rows to store (None: delete).

        `revised` holds, by the observation that brought it about, the flags of earlier ones that were found worse;
        `flagged` tells whether there is any flag but GOOD in all this.
        """
        if not flagged and not self._doubted:
            return [], {}
        told: list[Observation] = []
        touched: dict[str, Standing] = {}
        doubted = self._doubted
        concerned = doubted | {one.series.id for one in observations if one.quality != _GOOD}
        concerned.update(number for number, _ in revised)
        for one in [one for one in observations if one.series.id in concerned]:
            series = one.series
            later = revised.get((series.id, one.phenomenon_time_ms), ())
            if one.quality == _GOOD and not later and series.id not in doubted:
                continue
            standing = self._standings.setdefault(series.device.id, Standing())
            touched[series.device.id] = standing
            for quality in (*later, one.quality):
                standing.note(series.property.name, quality)
            if series.property.name in standing.scores:
                doubted.add(series.id)
            else:
                doubted.discard(series.id)
            if one.phenomenon_time_ms > one.result_time_ms + AHEAD_MS:
                continue  # a clock that runs ahead: told of that time, nothing could be told until then
            value = standing.tell(one.phenomenon_time_ms)
            if value is not None:
                told += self._told(one, value)
        return told, {device_id: self._row(device_id, standing) for device_id, standing in touched.items()}

    def _told(self, one: Observation, value: float) -> list[Observation]:
        series = self._series_of(one.series.device.id)
        if series is None or not _has(series, PROPERTY):
            return []
        return [Observation(series[PROPERTY], value, one.phenomenon_time_ms, one.result_time_ms)]

    def _row(self, device_id: str, standing: Standing) -> bytes | None:
        if standing.scores or standing.told < _FULL:
            return msgspec.msgpack.encode(standing)
        del self._standings[device_id]
        return None


def _has(series: Mapping[str, Series], name: str) -> bool:
    try:
        series[name]
    except KeyError:
        return False
    return True
