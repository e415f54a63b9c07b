"""`any_of`: at least one of several things.

    when:
      any_of:
        conditions:
          - threshold: {property: waste.temperature, above: 60}
          - rate_of_change: {property: waste.temperature, over: 2m, per: 1m, above: 10}

See `rules.conditions._joined` for what a part means for an area, and when a part is not known.
"""

from __future__ import annotations

from collections.abc import Mapping

from rules.conditions._base import Condition, ConditionKind, Verdicts
from rules.conditions._joined import Joined, JoinedOptions, join, no_property, quiet_of_all, unbuilt
from rules.conditions._lift import worst
from rules.model import Text
from rules.view import View
from rules.wording import Wording


class AnyOf(Joined, frozen=True, kw_only=True):
    """Holds if any of its parts do."""

    def quiet(self, observed_property: str) -> tuple[float, float]:
        """Return the values with which no part holds."""
        return quiet_of_all(self.parts, observed_property)

    def judge(self, view: View) -> Verdicts:
        """Return the worst verdict of the parts that are known."""
        return (worst(self.verdicts(view)),)

    def explain(self, wording: Wording) -> Text:
        """Return the parts in plain words."""
        if not self.is_pair:
            return self.listed(wording, Text(zh="以下任一成立", en="at least one of these"))
        first, second = (part.explain(wording) for part in self.parts)
        return Text(zh=f"{first.zh}，或者{second.zh}", en=f"{first.en} or {second.en}")


class Options(JoinedOptions):
    """Options of `any_of`."""


def _join(options: Options, parts: Mapping[str, tuple[Condition, ...]]) -> Condition:
    return join(AnyOf, options, parts)


CONDITION = ConditionKind(
    name="any_of", options=Options, reads=no_property, build=unbuilt, parts=("conditions",), join=_join
)
