"""Quality control of a stream: the tests that look back, increments of totals, and trust, for the series of a shard.

    observations of an epoch ─┬─ in bounds: as they are
                              └─ others ─ tests ─▶ flags, flags of earlier ones revised, increments ─▶ trust

What comes of it does not depend on how observations were batched, and of two that come in the wrong order both end
with the flags that order would have given: a late one has those after it judged again. Only what lies before an
observation counts for it, and for a spike the one after it, so a start in the middle, from what was stored, goes on in
the same way.

Rules see an observation with the flag that it has on arrival. A flag that is revised is stored over the one before.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import tzinfo
from typing import NamedTuple

from msgspec.structs import replace

from ingest.increments import increment
from ingest.model import Device, Lookup, Observation, Quality, Series
from ingest.quality.around import Around
from ingest.quality.single import by_range
from ingest.quality.track import Track, begin
from ingest.stores._base import Point, Wanted
from ingest.trust import Key, Trust
from ingest.units import conversion

_GOOD, _FAIL = int(Quality.GOOD), int(Quality.FAIL)
Load = Callable[[Sequence[Wanted]], Mapping[int, Sequence[Point]]]


class Checked(NamedTuple):
    """What the checks made of the observations of an epoch.

    `judged` is for rules: the observations with their flags on arrival, then what was derived. `stored` is for the
    store: the same as it came to be in the end, and earlier ones that were revised. `unsent` are the keys among them
    that this epoch did not bring. `standings` are the rows of trust that changed (None: delete).
    """

    judged: Sequence[Observation]
    stored: Sequence[Observation]
    unsent: frozenset[Key] = frozenset()
    standings: Mapping[str, bytes | None] = {}


class Stream:
    """The series of a shard under test. `newest` are the times up to which they had been taken in before.

    `zone` is that of the site.
    """

    def __init__(self, lookup: Lookup, zone: tzinfo, newest: Mapping[int, int], trust: Trust) -> None:
        self._lookup, self._zone = lookup, zone
        self._around = Around(())
        before = sorted(newest.items())
        self._before = array("q", [number for number, _ in before]), array("q", [time_ms for _, time_ms in before])
        self._tracks: dict[int, Track] = {}
        self._counting: dict[int, list[int]] = {}
        self._growth: dict[int, tuple[Series, float] | None] = {}
        self._trust = trust

    def serve(self, devices: Iterable[Device]) -> None:
        """Seek the neighbours of series that are met from now on among these devices."""
        self._around = Around(devices)

    def work(self, fresh: Sequence[Observation], sent: Mapping[int, int], load: Load) -> Checked:
        """Put new observations to the tests, in order; `load` fetches the history of series met for the first time.

        `sent` holds the series that devices send themselves: no increments are put in their place.
        """
        done = _Outcome()
        find, flagged = self._tracks.get, False
        for one in fresh:
            series = one.series
            if not series.property.looks_back:
                if one.quality != _GOOD:
                    flagged = True
                continue
            track = find(series.id)
            if track is None:
                self._meet(fresh, load)
                track = self._tracks[series.id]
            value, time_ms = one.value, one.phenomenon_time_ms
            if (
                -track.step <= value - track.last <= track.step
                and track.room > 0
                and track.least_ms <= time_ms - track.last_ms <= track.most_ms
                and one.quality == _GOOD
                and track.low <= value <= track.high
                and time_ms < track.until_ms
            ):
                history = track.history
                history.times.append(time_ms)
                history.values.append(value)
                track.last, track.last_ms = value, time_ms
                track.room -= 1
            elif not (track.only_grows and self._run_on(track, one, done, sent)):
                self._look(track, one, done, sent)
        flagged = flagged or bool(done.flagged)
        judged = [done.flagged.get(_key(one), one) for one in fresh] if done.flagged else fresh
        told, standings = self._trust.judge(judged, done.worse, flagged=flagged)
        derived = [*done.derived.values(), *told]
        if derived:
            judged = [*judged, *derived]
        if not done.over:
            return Checked(judged, judged, frozenset(map(_key, derived)), standings)
        stored = {_key(one): one for one in judged} | done.over
        return Checked(judged, list(stored.values()), frozenset(stored.keys() - set(map(_key, fresh))), standings)

    def _look(self, track: Track, one: Observation, done: _Outcome, sent: Mapping[int, int]) -> None:
        """Put an observation to the tests, and those anew that it has a part in."""
        known, time_ms = one.series.property, one.phenomenon_time_ms
        if one.quality != _GOOD and one.quality != by_range(known, one.value):
            done.flagged[_key(one)] = one  # an impossible time: nothing comes before or after it
            return
        index = track.history.put(time_ms, one.value)
        if index is None:
            return  # older than all that is kept
        last = len(track.history.times) - 1
        around = self._said
        quality = int(track.judge(index, around))
        if quality != one.quality:
            done.flagged[_key(one)] = replace(one, quality=quality)
        elif quality != _GOOD:
            done.flagged[_key(one)] = one
        if quality != _GOOD:
            track.history.flags[time_ms] = quality
        anew = [index - 1] if index and track.needs_next(index - 1) else []
        for earlier in (*anew, *range(index + 1, last + 1)):
            self._again(track, earlier, one, done)
        if known.increments is not None:
            self._grow(track, index, one, done, sent)
        track.settle()
        if known.checks and known.checks.neighbours:
            self._hold(track)

    def _run_on(self, track: Track, one: Observation, done: _Outcome, sent: Mapping[int, int]) -> bool:
        """Take a total that simply ran on, in order and good; return False where it did not."""
        history, time_ms = track.history, one.phenomenon_time_ms
        grown = one.value - track.last
        in_order = track.room > 0 and track.least_ms <= time_ms - track.last_ms <= track.most_ms
        if not (in_order and grown >= 0 and one.quality == _GOOD) or track.last_ms in history.flags:
            return False
        growth = self._growth[track.series.id]
        if growth and growth[0].id not in sent:
            made = self._increment(growth, grown, one, _GOOD)
            done.derived[_key(made)] = made
        history.times.append(time_ms)
        history.values.append(one.value)
        track.last, track.last_ms = one.value, time_ms
        track.room -= 1
        return True

    def _hold(self, track: Track) -> None:
        """Bound a series by what its neighbours may say next; look at them anew where they cannot count on it."""
        tracks = [found for found in map(self._tracks.get, (one.id for one in track.around)) if found is not None]
        said = [(value, value) for value in self._said(track, track.last_ms + 1)]
        if track.bound([one.hold for one in tracks if one.hold] + said):
            for number in self._counting.get(track.series.id, ()):
                if number in self._tracks:
                    self._tracks[number].step = -1.0

    def _again(self, track: Track, index: int, by: Observation, done: _Outcome) -> None:
        """Judge an observation again that another came beside; store it again where its flag changes."""
        history = track.history
        time_ms = history.times[index]
        before, now = history.flags.get(time_ms, _GOOD), int(track.judge(index, self._said))
        if now == before:
            return
        if now == _GOOD:
            del history.flags[time_ms]
        else:
            history.flags[time_ms] = now
        revised = Observation(track.series, history.values[index], time_ms, by.result_time_ms, now)
        done.over[_key(revised)] = revised
        if now > before:
            done.worse.setdefault(_key(by), []).append(now)

    def _grow(self, track: Track, index: int, one: Observation, done: _Outcome, sent: Mapping[int, int]) -> None:
        """Derive what a total grew by, and anew what the next one did where this one came between."""
        growth = self._growth[track.series.id]
        if growth is None or growth[0].id in sent:
            return
        for at in range(index, min(index + 2, len(track.history.times))):
            grown = self._grown(track, at, growth, one.result_time_ms)
            if grown is None:
                continue
            if at == index:
                done.derived[_key(grown)] = grown
            else:
                done.over[_key(grown)] = grown

    def _grown(self, track: Track, index: int, growth: tuple[Series, float], received_ms: int) -> Observation | None:
        """Return what the total at `index` grew by; one that FAILed neither grew nor is grown from."""
        history, known = track.history, track.series.property
        time_ms = history.times[index]
        if history.flags.get(time_ms, _GOOD) == _FAIL:
            return None
        before = history.before(time_ms, history.times[0])
        resolution = known.resolution or 0.0
        grown = increment(before, history.values[index], roll_over=track.checks.roll_over, resolution=resolution)
        if grown is None:
            return None
        total = Observation(track.series, history.values[index], time_ms, received_ms)
        return self._increment(growth, grown, total, history.flags.get(time_ms, _GOOD))

    @staticmethod
    def _increment(growth: tuple[Series, float], grown: float, total: Observation, quality: int) -> Observation:
        """Return the observation of what a total grew by, no better than the total and than its own range allows."""
        series, factor = growth
        value = round(grown * factor, 9)
        known = series.property
        if not known.good_low <= value <= known.good_high:
            quality = max(quality, int(by_range(known, value)))
        return Observation(series, value, total.phenomenon_time_ms, total.result_time_ms, quality)

    def _said(self, track: Track, time_ms: int) -> list[float]:
        """Return what the neighbours of a series said last before a time."""
        settings = track.checks.neighbours
        age_ms = int(settings.age_s * 1000) if settings else 0
        tracks = (self._tracks.get(one.id) for one in track.around)
        said = (one.history.before(time_ms, time_ms - age_ms) for one in tracks if one is not None)
        return [value for value in said if value is not None]

    def _meet(self, fresh: Sequence[Observation], load: Load) -> None:
        """Begin the tracks of all series that are met for the first time, and of their neighbours."""
        met: dict[int, Track] = {}
        for one in fresh:
            series = one.series
            if series.property.looks_back and series.id not in self._tracks and series.id not in met:
                met[series.id] = self._track(series)
                for other in met[series.id].around:
                    if other.id not in self._tracks and other.id not in met:
                        met[other.id] = self._track(other)
        wanted = []
        for number, track in met.items():
            newest_ms = self.taken_before(number)
            if newest_ms is not None:
                wanted.append(Wanted(track.series, newest_ms - track.reach_ms, newest_ms + 1, track.history.keep))
        stored = load(wanted) if wanted else {}
        for asked in wanted:
            track = met[asked.series.id]
            track.history.fill(stored.get(asked.series.id, ()), asked.from_ms)
            if track.history.times:
                track.settle()
                if track.checks.neighbours:
                    track.step = -1.0  # neighbours are bound when each was heard of
        self._tracks |= met

    def taken_before(self, number: int) -> int | None:
        """Return the time up to which a series had been taken in before."""
        numbers, times_ms = self._before
        at = bisect_left(numbers, number)
        return times_ms[at] if at < len(numbers) and numbers[at] == number else None

    def _track(self, series: Series) -> Track:
        known = series.property
        around: tuple[Series, ...] = ()
        if known.checks and known.checks.neighbours:
            near = self._around.neighbours(series.device, known.checks.neighbours.radius_m)
            around = tuple(one for one in (self._lookup.series(device.id, known.name) for device in near) if one)
            for one in around:
                self._counting.setdefault(one.id, []).append(series.id)
        if known.increments is not None:
            receiver = self._lookup.series(series.device.id, known.increments)
            factor = conversion(known.unit, receiver.property.unit) if receiver else None
            self._growth[series.id] = (receiver, factor.factor) if receiver and factor else None
        return begin(series, self._zone, around)


class _Outcome:
    """What the tests of an epoch gave: by key, in order."""

    def __init__(self) -> None:
        self.flagged: dict[Key, Observation] = {}
        self.over: dict[Key, Observation] = {}
        self.derived: dict[Key, Observation] = {}
        self.worse: dict[Key, list[int]] = {}


def _key(one: Observation) -> Key:
    return one.series.id, one.phenomenon_time_ms
