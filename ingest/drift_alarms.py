"""Drift: what the frames of a model look like now, against the hours before. Pure functions over `ingest.drift` counts.

`vanished`   of a property of which at least 20 values were due, by its lowest share in the hours before, fewer than a
             tenth came. Clears when half of what is due comes again.
`jump`       nearly all values (those between the first and the last tenth) lie outside what any hour before had, and
             some change of unit or scale (`CHANGES`) explains at least four fifths of how far the median has moved
             since the last hour; no other model of the property, or dialect, says the same, for then it is the world
             that has changed. Clears when the median is back.
`refusals`   at least 10 frames were refused, and their share is more than three times that of any hour before, with
             the certainty that the number allows (Wilson, 95 %). Clears when it is not.

An alarm that is a day old clears too (`accepted`): that is how these frames look from now on. What comes by day and not
by night is no drift, so `vanished` and `jump` need 24 hours to compare with, `refusals` 3. Looked at is the present
hour, with as many before it (at most six) as it takes to have 20 frames or values.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from ingest.drift import FEW, HOUR_MS, Key, Spread, Tally, firmwares, spread_of

DAY_HOURS = 24
KEPT_HOURS = 72
_ENOUGH, _MOST_HOURS = 20, 6
_REFUSED, _REFUSAL_HOURS = 10, 3
_CERTAINTY = 1.96  # of a normal distribution: 95 %

# (name, factor, offset): what a value becomes
CHANGES: tuple[tuple[str, float, float], ...] = (
    *((f"×{factor:g}", factor, 0.0) for factor in (10.0, 100.0, 1000.0, 0.1, 0.01, 0.001)),
    ("°C → °F", 1.8, 32.0), ("°F → °C", 1 / 1.8, -32 / 1.8), ("°C → K", 1.0, 273.15), ("K → °C", 1.0, -273.15),
    ("m/s → km/h", 3.6, 0.0), ("km/h → m/s", 1 / 3.6, 0.0), ("km/h → mph", 0.621371, 0.0),
    ("mph → km/h", 1.609344, 0.0), ("m → ft", 3.28084, 0.0), ("ft → m", 0.3048, 0.0), ("mm → in", 1 / 25.4, 0.0),
    ("in → mm", 25.4, 0.0),
    ("hPa → mmHg", 0.750062, 0.0), ("mmHg → hPa", 1.333224, 0.0), ("1/h → 1/min", 1 / 60, 0.0),
    ("1/min → 1/h", 60.0, 0.0),
)  # fmt: skip

Hours = Mapping[int, Mapping[Key, Tally]]


class Figures(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Figures of one side: values (lowest and highest tenth, median), the share of frames, or what was refused."""

    low: float | None = None
    median: float | None = None
    high: float | None = None
    share: float | None = None
    frames: int = 0


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """One drift; `change` names what a jump looks like.

    `reasons` counts what was refused for (`reason@firmware`); of the other kinds, frames by `@firmware`.
    """

    kind: str
    dialect: str
    model: str
    observed_property: str
    before: Figures
    after: Figures
    change: str = ""
    reasons: dict[str, int] = {}

    @property
    def key(self) -> Key:
        """What has drifted."""
        return Key(self.dialect, self.model, self.observed_property)


class OpenAlarm(NamedTuple):
    """An alarm that is open, and since when."""

    opened_at_ms: int
    alarm: Alarm


class Verdict(NamedTuple):
    """Alarms to open, and alarms to clear with how: `returned` or `accepted`."""

    opened: list[Alarm]
    cleared: list[tuple[OpenAlarm, str]]


def judge(hours: Hours, alarms: Sequence[OpenAlarm], since: Mapping[Key, int], now_ms: int) -> Verdict:
    """Return what opens and what clears.

    `hours` has the tallies by start of the hour, of which the newest is the present; `since` tells from which time on
    the hours of a key count (it was accepted as it is).
    """
    cleared = [(one, how) for one in alarms if (how := _how_cleared(hours, one, now_ms)) is not None]
    is_open = {(one.alarm.kind, one.alarm.key) for one in alarms}
    keys = sorted(set[Key]().union(*(tallies.keys() for tallies in hours.values())))
    found: list[Alarm] = []
    for key in keys:
        past = {hour: tallies for hour, tallies in hours.items() if hour >= since.get(key, 0)}
        alarm = _refusals(past, key) if not key.observed_property else _vanished(past, key) or _jump(past, key)
        if alarm is not None and (alarm.kind, key) not in is_open:
            found.append(alarm)
    return Verdict([one for one in found if one.kind != "jump" or not _world_moved(one, found)], cleared)


def _window(hours: Hours, key: Key, enough: int) -> tuple[list[int], list[int]]:
    """Return the newest hours that together have enough of a key, at most six, and those before."""
    order = sorted(hours, reverse=True)
    taken, seen = 0, 0
    for hour in order[:_MOST_HOURS]:
        taken += 1
        seen += hours[hour][key].seen if key in hours[hour] else 0
        if seen >= enough:
            break
    return order[:taken], order[taken:]


def _frames(tallies: Mapping[Key, Tally], key: Key) -> tuple[int, int]:
    """Return how many frames of the dialect and model came, and how many of them were refused."""
    tally = tallies.get(key._replace(observed_property=""))
    return (tally.seen, tally.refused) if tally is not None else (0, 0)


def _share(hours: Hours, of: Iterable[int], key: Key) -> tuple[float, int]:
    """Return which share of the frames that were read had the property, and how many were read."""
    read = seen = 0
    for hour in of:
        frames, refused = _frames(hours[hour], key)
        read += frames - refused
        seen += hours[hour][key].seen if key in hours[hour] else 0
    return (seen / read if read else 0.0), read


def _lowest_share(hours: Hours, past: Iterable[int], key: Key) -> tuple[float, int]:
    """Return the lowest share of any hour that can be compared with, and how many such hours there are."""
    shares = [share for hour in past for share, read in (_share(hours, [hour], key),) if read >= FEW]
    return (min(shares) if shares else 0.0), len(shares)


def _vanished(hours: Hours, key: Key) -> Alarm | None:
    frames = key._replace(observed_property="")
    usual, _ = _share(hours, sorted(hours)[:-1], key)
    present, past = _window(hours, frames, math.ceil(1.2 * _ENOUGH / usual) if usual else _ENOUGH)
    lowest, compared = _lowest_share(hours, past, key)
    share, read = _share(hours, present, key)
    if compared < DAY_HOURS or lowest * read < _ENOUGH or share * read >= 0.1 * lowest * read:
        return None
    reasons = firmwares(_reasons(hours, present, key))
    before, after = Figures(share=lowest, frames=compared), Figures(share=share, frames=read)
    return _alarm("vanished", key, before, after, reasons=reasons)


def _refusals(hours: Hours, key: Key) -> Alarm | None:
    present, past = _window(hours, key, _ENOUGH)
    before = _refusal_rates(hours, past, key)
    refused, frames = _refused(hours, present, key)
    if len(before) < _REFUSAL_HOURS or frames < _ENOUGH or refused < _REFUSED:
        return None
    highest = max(before)
    if _at_least(refused, frames) <= 3 * highest + 0.02:
        return None
    reasons = _reasons(hours, present, key)
    reasons = {reason: number for reason, number in reasons.items() if reason not in firmwares(reasons)}
    after = Figures(share=refused / frames, frames=frames)
    return _alarm("refusals", key, Figures(share=highest, frames=len(before)), after, reasons=reasons)


def _reasons(hours: Hours, of: Iterable[int], key: Key) -> dict[str, int]:
    """Return what was counted of the frames of the dialect and model, by reason and firmware."""
    frames = key._replace(observed_property="")
    reasons: dict[str, int] = {}
    for hour in of:
        for reason, number in (hours[hour][frames].reasons if frames in hours[hour] else {}).items():
            reasons[reason] = reasons.get(reason, 0) + number
    return reasons


def _refusal_rates(hours: Hours, past: Iterable[int], key: Key) -> list[float]:
    counted = (_frames(hours[hour], key) for hour in past)
    return [refused / frames for frames, refused in counted if frames >= FEW]


def _refused(hours: Hours, present: Iterable[int], key: Key) -> tuple[int, int]:
    counted = [_frames(hours[hour], key) for hour in present]
    return sum(refused for _, refused in counted), sum(frames for frames, _ in counted)


def _at_least(hits: int, of: int) -> float:
    """Return the lower bound of a share (Wilson's interval)."""
    share, square = hits / of, _CERTAINTY**2
    middle = share + square / (2 * of)
    spread = _CERTAINTY * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    return (middle - spread) / (1 + square / of)


def _jump(hours: Hours, key: Key) -> Alarm | None:
    present, past = _window(hours, key, _ENOUGH)
    now = _spread(hours, present, key)
    before = [spread for hour in past if (spread := _spread(hours, [hour], key)) is not None]
    if now is None or len(before) < DAY_HOURS:
        return None
    low, high = min(one.low for one in before), max(one.high for one in before)
    if now.low <= high and now.high >= low:
        return None
    newest = before[0].median
    fits = [(abs((now.median - offset) / factor - newest), name) for name, factor, offset in CHANGES]
    rest, change = min(fits)
    if rest > 0.2 * abs(now.median - newest):  # without it the values would have moved hardly less
        return None
    middle = sorted(one.median for one in before)[len(before) // 2]
    figures = Figures(low=low, median=middle, high=high, frames=len(before))
    after = Figures(low=now.low, median=now.median, high=now.high, frames=_seen(hours, present, key))
    return _alarm("jump", key, figures, after, change=change, reasons=firmwares(_reasons(hours, present, key)))


def _spread(hours: Hours, of: Sequence[int], key: Key) -> Spread | None:
    """Return the spread of the values of some hours; None where they are too few."""
    tallies = [hours[hour][key] for hour in of if key in hours[hour]]
    if len(tallies) == 1:
        return tallies[0].spread()
    return spread_of(value for tally in tallies for value in tally.values)


def _seen(hours: Hours, of: Iterable[int], key: Key) -> int:
    return sum(hours[hour][key].seen for hour in of if key in hours[hour])


def _world_moved(alarm: Alarm, found: Sequence[Alarm]) -> bool:
    """Tell whether another model says the same: then it is the world that has changed, as in fog."""
    return any(
        one.kind == "jump"
        and one.observed_property == alarm.observed_property
        and one.key != alarm.key
        and one.change == alarm.change
        for one in found
    )


def _how_cleared(hours: Hours, one: OpenAlarm, now_ms: int) -> str | None:
    alarm, key = one.alarm, one.alarm.key
    recent = {hour: tallies for hour, tallies in hours.items() if hour >= one.opened_at_ms // HOUR_MS * HOUR_MS}
    if not recent:
        return None
    returned = False
    newest = [max(recent)]
    if alarm.kind == "vanished":
        share, read = _share(recent, newest, key)
        returned = read >= FEW and share >= (alarm.before.share or 0.0) / 2
    elif alarm.kind == "refusals":
        refused, frames = _refused(recent, newest, key)
        returned = frames >= _ENOUGH and refused / frames <= 3 * (alarm.before.share or 0.0) + 0.02
    elif (now := _spread(recent, newest, key)) is not None:
        low, high = alarm.before.low, alarm.before.high
        returned = low is not None and high is not None and low <= now.median <= high
    if returned:
        return "returned"
    return "accepted" if now_ms - one.opened_at_ms >= DAY_HOURS * HOUR_MS else None


def _alarm(
    kind: str, key: Key, before: Figures, after: Figures, *, change: str = "", reasons: dict[str, int] | None = None
) -> Alarm:
    return Alarm(
        kind=kind,
        dialect=key.dialect,
        model=key.model,
        observed_property=key.observed_property,
        before=before,
        after=after,
        change=change,
        reasons=reasons or {},
    )
