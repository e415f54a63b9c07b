"""Conditions inside others: a value seen as a sample that lasts a while, and one device seen as part of an area."""

from __future__ import annotations

from collections.abc import Iterable

from rules.conditions._base import ALL_QUIET, SampleCondition, ValueCondition, Verdict, Verdicts
from rules.conditions._samples import UNKNOWN, Sampling
from rules.model import Evidence, Severity, Text
from rules.view import View
from rules.wording import Wording

LASTS_MS = 900_000
RANK = {Verdict.UNKNOWN: 0, Verdict.CLEAR: 1, Verdict.BETWEEN: 2, Verdict.HOLDS: 3}


class Lasting(Sampling, frozen=True, kw_only=True):
    """A condition of values, judged by the newest one of the device, which counts for `lasts_ms`."""

    inner: ValueCondition
    lasts_ms: int = LASTS_MS

    @property
    def severities(self) -> tuple[Severity, ...]:
        """Return those of the condition."""
        return self.inner.severities

    @property
    def properties(self) -> tuple[str, ...]:
        """Return those of the condition."""
        return self.inner.properties

    @property
    def span_ms(self) -> int:
        """Return how long a value counts."""
        return self.lasts_ms

    def quiet(self, observed_property: str) -> tuple[float, float]:
        """Return that of the condition."""
        return self.inner.quiet() if observed_property in self.inner.properties else ALL_QUIET

    def judge(self, view: View) -> Verdicts:
        """Return what the newest value says; one between the limits of a hysteresis asks those before it."""
        name = self.inner.properties[0]
        newest = view.latest(name, self.lasts_ms)
        if newest is None:
            return UNKNOWN * max(1, len(self.severities))
        said = self.inner.each(newest[1])
        if Verdict.BETWEEN not in said:
            return said
        verdicts, values = list(said), view.window(name, self.lasts_ms).values
        place = len(values) - 1
        while place > 0 and Verdict.BETWEEN in verdicts:
            place -= 1
            before = self.inner.each(values[place])
            verdicts = [old if one is Verdict.BETWEEN else one for one, old in zip(verdicts, before, strict=True)]
        return tuple(Verdict.CLEAR if one is Verdict.BETWEEN else one for one in verdicts)

    def describe(self, view: View) -> str:
        """Return what the condition says of the newest value."""
        name = self.inner.properties[0]
        newest = view.latest(name, self.lasts_ms)
        return f"{name} is not known" if newest is None else self.inner.describe(newest[1])

    def evidence(self, view: View) -> tuple[Evidence, ...]:
        """Return the newest value."""
        name = self.inner.properties[0]
        newest = view.latest(name, self.lasts_ms)
        return () if newest is None else (view.said(name, *newest),)

    def explain(self, wording: Wording) -> Text:
        """Return that of the condition."""
        return self.inner.explain(wording)


class Wrapped(Sampling, frozen=True, kw_only=True):
    """A condition about another one of samples: it reads what that reads."""

    inner: SampleCondition

    @property
    def properties(self) -> tuple[str, ...]:
        """Return those of the condition."""
        return self.inner.properties

    @property
    def span_ms(self) -> int:
        """Return that of the condition."""
        return self.inner.span_ms

    @property
    def fine_ms(self) -> int:
        """Return that of the condition."""
        return self.inner.fine_ms

    @property
    def every_ms(self) -> int:
        """Return that of the condition."""
        return self.inner.every_ms


class Anywhere(Wrapped, frozen=True, kw_only=True):
    """A condition of one device, for an area: it holds if it does for at least one of the devices there."""

    @property
    def severities(self) -> tuple[Severity, ...]:
        """Return those of the condition."""
        return self.inner.severities

    @property
    def whole(self) -> bool:
        """It judges all devices."""
        return True

    def quiet(self, observed_property: str) -> tuple[float, float]:
        """Return that of the condition."""
        return self.inner.quiet(observed_property)

    def judge(self, view: View) -> Verdicts:
        """Return, for each level, the worst of the devices that are known."""
        return tuple(map(worst, zip(*(self.inner.judge(one) for one in view.each()), strict=True)))

    def describe(self, view: View) -> str:
        """Return what is so of the worst device."""
        worst_view = self._worst(view)
        return f"{worst_view.device.id}: {self.inner.describe(worst_view)}"

    def evidence(self, view: View) -> tuple[Evidence, ...]:
        """Return that of the worst device."""
        return self.inner.evidence(self._worst(view))

    def explain(self, wording: Wording) -> Text:
        """Return that of the condition."""
        return self.inner.explain(wording)

    def _worst(self, view: View) -> View:
        return max(view.each(), key=lambda one: [RANK[verdict] for verdict in reversed(self.inner.judge(one))])


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst verdict; what is not known counts only if nothing is."""
    return max(verdicts, key=RANK.__getitem__, default=Verdict.UNKNOWN)


def as_samples(condition: ValueCondition | SampleCondition, lasts_ms: int = LASTS_MS) -> SampleCondition:
    """Return a condition as one that judges samples."""
    return condition if condition.reads == "samples" else Lasting(inner=condition, lasts_ms=lasts_ms)


def anywhere(condition: ValueCondition | SampleCondition) -> SampleCondition:
    """Return a condition as one that judges the devices of an area."""
    judging = as_samples(condition)
    return judging if judging.whole else Anywhere(inner=judging)
