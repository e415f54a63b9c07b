"""The limit that a number is held against: its side, its clear limit, its levels.

Shared by all conditions that have one.

above: 15                            # > ; also at_least ≥, below <, at_most ≤
clear_below: 10                      # clear only beyond this one (with below, at_most: clear_above)

levels:                              # or: one limit for each severity, in one rule
  warning: {at_least: 13.9, clear_below: 10.8}
  major: {at_least: 28.5}
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Self, get_args

import msgspec
import pydantic

from rules.conditions._base import Limit, Side, Verdict, Verdicts
from rules.model import Severity, Text
from rules.wording import by_level

_WORDS = {"above": "above", "at_least": "at least", "below": "below", "at_most": "at most"}
_BEYOND_HIGH = ("above", "at_least")
_WORDS_ZH = {"above": "高于", "at_least": "达到", "below": "低于", "at_most": "不高于"}
_MIRRORED: Mapping[Side, Side] = {"above": "below", "at_least": "at_most", "below": "above", "at_most": "at_least"}
Amount = Callable[[float], Text]
"""Says a number with its unit."""


class Bound(msgspec.Struct, frozen=True, kw_only=True):
    """A limit: `word` says on which side of it a number is bad; `clear` is the limit beyond which it is good again."""

    word: Side
    limit: float
    clear: float | None = None

    @property
    def is_high(self) -> bool:
        """True if great numbers are bad."""
        return self.word in _BEYOND_HIGH

    def quiet(self) -> tuple[float, float]:
        """Return the closed interval of the numbers on the good side of the limit."""
        if self.is_high:
            return -math.inf, self.limit if self.word == "above" else math.nextafter(self.limit, -math.inf)
        return self.limit if self.word == "below" else math.nextafter(self.limit, math.inf), math.inf

    def judge(self, number: float) -> Verdict:
        """Return on which side of the limits the number is."""
        if self._is_beyond(number):
            return Verdict.HOLDS
        if self.clear is None:
            return Verdict.CLEAR
        is_clear = number < self.clear if self.is_high else number > self.clear
        return Verdict.CLEAR if is_clear else Verdict.BETWEEN

    def _is_beyond(self, number: float) -> bool:
        word, limit = self.word, self.limit
        if word == "above":
            return number > limit
        if word == "at_least":
            return number >= limit
        return number < limit if word == "below" else number <= limit

    def words(self, number: float) -> str:
        """Return in words where the number is: `above 15`, `no longer above 15`, `not below 10`."""
        verdict = self.judge(number)
        if verdict is Verdict.HOLDS:
            return f"{_WORDS[self.word]} {self.limit:g}"
        if self.clear is None:
            return f"no longer {_WORDS[self.word]} {self.limit:g}"
        side = "below" if self.is_high else "above"
        return f"{side if verdict is Verdict.CLEAR else f'not {side}'} {self.clear:g}"

    def explain(self, amount: Amount) -> Text:
        """Return both limits in plain words: `above 15 cm (clear only below 10 cm)`."""
        limit = amount(self.limit)
        zh, en = f"{_WORDS_ZH[self.word]} {limit.zh}", f"{_WORDS[self.word]} {limit.en}"
        if self.clear is not None:
            clear = amount(self.clear)
            zh += f"（{'低于' if self.is_high else '高于'} {clear.zh} 才算恢复）"
            en += f" (clear only {'below' if self.is_high else 'above'} {clear.en})"
        return Text(zh=zh, en=en)

    def mirrored(self) -> Bound:
        """Return the limit of the same number with the other sign."""
        clear = None if self.clear is None else -self.clear
        return Bound(word=_MIRRORED[self.word], limit=-self.limit, clear=clear)

    def lines(self, observed_property: str) -> tuple[Limit, ...]:
        """Return the limit, and the clear limit if there is one, as lines of a chart."""
        fires = Limit(observed_property=observed_property, role="fires", side=self.word, value=self.limit)
        if self.clear is None:
            return (fires,)
        side: Side = "below" if self.is_high else "above"
        return fires, Limit(observed_property=observed_property, role="clears", side=side, value=self.clear)


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of all levels, mildest first; `severities` is empty if there is one level without a name."""

    each: tuple[Bound, ...]
    severities: tuple[Severity, ...] = ()

    def quiet(self) -> tuple[float, float]:
        """Return the closed interval of the numbers that are good for all levels."""
        intervals = [bound.quiet() for bound in self.each]
        return max(low for low, _ in intervals), min(high for _, high in intervals)

    def judge(self, number: float) -> Verdicts:
        """Return what the number says of each level."""
        return tuple([bound.judge(number) for bound in self.each])

    def explain(self, amount: Amount) -> Text:
        """Return in plain words what a number does that holds: `is above 15 cm`, `reaches a level (minor: …)`."""
        said = [bound.explain(amount) for bound in self.each]
        if self.severities:
            return by_level(self.severities, said)
        return Text(zh=said[0].zh, en=f"is {said[0].en}")

    def words(self, number: float) -> str:
        """Return in words where the number is, of the worst level that holds, or of the mildest."""
        return next((one for one in reversed(self.each) if one.judge(number) is Verdict.HOLDS), self.each[0]).words(
            number
        )


class BoundOptions(pydantic.BaseModel):
    """One limit; numbers are in the canonical unit of what is measured."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    above: float | None = pydantic.Field(None, description="Holds while the value is greater")
    at_least: float | None = pydantic.Field(None, description="Holds while the value is greater or equal")
    below: float | None = pydantic.Field(None, description="Holds while the value is less")
    at_most: float | None = pydantic.Field(None, description="Holds while the value is less or equal")
    clear_below: float | None = pydantic.Field(None, description="Clear only when less (with above, at_least)")
    clear_above: float | None = pydantic.Field(None, description="Clear only when greater (with below, at_most)")

    @property
    def word(self) -> Side | None:
        """Name of the limit that is given; None if there is not exactly one."""
        words: tuple[Side, ...] = get_args(Side)
        given = [word for word in words if getattr(self, word) is not None]
        return given[0] if len(given) == 1 else None

    @property
    def is_given(self) -> bool:
        """True if any of its options is given."""
        return any(getattr(self, name) is not None for name in BoundOptions.model_fields)

    def bound(self) -> Bound:
        """Return the limit."""
        word = self.word
        if word is None:  # pragma: no cover - the options refuse it
            raise ValueError("no limit")
        clear = self.clear_below if self.clear_below is not None else self.clear_above
        return Bound(word=word, limit=getattr(self, word), clear=clear)

    def check(self) -> None:
        """Raise ValueError with what does not fit together."""
        word = self.word
        if word is None:
            raise ValueError("exactly one of above, at_least, below, at_most is needed")
        limit: float = getattr(self, word)
        wrong, right = ("clear_above", "clear_below") if word in _BEYOND_HIGH else ("clear_below", "clear_above")
        if getattr(self, wrong) is not None:
            raise ValueError(f"{wrong} does not go with {word}: use {right}")
        clear: float | None = getattr(self, right)
        if clear is not None and (clear > limit if word in _BEYOND_HIGH else clear < limit):
            raise ValueError(f"{right} {clear:g} is on the wrong side of {word} {limit:g}")


class LevelOptions(BoundOptions):
    """The limit of one level."""

    @pydantic.model_validator(mode="after")
    def _fits(self) -> Self:
        self.check()
        return self


class LevelledOptions(BoundOptions):
    """One limit, or one for each level."""

    levels: dict[str, LevelOptions] | None = pydantic.Field(
        None, description="In place of one limit: a limit for each severity; worse ones are further out"
    )

    @pydantic.model_validator(mode="after")
    def _fits(self) -> Self:
        if self.levels is None:
            self.check()
            return self
        if self.is_given:
            raise ValueError("a limit beside levels: write it into one of them")
        check_levels(self.levels)
        bounds = self.bounds().each
        for mild, worse in itertools.pairwise(bounds):
            if mild.is_high is not worse.is_high or (
                worse.limit < mild.limit if mild.is_high else worse.limit > mild.limit
            ):
                raise ValueError("levels: a worse one must be further out on the same side")
        return self

    def bounds(self) -> Bounds:
        """Return the limits of all levels, mildest first."""
        if self.levels is None:
            return Bounds(each=(self.bound(),))
        severities = mildest_first(self.levels)
        return Bounds(each=tuple(self.levels[one.value].bound() for one in severities), severities=severities)


def check_levels(levels: Mapping[str, object]) -> None:
    """Raise ValueError if these are not names of at least two severities."""
    for name in levels:
        if name not in {one.value for one in Severity}:
            raise ValueError(f"levels: {name!r} is not one of {', '.join(Severity)}")
    if len(levels) < 2:  # noqa: PLR2004 - one level is no level
        raise ValueError("levels: at least two are needed; with one, write its limit and the rule's severity")


def mildest_first(names: Iterable[str]) -> tuple[Severity, ...]:
    """Return severities in the order of levels."""
    return tuple(sorted(map(Severity, names), key=lambda one: -one.rank))
