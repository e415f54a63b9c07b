"""The samples of one (rule, subject) whose condition judges samples: which series feed it, and what is judged when.

Judged are *events*: the times of the samples of the subject (of the device itself where it has neighbours), or, for a
condition with a step, the multiples of the step that end a step with a sample, once something later was observed. Both
follow from the set of samples alone, so neither order nor batches make a difference.
"""

from __future__ import annotations

import dataclasses
from bisect import bisect_left

from rules.conditions._base import SampleCondition
from rules.model import Rule, Subject
from rules.samples import Samples
from rules.view import Known, Locale, Member, View
from rules.watch import Watch


@dataclasses.dataclass(slots=True, eq=False)
class Gathering:
    """One (rule, subject). `anchor`: the device whose samples are judged, None if those of all devices are.

    `newest_ms`: the newest sample that can be judged; `open_ms`: the first event not judged yet (with a step);
    `stirred_ms`: the newest sample outside the quiet intervals of the condition. Of an area with a step, `ends`: the
    events with samples; `known`: what was found out of its devices at events of late (`rules.view`).
    """

    rule: Rule
    condition: SampleCondition
    subject: Subject
    anchor: str | None
    members: dict[str, Member]
    watches: list[Watch]
    newest_ms: int = 0
    open_ms: int = 0
    stirred_ms: int = 0
    every_ms: int = 0
    rest_ms: int = 0
    ends: set[int] | None = None
    known: dict[int, Known] | None = None

    def __post_init__(self) -> None:
        """Ask the condition once for what is needed with every observation."""
        self.every_ms = self.condition.every_ms
        self.rest_ms = self.condition.span_ms + 2 * self.every_ms
        if self.every_ms and self.anchor is None:
            self.ends, self.known = set(), {}

    def may_rest(self, lateness_ms: int) -> bool:
        """Tell whether nothing that it sees, or may still come late, can make it hold."""
        return self.newest_ms - self.stirred_ms > self.rest_ms + lateness_ms

    def join(self, watch: Watch) -> None:
        """See the samples of one more series."""
        member = self.members.get(watch.device.id)
        if member is None:
            member = self.members[watch.device.id] = Member(watch.device, {})
        member.series[watch.plan.observed_property] = self._samples(watch)
        self.watches.append(watch)

    def judged_by(self, watch: Watch) -> bool:
        """Tell whether the samples of a series are events; those of neighbours are only seen."""
        return self.anchor is None or watch.device.id == self.anchor

    def event_of(self, at_ms: int) -> int:
        """Return the event that a sample belongs to."""
        every_ms = self.every_ms
        return -(-at_ms // every_ms) * every_ms if every_ms else at_ms

    def events(self, from_ms: int) -> list[int]:
        """Return the events from a time on that can be judged, in order."""
        if self.ends is not None:
            return sorted(end_ms for end_ms in self.ends if self.event_of(from_ms) <= end_ms < self.newest_ms)
        return self._found(from_ms)

    def note(self, device_id: str, at_ms: int) -> None:
        """Take notice of a sample: what was found out of its device at that time or later may be otherwise now."""
        if self.ends is None or self.known is None:
            return
        self.ends.add(self.event_of(at_ms))
        for end_ms, known in self.known.items():
            if end_ms >= at_ms:
                for found in known.values():
                    found.pop(device_id, None)

    def forget(self, before_ms: int) -> None:
        """Forget events before a time."""
        if self.ends is None or self.known is None:
            return
        self.ends = {end_ms for end_ms in self.ends if end_ms >= before_ms}
        self.known = {end_ms: known for end_ms, known in self.known.items() if end_ms >= before_ms}

    def _found(self, from_ms: int) -> list[int]:
        found: set[int] = set()
        every_ms = self.every_ms
        for watch in self.watches:
            if self.judged_by(watch):
                samples = self._samples(watch)
                samples.order()
                first = bisect_left(samples.times, from_ms - every_ms + 1 if every_ms else from_ms)
                found.update(samples.times[first:])
        if not every_ms:
            return sorted(found)
        ends = {self.event_of(at_ms) for at_ms in found}
        return sorted(end_ms for end_ms in ends if end_ms < self.newest_ms)

    def view(self, at_ms: int, locale: Locale) -> View:
        """Return what the condition may see at a time."""
        focus = self.members[self.anchor] if self.anchor is not None else next(iter(self.members.values()))
        view = View(at_ms, focus, self.members, locale, self.anchor)
        if self.known is not None:
            view.known = self.known.setdefault(at_ms, {})
        return view

    def refresh(self) -> None:
        """Find out again, from the samples, what is newest and what stirs."""
        if self.known is not None:
            self.known.clear()
        for watch in self.watches:
            samples = self._samples(watch)
            if not samples.times:
                continue
            samples.order()
            if self.judged_by(watch):
                self.newest_ms = max(self.newest_ms, samples.times[-1])
                self.open_ms = self.event_of(self.newest_ms)
            if self.ends is not None:
                self.ends.update(map(self.event_of, samples.times))
            feed = next(feed for feed in watch.plan.feeds if feed.rule is self.rule)
            for index in range(len(samples.times) - 1, -1, -1):
                if samples.times[index] <= self.stirred_ms:
                    break
                if not feed.low <= samples.values[index] <= feed.high:
                    self.stirred_ms = samples.times[index]
                    break

    def _samples(self, watch: Watch) -> Samples:
        return watch.samples_for(self.rule.quality)
