"""The problem classes of a site: what a case can be, how long it may take, and how far a sensor can tell.

File `categories.yaml`; a key is what rules and the responsibility matrix call the category:

    version: 1
    scheme: gb30428.2-2013                # alerts.cases.schemes; a category may name another
    categories:
      road_flooding:
        kind: event                       # event 事件 | component 部件; the same code may be both
        code: "0506"
        title: {zh: 道路积水, en: Road flooding}
        domain: weather
        condition: 积水面积>100m² 且 深度>15cm        # 立案条件
        limit: 2紧急工作时                 # as the standard writes it
        limit_source: where the limit comes from
        measured: partial                 # full | partial: does the sensor measure the whole filing condition?
        verify_first: false               # partial: send somebody to look before filing
        fold: near                        # subject | near | cell: what joins an open case of this category
        is_local_extension: false

`fold`: `subject` keeps one case a subject (components, which have identities of their own), `near` also joins what
happens within the settings' distance and time, `cell` what happens in the same unit grid cell within that time.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import pydantic

from alerts.cases.deadlines import Limit, parse_limit
from alerts.cases.schemes import SCHEMES, fault_of
from ingest.located import Document, Fault, load_yaml, validate
from rules.model import Text

_KEY = r"^[a-z][a-z0-9_]{0,63}$"
_LOCAL_SUFFIX = "（自定义）"


class Fold(enum.StrEnum):
    """What joins an open case of the category."""

    SUBJECT = "subject"
    NEAR = "near"
    CELL = "cell"


class Category(msgspec.Struct, frozen=True, kw_only=True):
    """A problem class under its code scheme. `verify_first`: somebody must look before the case is filed."""

    key: str
    scheme: str
    kind: str
    code: str
    title: Text
    domain: str
    condition: str
    limit_text: str
    limit: Limit
    limit_source: str
    measured: str
    verify_first: bool
    fold: Fold
    is_local_extension: bool


Categories = Mapping[str, Category]


class _Text(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", strict=True)

    zh: str = pydantic.Field(min_length=1)
    en: str = pydantic.Field(min_length=1)


def _scheme(name: str) -> str:
    if name not in SCHEMES:
        raise ValueError(f"must be one of {', '.join(SCHEMES)}")
    return name


SchemeName = Annotated[str, pydantic.AfterValidator(_scheme)]


def _limit(text: str) -> str:
    parse_limit(text)
    return text


class _Category(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", strict=True)

    scheme: SchemeName | None = None
    kind: Literal["event", "component"]
    code: str
    title: _Text
    domain: Literal["traffic", "weather", "lighting", "waste"]
    condition: str = pydantic.Field(min_length=1)
    limit: Annotated[str, pydantic.AfterValidator(_limit)]
    limit_source: str = pydantic.Field(min_length=1)
    measured: Literal["full", "partial"]
    verify_first: bool = False
    fold: Literal["subject", "near", "cell"] = "subject"
    is_local_extension: bool = False


class _File(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", strict=True)

    version: Literal[1]
    scheme: SchemeName
    categories: dict[Annotated[str, pydantic.StringConstraints(pattern=_KEY)], _Category] = pydantic.Field(min_length=1)


def load(path: Path) -> tuple[Categories, tuple[Fault, ...]]:
    """Read `categories.yaml`; return the categories by key (none where the file is faulty) and every fault in it."""
    document = load_yaml(path)
    if isinstance(document, Fault):
        return {}, (document,)
    found = validate(_File, document)
    if not isinstance(found, _File):
        return {}, found
    faults = tuple(fault for key, row in found.categories.items() for fault in _check(document, found, key, row))
    return {key: _category(key, row, found.scheme) for key, row in found.categories.items()}, faults


def _check(document: Document, file: _File, key: str, row: _Category) -> list[Fault]:
    place = ("categories", key)
    scheme = row.scheme or file.scheme
    wrong = fault_of(scheme, row.kind, row.code)
    if wrong is not None:
        return [document.fault((*place, "code"), wrong)]
    faults = []
    is_local = SCHEMES[scheme].is_local(row.code)
    if is_local != row.is_local_extension:
        told = "is in the range of local extensions" if is_local else "is a national class, no local extension"
        faults.append(document.fault((*place, "code"), f"{row.code} {told}: set is_local_extension accordingly"))
    if row.verify_first and row.measured == "full":
        faults.append(document.fault((*place, "verify_first"), "is for categories whose condition is partly measured"))
    return faults


def _category(key: str, row: _Category, scheme: str) -> Category:
    suffix = _LOCAL_SUFFIX if row.is_local_extension and not row.title.zh.endswith(_LOCAL_SUFFIX) else ""
    return Category(
        key=key,
        scheme=row.scheme or scheme,
        kind=row.kind,
        code=row.code,
        title=Text(zh=row.title.zh + suffix, en=row.title.en),
        domain=row.domain,
        condition=row.condition,
        limit_text=row.limit,
        limit=parse_limit(row.limit),
        limit_source=row.limit_source,
        measured=row.measured,
        verify_first=row.verify_first,
        fold=Fold(row.fold),
        is_local_extension=row.is_local_extension,
    )
