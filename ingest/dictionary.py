"""The data dictionary: which properties can be observed, in which unit and range, and what they are called.

The shipped `dictionary.yaml` is always read first; each further file adds entries or replaces whole ones. A file looks
like this (`possible` and `plausible` are [low, high] pairs in `unit`, a bound may be null, both may be left out)::

    properties:
      weather.water_level:
        unit: cm
        title: {zh: 积水深度, en: Water level}
        possible: [-50, 2000]
        plausible: [-5, 1000]
"""

from __future__ import annotations

import re
from pathlib import Path

import pydantic

from ingest.located import Document, Fault, load_yaml, validate
from ingest.model import Property
from ingest.units import is_unit

BASE = Path(__file__).with_name("dictionary.yaml")

_NAME = re.compile(r"[a-z][a-z0-9]*\.[a-z][a-z0-9_]*")
_Bounds = tuple[pydantic.FiniteFloat | None, pydantic.FiniteFloat | None]


class _Model(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class _Title(_Model):
    zh: str = pydantic.Field(min_length=1)
    en: str = pydantic.Field(min_length=1)


class _Entry(_Model):
    unit: str
    title: _Title
    possible: _Bounds = (None, None)
    plausible: _Bounds = (None, None)


class _File(_Model):
    properties: dict[str, _Entry]


def load(*paths: Path) -> tuple[dict[str, Property], tuple[Fault, ...]]:
    """Return the shipped dictionary with the entries of `paths` laid over it in order, and every fault found."""
    properties: dict[str, Property] = {}
    faults: list[Fault] = []
    for path in (BASE, *(path for path in paths if path != BASE)):
        entries, found = _load_one(path)
        properties |= entries
        faults += found
    return properties, tuple(faults)


def _load_one(path: Path) -> tuple[dict[str, Property], tuple[Fault, ...]]:
    document = load_yaml(path)
    if isinstance(document, Fault):
        return {}, (document,)
    content = validate(_File, document)
    if not isinstance(content, _File):
        return {}, content
    faults = [fault for name, entry in content.properties.items() for fault in _faults(document, name, entry)]
    return {name: _property(name, entry) for name, entry in content.properties.items()}, tuple(faults)


def _faults(document: Document, name: str, entry: _Entry) -> list[Fault]:
    path = ("properties", name)
    faults = []
    if not _NAME.fullmatch(name):
        faults.append(document.fault(path, f"{name!r} is not a property name (domain.word in small letters)"))
    if not is_unit(entry.unit):
        faults.append(document.fault((*path, "unit"), f"{entry.unit!r} is not a UCUM unit"))
    for key, (low, high) in (("possible", entry.possible), ("plausible", entry.plausible)):
        if low is not None and high is not None and low >= high:
            faults.append(document.fault((*path, key), f"the low bound {low:g} is not below the high bound {high:g}"))
    (low, high), (suspect_low, suspect_high) = entry.possible, entry.plausible
    below = low is not None and suspect_low is not None and suspect_low < low
    above = high is not None and suspect_high is not None and suspect_high > high
    if below or above:
        faults.append(document.fault((*path, "plausible"), "does not lie inside `possible`"))
    return faults


def _property(name: str, entry: _Entry) -> Property:
    (low, high), (suspect_low, suspect_high) = entry.possible, entry.plausible
    return Property(
        name=name,
        unit=entry.unit,
        title_zh=entry.title.zh,
        title_en=entry.title.en,
        low=low,
        high=high,
        suspect_low=suspect_low,
        suspect_high=suspect_high,
    )
