"""What a rule file may hold, as pydantic models (the boundary ends in `rules.schema`)."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal, Self

import pydantic

from rules import notation
from rules.durations import Duration
from rules.model import Severity

Name = Annotated[str, pydantic.Field(min_length=1, max_length=120)]
START = "2026-01-05T00:00"
"""A Monday."""
_LOCAL_TIME = r"^20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]$"
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


class FlappingEntry(_Model):
    """When a rule flaps: then one transition says so, and no other until it has been quiet for as long."""

    firings: int = pydantic.Field(ge=2, le=100, description="So many firings of a subject")
    within: Duration = pydantic.Field(gt=0, description="within so long")


class ExpectEntry(_Model):
    """A transition that a test expects, `at` this time after the first value."""

    at: Duration
    state: Literal["pending", "firing", "flapping", "resolved"]
    severity: Severity | None = pydantic.Field(None, description="Of a rule with levels; name all of them or none")


def _values(text: object) -> tuple[float | None, ...]:
    if not isinstance(text, str | int | float) or isinstance(text, bool):
        raise ValueError("is not a series such as `10 16x5 _ 8x10`")  # noqa: TRY004 - pydantic reports ValueError
    return notation.parse(str(text))


Values = Annotated[
    tuple[float | None, ...],
    pydantic.BeforeValidator(_values),
    pydantic.WithJsonSchema({"type": ["string", "number"], "description": "Such as `10 16x5 _ 20+2x4`"}),
]


def _local_time(text: str) -> str:
    dt.datetime.fromisoformat(text)  # a ValueError says what is wrong with it
    return text


class DeviceEntry(_Model):
    """A further device of a test: by default like the one under test, at the same place."""

    cell: str | None = pydantic.Field(None, pattern=r"^[1-9][0-9]{14}$")
    east_m: float = pydantic.Field(0, description="How far east of the device under test it stands, in metres")
    attributes: dict[str, str] = pydantic.Field({}, description="Attributes that are other than there")


class TestEntry(_Model):
    """A test of the rule: what is observed, and the complete list of transitions that must come of it."""

    __test__ = False  # pytest: not a test class

    name: Name
    series: dict[str, Values] = pydantic.Field(
        min_length=1, description="By property; those of further devices as `name/property`"
    )
    devices: dict[str, DeviceEntry] = pydantic.Field({}, description="What is special about the further devices")
    start: Annotated[str, pydantic.Field(pattern=_LOCAL_TIME), pydantic.AfterValidator(_local_time)] = pydantic.Field(
        START, description="Local time of the first value, such as 2026-01-05T08:00"
    )
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
    subject: Literal["device", "cell", "subdistrict"] = pydantic.Field("device", description="What it speaks about")
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
    quality: Annotated[list[Literal["good", "unknown", "suspect", "fail"]], pydantic.Field(min_length=1)] | None = (
        pydantic.Field(None, description="Flags of the observations that count; all but fail if not given")
    )
    flapping: FlappingEntry | None = pydantic.Field(None, description="When it is told as flapping")
    suppresses: list[str] = pydantic.Field(
        [], max_length=20, description="Rules whose alerts of the same subject are out of sight while this one fires"
    )
    severity: Severity
    case: CaseEntry | None = None
    runbook: TextEntry
    source: str = pydantic.Field("", description="Where limit and times come from")
    author: str = pydantic.Field("", max_length=120, description="Who wrote it")
    tests: list[TestEntry] = []
