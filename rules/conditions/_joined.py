"""Conditions made of others, judged over the devices of the subject: what `all_of`, `any_of` and `none_of` share.

A part holds for a cell or sub-district if it does for at least one device there. A value inside a part counts for
`values_last` after it was observed; then the part is not known. What is not known decides nothing: `all_of` and
`none_of` wait for it, `any_of` goes by the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pydantic

from rules.conditions._base import (
    ALL_QUIET,
    NOTHING_QUIET,
    Condition,
    Parts,
    Place,
    SampleCondition,
    Verdict,
    Verdicts,
)
from rules.conditions._lift import as_samples, worst
from rules.conditions._samples import Sampling
from rules.durations import Duration
from rules.model import Evidence, Text
from rules.nearby import Near
from rules.view import View
from rules.wording import Wording

MOST_PARTS = 8


class JoinedOptions(pydantic.BaseModel):
    """Options of a condition made of others."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True)

    conditions: Parts = pydantic.Field(min_length=1, max_length=MOST_PARTS, description="The conditions that it joins")
    values_last: Duration = pydantic.Field(
        "15m", validate_default=True, gt=0, description="How long a value counts after it was observed"
    )


class Joined(Sampling, frozen=True, kw_only=True):
    """Several conditions about one subject."""

    parts: tuple[SampleCondition, ...]

    @property
    def properties(self) -> tuple[str, ...]:
        """Return those of all parts."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part.properties))

    @property
    def span_ms(self) -> int:
        """Return the longest of the parts."""
        return max(part.span_ms for part in self.parts)

    @property
    def fine_ms(self) -> int:
        """Return the longest of the parts."""
        return max(part.fine_ms for part in self.parts)

    @property
    def every_ms(self) -> int:
        """Return the longest step: with one, all parts are judged at its times."""
        return max(part.every_ms for part in self.parts)

    @property
    def near(self) -> Near | None:
        """Return that of the parts."""
        return one_near(self.parts)

    @property
    def whole(self) -> bool:
        """It judges all devices of the subject."""
        return True

    def judge(self, view: View) -> Verdicts:
        """Return what the parts come to."""
        raise NotImplementedError

    def verdicts(self, view: View) -> list[Verdict]:
        """Return what each part says."""
        return [part_verdict(part, view) for part in self.parts]

    def describe(self, view: View) -> str:
        """Return what the parts say, in words."""
        return "; ".join(part.describe(_telling(part, view)) for part in self.parts)

    def evidence(self, view: View) -> tuple[Evidence, ...]:
        """Return what the parts rest on."""
        found = (one for part in self.parts for one in part.evidence(_telling(part, view)))
        return tuple(sorted(dict.fromkeys(found), key=lambda one: one.phenomenon_time_ms))

    def listed(self, wording: Wording, head: Text) -> Text:
        """Return what the parts say as a numbered list, after what is said of them together."""
        said = [_closed(part, part.explain(wording)) for part in self.parts]
        return Text(
            zh=f"{head.zh}：{'；'.join(f'（{place}）{one.zh}' for place, one in enumerate(said, 1))}",
            en=f"{head.en}: {'; '.join(f'({place}) {one.en}' for place, one in enumerate(said, 1))}",
        )

    def explain(self, wording: Wording) -> Text:
        """Return in plain words what the parts come to."""
        raise NotImplementedError

    @property
    def is_pair(self) -> bool:
        """True if it is short enough to be said without a list: two parts, none of them joined."""
        return len(self.parts) == len("ab") and not any(isinstance(part, Joined) for part in self.parts)


def _closed(part: SampleCondition, said: Text) -> Text:
    """Return what a part says, in brackets if it is a list itself."""
    return Text(zh=f"［{said.zh}］", en=f"[{said.en}]") if isinstance(part, Joined) else said


def part_verdict(part: SampleCondition, view: View) -> Verdict:
    """Return what a part says of the subject: the worst of its devices."""
    if part.whole or view.anchored is not None:
        return part.judge(view)[0]
    return worst(part.judge(one)[0] for one in view.each())


def _telling(part: SampleCondition, view: View) -> View:
    """Return the view of the device that a part is worst for."""
    if part.whole or view.anchored is not None:
        return view
    verdict = part_verdict(part, view)
    return next((one for one in view.each() if part.judge(one)[0] is verdict), view)


def quiet_of_one(parts: tuple[SampleCondition, ...], observed_property: str) -> tuple[float, float]:
    """Return the quiet interval of a condition that needs all parts: one part that rests keeps all at rest."""
    for part in parts:
        intervals = [part.quiet(name) for name in part.properties]
        if intervals and all(interval != NOTHING_QUIET for interval in intervals):
            return part.quiet(observed_property) if observed_property in part.properties else ALL_QUIET
    return NOTHING_QUIET


def quiet_of_all(parts: tuple[SampleCondition, ...], observed_property: str) -> tuple[float, float]:
    """Return the quiet interval of a condition for which one part is enough: all must rest."""
    low, high = ALL_QUIET
    for part in parts:
        interval = part.quiet(observed_property) if observed_property in part.properties else ALL_QUIET
        low, high = max(low, interval[0]), min(high, interval[1])
        if not part.properties:
            return NOTHING_QUIET
    return low, high


def join(kind: type[Joined], options: JoinedOptions, parts: Mapping[str, tuple[Condition, ...]]) -> Condition:
    """Return the condition of a kind; raises ValueError if nothing is observed in it."""
    made = kind(parts=lasting(parts["conditions"], 1000 * options.values_last))
    one_near(made.parts)
    if not made.properties:
        raise ValueError("none of the conditions observes anything: nothing would ever be judged")
    return made


def one_near(parts: Iterable[SampleCondition]) -> Near | None:
    """Return whose neighbours parts see; raises ValueError if one sees others than another: a view shows one kind."""
    found = {part.near for part in parts} - {None}
    if len(found) > 1:
        raise ValueError("its parts are about neighbours of different places: give them the same")
    return next(iter(found), None)


def lasting(parts: tuple[Condition, ...], lasts_ms: int) -> tuple[SampleCondition, ...]:
    """Return conditions as ones that judge samples."""
    return tuple(as_samples(part, lasts_ms) for part in parts if part.reads != "clock")


def no_property(_options: Mapping[str, Any]) -> tuple[tuple[Place, str], ...]:
    """Return nothing: its parts name the properties."""
    return ()


def unbuilt(_options: object, _dictionary: object) -> Condition:
    """Refuse to be built without parts."""
    raise ValueError("is made of other conditions")
