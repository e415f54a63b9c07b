"""What a rule file may hold, as pydantic models (the boundary ends in `rules.schema`)."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

import pydantic

from rules import notation
from rules.durations import Duration
from rules.model import Severity

Name = Annotated[str, pydantic.Field(min_length=1, max_length=120)]
Words = Annotated[str, pydantic.Field(min_length=1)]


class _Model(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class TextEntry(_Model):
    """A text in both languages."""

    zh: Words
    en: Words


class VerifyEntry(_Model):
    """How the sensor proves that the work was done."""

    normal_for: Duration = pydantic.Field(description="How long it must read normal after the crew reports done")
    give_up_after: Duration = pydantic.Field(description="If it does not by then, the case goes back as rework")

    @pydantic.model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.give_up_after < self.normal_for:
            raise ValueError("give_up_after is shorter than normal_for")
        return self


class CaseEntry(_Model):
    """The case that an alert becomes."""

    category: str = pydantic.Field(pattern=r"^[a-z][a-z0-9_]*$", description="Key of the site's categories.yaml")
    verify: VerifyEntry


class ExpectEntry(_Model):
    """A transition that a test expects, `at` this time after the first value."""

    at: Duration
    state: Literal["pending", "firing", "resolved"]


def _values(text: object) -> tuple[float | None, ...]:
    if not isinstance(text, str | int | float) or isinstance(text, bool):
        raise ValueError("is not a series such as `10 16x5 _ 8x10`")  # noqa: TRY004 - pydantic reports ValueError
    return notation.parse(str(text))


Values = Annotated[
    tuple[float | None, ...],
    pydantic.BeforeValidator(_values),
    pydantic.WithJsonSchema({"type": ["string", "number"], "description": "Such as `10 16x5 _ 20+2x4`"}),
]


class TestEntry(_Model):
    """A test of the rule: what is observed, and the complete list of transitions that must come of it."""

    __test__ = False  # pytest: not a test class

    name: Name
    series: dict[str, Values] = pydantic.Field(min_length=1)
    interval: Duration = pydantic.Field("1m", validate_default=True, gt=0, description="Also the device's cadence")
    expect: list[ExpectEntry] = pydantic.Field(description="Pending ones are compared only if one is named")


def _allowed(where: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(where, dict):
        raise ValueError("is not a mapping of attributes to the values that they may have")  # noqa: TRY004 - as above
    result = {}
    for attribute, allowed in where.items():
        values = allowed if isinstance(allowed, list) else [allowed]
        if not values or not all(isinstance(value, str | int) and not isinstance(value, bool) for value in values):
            raise ValueError(f"{attribute}: {allowed!r} is neither a word nor a list of words")
        result[str(attribute)] = tuple(str(value) for value in values)
    return result


class RuleEntry(_Model):
    """A rule."""

    id: str = pydantic.Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$", max_length=64)
    title: TextEntry
    domain: Literal["traffic", "weather", "lighting", "waste"]
    subject: Literal["device"] = "device"
    where: Annotated[
        dict[str, tuple[str, ...]],
        pydantic.BeforeValidator(_allowed),
        pydantic.WithJsonSchema(
            {
                "type": "object",
                "additionalProperties": {
                    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]
                },
            }
        ),
    ] = pydantic.Field({}, description="Attributes of the device (also kind, domain, id) and the values they may have")
    when: dict[str, Any] = pydantic.Field(min_length=1, max_length=1, description="One condition with its options")
    for_: Duration = pydantic.Field("0", alias="for", validate_default=True, description="How long it must hold")
    keep_firing_for: Duration = pydantic.Field("0", validate_default=True, description="How long it must be clear")
    severity: Severity
    case: CaseEntry | None = None
    runbook: TextEntry
    source: str = pydantic.Field("", description="Where limit and times come from")
    tests: list[TestEntry] = []
