"""The shape of a profile file: what stands in it, before anything is compiled. `layout_schema` has the part `bytes`.

id: acme-bin-01                       # vendor-model, also the name of the file
known_as: [acme-bin]                  # other names of the model: sisters, and names of network servers
title: {zh: …, en: …}
domains: [waste]
kinds: [waste_bin]                    # kinds of device that it fits; left out: any
source: where its fields are described
fields:
  temperature: {property: waste.temperature, unit: Cel}
  distance:
    - {property: waste.fill_level, unit: mm, surface: {dead_zone_cm: 20}}
    - {property: waste.distance, unit: mm}
valid_when:
  - {field: valid, is: true}
bytes: …
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pydantic

from ingest.profiles.layout_schema import LayoutEntry
from ingest.profiles.shape import ScalarEntries, Shape, listed

_Seconds = Annotated[float, pydantic.Field(gt=0, allow_inf_nan=False)]
_Id = Annotated[str, pydantic.Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)+$")]
_Words = dict[bool | int | float | str, pydantic.FiniteFloat]


ANY_KIND = ""


def _of_any_kind(value: object) -> object:
    return {ANY_KIND: value} if isinstance(value, str) else value


class Title(Shape):
    """The same text in Chinese and English."""

    zh: str = pydantic.Field(min_length=1)
    en: str = pydantic.Field(min_length=1)


class SurfaceEntry(Shape):
    """The field says how far away, or how high, the surface of the content is."""

    measures: Literal["distance", "level"] = "distance"
    sensor_offset_cm: pydantic.FiniteFloat = 0.0
    dead_zone_cm: pydantic.NonNegativeFloat = 0.0


class PeriodEntry(Shape):
    """The period that a count is of: a number of seconds, or the field that tells it and the unit of that field."""

    seconds: _Seconds | None = None
    field: str | None = None
    unit: str = "s"

    @pydantic.model_validator(mode="after")
    def _one_of_two(self) -> PeriodEntry:
        if (self.seconds is None) is (self.field is None):
            raise ValueError("needs either `seconds` or `field`")
        return self


class FieldEntry(Shape):
    """What one field says: a property, by kind of device where it differs, and how its number is to be taken."""

    property: Annotated[
        dict[str, str], pydantic.BeforeValidator(_of_any_kind, json_schema_input_type=str | dict[str, str])
    ]
    unit: str | None = None
    scale: pydantic.FiniteFloat = 1.0
    offset: pydantic.FiniteFloat = 0.0
    words: _Words | None = pydantic.Field(default=None, min_length=1)
    missing: ScalarEntries = ()
    surface: SurfaceEntry | None = None
    per: PeriodEntry | None = None
    always: bool = False


_Entries = Annotated[
    tuple[FieldEntry, ...], pydantic.BeforeValidator(listed, json_schema_input_type=FieldEntry | list[FieldEntry])
]


class ValidityEntry(Shape):
    """Which values of a field say that the others can be trusted; without `void` it is about all others."""

    field: str
    is_: ScalarEntries | None = pydantic.Field(default=None, alias="is")
    not_: ScalarEntries | None = pydantic.Field(default=None, alias="not")
    void: tuple[str, ...] | None = None

    @pydantic.model_validator(mode="after")
    def _says_something(self) -> ValidityEntry:
        if self.is_ is None and self.not_ is None:
            raise ValueError("needs `is` or `not`")
        return self


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of profile files, for editors."""
    return ProfileFile.model_json_schema(by_alias=True)


class PositionEntry(Shape):
    """The fields that say where the device is, in degrees."""

    lat: str
    lon: str


class ProfileFile(Shape):
    """A whole profile file."""

    id: _Id
    known_as: tuple[_Id, ...] = ()
    title: Title
    source: str = pydantic.Field(min_length=1)
    domains: tuple[str, ...] = pydantic.Field(min_length=1)
    kinds: tuple[str, ...] = ()
    fields: dict[str, _Entries] = pydantic.Field(default={})
    position: PositionEntry | None = None
    valid_when: tuple[ValidityEntry, ...] = ()
    bytes: tuple[LayoutEntry, ...] = ()
    unusable: str | None = pydantic.Field(default=None, min_length=1)
