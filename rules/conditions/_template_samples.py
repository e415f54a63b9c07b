"""The tutorial of a condition that looks back: copy it, leave out the leading `_` of the name, and give it a test.

`_template.py` has what all conditions share. This one judges what a series said over a while; a rule asks for it by:

    when:
      template_samples: {property: weather.humidity, over: 10m, apart: 20}

It is given a *view* (`rules.view`): all that the device said up to one moment, and nothing later. It answers from that
alone, so the engine may ask it again about any moment when an observation comes late. Three answers let it rest: how
far back it looks (`span_ms`), at which times it wants to be asked (`every_ms`, 0: with each observation), and with
which values it cannot hold (`quiet`).
"""

from __future__ import annotations

from collections.abc import Mapping

import pydantic

from ingest.model import Property
from rules.conditions._base import Condition, ConditionKind, Verdict, Verdicts
from rules.conditions._samples import UNKNOWN, Sampling, ends, one_property, with_unit
from rules.durations import Duration
from rules.model import Evidence, Text
from rules.view import View
from rules.wording import Wording, measured, span


class Apart(Sampling, frozen=True, kw_only=True):
    """The greatest and the least value of a span are more than `apart` from each other."""

    observed_property: str
    unit: str
    over_ms: int
    apart: float

    @property
    def properties(self) -> tuple[str, ...]:
        """The series that it sees: those of these properties, of the device."""
        return (self.observed_property,)

    @property
    def span_ms(self) -> int:
        """How far back it looks: so long the engine keeps what was observed."""
        return self.over_ms

    def judge(self, view: View) -> Verdicts:
        """Return one verdict (there is one level); what was not observed is not known, never zero."""
        values = view.window(self.observed_property, self.over_ms).values
        if not values:
            return UNKNOWN
        return (Verdict.HOLDS if max(values) - min(values) > self.apart else Verdict.CLEAR,)

    def describe(self, view: View) -> str:
        """Return in words what is so: it becomes the reason of a transition."""
        values = view.window(self.observed_property, self.over_ms).values
        if not values:
            return f"{self.observed_property} is not known"
        return f"{self.observed_property}: values {with_unit(max(values) - min(values), self.unit)} apart"

    def evidence(self, view: View) -> tuple[Evidence, ...]:
        """Return the observations that it rests on: here the ends of the span."""
        return ends(view, self.observed_property, view.window(self.observed_property, self.over_ms))

    def explain(self, wording: Wording) -> Text:
        """Return in both languages when it holds: `wangge rules explain` makes a sentence of it."""
        title, over, by = wording.title(self.observed_property), span(self.over_ms), measured(self.apart, self.unit)
        return Text(
            zh=f"{title.zh}在 {over.zh}内相差超过 {by.zh}", en=f"{title.en} differs by more than {by.en} in {over.en}"
        )


class Options(pydantic.BaseModel):
    """Options of `template_samples`."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    observed_property: str = pydantic.Field(alias="property", description="Observed property of the data dictionary")
    over: Duration = pydantic.Field(gt=0, description="How far back it looks")
    apart: float = pydantic.Field(gt=0, description="More than that between two values is too much")


def _build(options: Options, dictionary: Mapping[str, Property]) -> Condition:
    return Apart(
        observed_property=options.observed_property,
        unit=dictionary[options.observed_property].unit,
        over_ms=1000 * options.over,
        apart=options.apart,
    )


CONDITION = ConditionKind(name="template_samples", options=Options, reads=one_property, build=_build)
