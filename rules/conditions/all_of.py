"""`all_of`: several things at once.

    when:
      all_of:
        conditions:
          - threshold: {property: traffic.occupancy, above: 80}
          - threshold: {property: traffic.speed, below: 5}

See `rules.conditions._joined` for what a part means for an area, and when a part is not known.
"""

from __future__ import annotations

from collections.abc import Mapping

from rules.conditions._base import Condition, ConditionKind, Verdict, Verdicts
from rules.conditions._joined import Joined, JoinedOptions, join, no_property, quiet_of_one, unbuilt
from rules.model import Text
from rules.view import View
from rules.wording import Wording


class AllOf(Joined, frozen=True, kw_only=True):
    """Holds if all of its parts do."""

    def quiet(self, observed_property: str) -> tuple[float, float]:
        """Return the values with which one of the parts cannot hold."""
        return quiet_of_one(self.parts, observed_property)

    def judge(self, view: View) -> Verdicts:
        """Return the mildest verdict of the parts; one that is clear decides, one that is not known does not."""
        verdicts = self.verdicts(view)
        for verdict in (Verdict.CLEAR, Verdict.UNKNOWN, Verdict.BETWEEN):
            if verdict in verdicts:
                return (verdict,)
        return (Verdict.HOLDS,)

    def explain(self, wording: Wording) -> Text:
        """Return the parts in plain words."""
        if not self.is_pair:
            return self.listed(wording, Text(zh="以下同时成立", en="all of these at once"))
        first, second = (part.explain(wording) for part in self.parts)
        return Text(zh=f"{first.zh}，同时{second.zh}", en=f"{first.en} and {second.en}")


class Options(JoinedOptions):
    """Options of `all_of`."""


def _join(options: Options, parts: Mapping[str, tuple[Condition, ...]]) -> Condition:
    return join(AllOf, options, parts)


CONDITION = ConditionKind(
    name="all_of", options=Options, reads=no_property, build=unbuilt, parts=("conditions",), join=_join
)
