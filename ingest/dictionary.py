"""The data dictionary: which properties can be observed, in which unit and range, and what they are called.

The shipped `dictionary.yaml` is always read first; each further file adds entries or replaces whole ones. A file looks
like this (`possible` and `plausible` are [low, high] pairs in `unit`, a bound may be null, both may be left out;
`statistic` is a word of `ingest.model.Statistic`, `instant` where it is left out; `increments` is for totals only)::

    properties:
      weather.rain_total:
        unit: mm
        title: {zh: 累计降雨量, en: Rain gauge counter}
        possible: [0, 1000000]
        statistic: total
        resolution: 0.1
        increments: weather.rain_increment
        quality: {time_gap: {suspect_after_s: 7200}, source: default}
    quality:
      weather.temperature: {spike: null}

The key `quality` of an entry holds its quality tests (`ingest.quality.settings`); the section `quality` of a file
changes single tests of entries that are there already.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pydantic
from msgspec.structs import replace

from ingest.located import Document, Fault, load_yaml, validate
from ingest.model import Property, Statistic
from ingest.quality.settings import QualityEntry
from ingest.units import conversion, is_unit

BASE = Path(__file__).with_name("dictionary.yaml")

_NAME = re.compile(r"[a-z][a-z0-9]*\.[a-z][a-z0-9_]*")
_Bounds = tuple[pydantic.FiniteFloat | None, pydantic.FiniteFloat | None]
_GROWTH = frozenset({Statistic.SUM, Statistic.COUNT})


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
    statistic: Statistic = Statistic.INSTANT
    resolution: pydantic.FiniteFloat | None = pydantic.Field(default=None, gt=0)
    increments: str | None = None
    molar_mass: pydantic.FiniteFloat | None = pydantic.Field(default=None, gt=0)
    quality: QualityEntry | None = None


class _File(_Model):
    properties: dict[str, _Entry]
    quality: dict[str, QualityEntry] = {}


def load(*paths: Path) -> tuple[dict[str, Property], tuple[Fault, ...]]:
    """Return the shipped dictionary with the entries of `paths` laid over it in order, and every fault found."""
    properties: dict[str, Property] = {}
    faults: list[Fault] = []
    for path in (BASE, *(path for path in paths if path != BASE)):
        found, told = _load_one(path, properties)
        properties |= found
        faults += told
    return properties, tuple(faults)


def _load_one(path: Path, before: Mapping[str, Property]) -> tuple[dict[str, Property], tuple[Fault, ...]]:
    document = load_yaml(path)
    if isinstance(document, Fault):
        return {}, (document,)
    content = validate(_File, document)
    if not isinstance(content, _File):
        return {}, content
    found = {name: _property(name, entry) for name, entry in content.properties.items()}
    faults = [fault for name, entry in content.properties.items() for fault in _faults(document, name, entry)]
    for name, one in found.items():
        message = _growth_fault(one, {**before, **found}) if one.increments else None
        if message:
            faults.append(document.fault(("properties", name, "increments"), message))
    for name, change in content.quality.items():
        known = found.get(name) or before.get(name)
        if known is None:
            faults.append(document.fault(("quality", name), f"{name!r} is not a property of the dictionary"))
        else:
            found[name] = replace(known, checks=change.over(known.checks))
    return found, tuple(faults)


def _growth_fault(total: Property, known: Mapping[str, Property]) -> str | None:
    """Say why the property that a total names cannot receive what the total grows by."""
    if total.statistic is not Statistic.TOTAL:
        return f"only a total has increments, and the statistic of {total.name} is {total.statistic}"
    receiver = known.get(total.increments or "")
    if receiver is None:
        return f"{total.increments!r} is not a property of the dictionary"
    if receiver.statistic not in _GROWTH:
        return f"{receiver.name} is of the statistic {receiver.statistic}, not sum or count"
    if conversion(total.unit, receiver.unit) is None:
        return f"{receiver.name} is kept in {receiver.unit}, which {total.unit} does not convert to"
    return None


def _faults(document: Document, name: str, entry: _Entry) -> list[Fault]:
    path = ("properties", name)
    faults = []
    if not _NAME.fullmatch(name):
        faults.append(document.fault(path, f"{name!r} is not a property name (domain.word in small letters)"))
    if not is_unit(entry.unit):
        faults.append(document.fault((*path, "unit"), f"{entry.unit!r} is not a UCUM unit"))
    elif entry.molar_mass is not None and conversion("g/m3", entry.unit) is None:
        faults.append(document.fault((*path, "molar_mass"), f"{entry.unit} is not a mass in a volume, as ug/m3"))
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
        statistic=entry.statistic,
        resolution=entry.resolution,
        increments=entry.increments,
        molar_g=entry.molar_mass,
        checks=entry.quality.over(None) if entry.quality else None,
    )
