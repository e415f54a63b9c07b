"""What conditions that judge samples have in common: the answers that most of them give, and small tools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from rules.conditions._base import ALL_QUIET, NOTHING_QUIET, Place, Verdict
from rules.durations import write
from rules.model import Evidence, Severity, Text
from rules.nearby import Near
from rules.view import View, Window
from rules.wording import Wording

UNKNOWN = (Verdict.UNKNOWN,)


class Sampling(msgspec.Struct, frozen=True, kw_only=True):
    """A condition of one device without levels, steps or neighbours, of which no value is quiet."""

    @property
    def reads(self) -> Literal["samples"]:
        """It judges samples."""
        return "samples"

    @property
    def severities(self) -> tuple[Severity, ...]:
        """There is one level."""
        return ()

    @property
    def properties(self) -> tuple[str, ...]:
        """Return the properties that it reads."""
        raise NotImplementedError

    @property
    def span_ms(self) -> int:
        """Return how far back it looks, in milliseconds."""
        raise NotImplementedError

    @property
    def fine_ms(self) -> int:
        """It needs every value of its span."""
        return self.span_ms

    @property
    def every_ms(self) -> int:
        """Each observation is judged."""
        return 0

    @property
    def near(self) -> Near | None:
        """It sees no neighbours."""
        return None

    @property
    def whole(self) -> bool:
        """It judges one device."""
        return False

    def quiet(self, observed_property: str) -> tuple[float, float]:
        """No value of its properties is quiet."""
        return NOTHING_QUIET if observed_property in self.properties else ALL_QUIET

    def explain(self, wording: Wording) -> Text:
        """Return in plain words when it holds."""
        raise NotImplementedError


def span(milliseconds: int) -> str:
    """Return a span as rule files write it: `3h`."""
    return write(milliseconds // 1000)


def with_unit(number: float, unit: str) -> str:
    """Return a number with its unit: `16 cm`, but `0.5` where the unit is 1."""
    return f"{number:g} {unit}".removesuffix(" 1")


def ends(view: View, observed_property: str, window: Window) -> tuple[Evidence, ...]:
    """Return the first and the last sample of a window as evidence."""
    if not window.times:
        return ()
    places: Sequence[int] = (0, -1) if len(window.times) > 1 else (0,)
    return tuple(view.said(observed_property, window.times[place], window.values[place]) for place in places)


def one_property(options: Mapping[str, Any]) -> tuple[tuple[Place, str], ...]:
    """Return the option `property` with its place, as `ConditionKind.reads` does."""
    observed_property = options.get("property")
    return ((("property",), observed_property),) if isinstance(observed_property, str) else ()
