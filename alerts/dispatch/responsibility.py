"""Reads the responsibility matrix 人、事、岗、责 of a site from a file.

`responsibility.yaml`:

    version: 1
    day: ["07:00", "22:00"]                       # local time; the rest is night
    units:
      drainage:                                   # 人: who
        title: {zh: 市政排水维护所, en: Drainage maintenance}
        supervisor: {zh: 值班长, en: Duty supervisor}       # hears of a broken deadline
        crews:
          drainage-1: {title: {zh: …, en: …}, areas: ["450107001", "450107002"]}
    duties:                                       # 事: categories, or a domain, or neither for all; 岗: post; 责: duty
      - {categories: [road_flooding], area: "450107", hours: all, days: all, unit: drainage,
         post: {zh: 排水抢险岗, en: …}, duty: {zh: 排除积水, en: …}}

`hours` is all, day or night; `days` is all, working or off (by the working calendar). An area is a cell code or its
first digits. Every category must have a unit and a crew everywhere at every time: holes are faults here, for the areas
that the file names, and in the site check for every cell.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import pydantic

from alerts.cases.calendar import Minutes
from alerts.cases.categories import Categories
from alerts.dispatch.coverage import contradictions, holes
from alerts.dispatch.matrix import Crew, Duty, Matrix, Unit
from ingest.located import Document, Fault, load_yaml, validate
from rules.model import Text

__all__ = ["Matrix", "load"]

Id = Annotated[str, pydantic.StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
Area = Annotated[str, pydantic.StringConstraints(pattern=r"^[1-9](\d{5}|\d{8}|\d{11}|\d{14})$")]


class _Text(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", strict=True)

    zh: str = pydantic.Field(min_length=1)
    en: str = pydantic.Field(min_length=1)

    def value(self) -> Text:
        return Text(zh=self.zh, en=self.en)


class _Crew(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", strict=True)

    title: _Text
    areas: list[Area] = pydantic.Field(min_length=1)


class _Unit(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", strict=True)

    title: _Text
    supervisor: _Text
    crews: dict[Id, _Crew] = pydantic.Field(min_length=1)


class _Duty(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", strict=True)

    unit: str
    post: _Text
    duty: _Text
    area: Area
    categories: list[str] = []
    domain: Literal["traffic", "weather", "lighting", "waste"] | None = None
    hours: Literal["all", "day", "night"] = "all"
    days: Literal["all", "working", "off"] = "all"

    def value(self) -> Duty:
        return Duty(
            unit=self.unit,
            post=self.post.value(),
            duty=self.duty.value(),
            area=self.area,
            categories=frozenset(self.categories),
            domain=self.domain,
            hours=self.hours,
            days=self.days,
        )


class _File(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")

    version: Literal[1]
    day: tuple[Minutes, Minutes] = (7 * 60, 22 * 60)
    units: dict[Id, _Unit] = pydantic.Field(min_length=1)
    duties: list[_Duty] = pydantic.Field(min_length=1)


def load(path: Path, categories: Categories) -> tuple[Matrix, tuple[Fault, ...]]:
    """Read `responsibility.yaml`; return the matrix (an empty one where it cannot be read) and every fault in it."""
    document = load_yaml(path)
    if isinstance(document, Fault):
        return Matrix(units={}, duties=()), (document,)
    found = validate(_File, document)
    if not isinstance(found, _File):
        return Matrix(units={}, duties=()), found
    units = {
        key: Unit(
            id=key,
            title=unit.title.value(),
            supervisor=unit.supervisor.value(),
            crews=tuple(
                Crew(id=crew, unit=key, title=row.title.value(), areas=tuple(row.areas))
                for crew, row in unit.crews.items()
            ),
        )
        for key, unit in found.units.items()
    }
    faults = _names(document, found, categories)
    duties = tuple(row.value() for row in found.duties if row.unit in units)
    matrix = Matrix(units=units, duties=duties, day=found.day)
    return matrix, tuple(faults or _whole(document, matrix, categories))


def _names(document: Document, found: _File, categories: Categories) -> list[Fault]:
    faults = []
    owners: dict[str, str] = {}
    for unit, row in found.units.items():
        for crew in row.crews:
            if owners.setdefault(crew, unit) != unit:
                place = ("units", unit, "crews", crew)
                faults.append(document.fault(place, f"crew {crew!r} stands under unit {owners[crew]!r} too"))
    for position, duty in enumerate(found.duties):
        if duty.unit not in found.units:
            faults.append(document.fault(("duties", position, "unit"), f"there is no unit {duty.unit!r}"))
        if duty.categories and duty.domain is not None:
            faults.append(document.fault(("duties", position, "domain"), "stands beside categories: drop one"))
        for number, key in enumerate(duty.categories):
            if key not in categories:
                place_of_key = ("duties", position, "categories", number)
                faults.append(document.fault(place_of_key, f"there is no category {key!r} in categories.yaml"))
    return faults


def _whole(document: Document, matrix: Matrix, categories: Categories) -> list[Fault]:
    faults = [
        document.fault(("duties", second), f"is as specific as duties.{first} and fits the same cases")
        for first, second in contradictions(matrix.duties)
    ]
    areas = {row.area for row in matrix.duties} | {area for crew in matrix.crews.values() for area in crew.areas}
    finest = {area for area in areas if not any(other != area and other.startswith(area) for other in areas)}
    for key, detail in holes(matrix, categories, finest):
        faults.append(document.fault(("duties",), f"category {key!r} has nobody: {detail}"))
    return faults
