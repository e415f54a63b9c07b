"""`none_of`: none of several things; usually a part of `all_of`.

    when:
      all_of:
        conditions:
          - threshold: {property: weather.water_level, above: 15}
          - none_of: {conditions: [{window: {property: weather.rain_increment, function: sum, over: 30m, above: 0}}]}

See `rules.conditions._joined` for what a part means for an area, and when a part is not known.
"""

from __future__ import annotations

from collections.abc import Mapping

from rules.conditions._base import Condition, ConditionKind, Verdict, Verdicts
from rules.conditions._joined import Joined, JoinedOptions, join, no_property, unbuilt
from rules.model import Text
from rules.view import View
from rules.wording import Wording


class NoneOf(Joined, frozen=True, kw_only=True):
    """Holds if none of its parts do."""

    def judge(self, view: View) -> Verdicts:
        """Return that it holds if every part is clear; one that is not known makes it not known."""
        verdicts = self.verdicts(view)
        if Verdict.HOLDS in verdicts:
            return (Verdict.CLEAR,)
        for verdict in (Verdict.UNKNOWN, Verdict.BETWEEN):
            if verdict in verdicts:
                return (verdict,)
        return (Verdict.HOLDS,)

    def describe(self, view: View) -> str:
        """Return what the parts say, in words."""
        return f"none of: {super().describe(view)}"

    def explain(self, wording: Wording) -> Text:
        """Return the parts in plain words."""
        if len(self.parts) > 1:
            return self.listed(wording, Text(zh="以下均不成立", en="none of these"))
        said = self.parts[0].explain(wording)
        return Text(zh=f"并非“{said.zh}”", en=f"it is not so that {said.en}")


class Options(JoinedOptions):
    """Options of `none_of`."""


def _join(options: Options, parts: Mapping[str, tuple[Condition, ...]]) -> Condition:
    return join(NoneOf, options, parts)


CONDITION = ConditionKind(
    name="none_of", options=Options, reads=no_property, build=unbuilt, parts=("conditions",), join=_join
)
