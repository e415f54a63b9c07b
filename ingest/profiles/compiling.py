"""From a checked profile file to a profile: paths parsed, factors worked out, and what does not fit found.

Faults come as (place in the file, message), so that the loader can give each its line.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

import msgspec

from ingest.model import Property
from ingest.profiles.layout_compiling import compiled, slots
from ingest.profiles.model import TIME, Path, Period, Profile, Reader, Scalar, Surface, Validity
from ingest.profiles.paths import parse
from ingest.profiles.schema import ANY_KIND, FieldEntry, PeriodEntry, ProfileFile
from ingest.profiles.values import scalar
from ingest.units import conversion

POSITION = "device.position_offset"
_Place = tuple[int | str, ...]
_Faults = list[tuple[_Place, str]]


def profile(content: ProfileFile, dictionary: Mapping[str, Property]) -> tuple[Profile, _Faults]:
    """Return the profile of a file and what is wrong in it; a faulty field is left out of the profile."""
    faults: _Faults = []
    readers: list[tuple[str, Reader]] = []
    for name, place, entry in _entries(content):
        path = parse(name)
        if path is None:
            faults.append(
                (place, f"{name!r} is not a path: keys joined by dots, [key=value] or [0] for items of lists")
            )
            continue
        for kind, property_name in entry.property.items():
            found = _reader(path, property_name, entry, dictionary, (place, faults))
            if found is not None:
                readers.append((kind, found))
    faults += [*_lost_names(content), *_lost_kinds(content)]
    kinds = {kind for kind, _ in readers} - {ANY_KIND}
    return Profile(
        id=content.id,
        title_zh=content.title.zh,
        title_en=content.title.en,
        source=content.source,
        known_as=content.known_as,
        domains=content.domains,
        kinds=content.kinds,
        readers=tuple(reader for kind, reader in readers if kind == ANY_KIND),
        by_kind={one: tuple(reader for kind, reader in readers if kind in {ANY_KIND, one}) for one in kinds},
        validity=tuple(_validity(content, faults)),
        layouts=tuple(compiled(entry) for entry in content.bytes),
        position=_position(content, dictionary, faults),
        unusable=content.unusable,
    ), faults


def _entries(content: ProfileFile) -> Iterator[tuple[str, _Place, FieldEntry]]:
    for name, entries in content.fields.items():
        for number, entry in enumerate(entries):
            yield name, ("fields", name) if len(entries) == 1 else ("fields", name, number), entry


def _reader(
    path: Path, name: str, entry: FieldEntry, dictionary: Mapping[str, Property], told: tuple[_Place, _Faults]
) -> Reader | None:
    place, faults = told
    known = dictionary.get(name)
    if known is None:
        near = difflib.get_close_matches(name, dictionary, n=1)
        meant = f", did you mean {near[0]}?" if near else ""
        faults.append(((*place, "property"), f"{name!r} is not a property of the dictionary{meant}"))
        return None
    unit = entry.unit or ("1" if known.unit == "1" else None)
    if unit is None:
        faults.append((place, f"has no unit ({name} is kept in {known.unit}; say what the device sends)"))
        return None
    target, surface = _target(entry, known)
    if target is None:
        faults.append(((*place, "surface"), f"{name} is neither a fill level in % nor a level in cm"))
        return None
    factors = conversion(unit + ("/s" if entry.per is not None else ""), target, known.molar_g)
    if factors is None:
        aim = "a length" if surface is not None else f"a unit of {name} (which is kept in {known.unit})"
        per = " per second" if entry.per is not None else ""
        faults.append(((*place, "unit"), f"{unit!r}{per} is not {aim}"))
        return None
    period = _period(entry.per, place, faults)
    words = {scalar(word): value for word, value in entry.words.items()} if entry.words is not None else None
    reader = Reader(
        path=path,
        property=name,
        target=target,
        molar_g=known.molar_g,
        factor=entry.scale * factors.factor,
        offset=entry.offset * factors.factor + factors.offset,
        own_scale=entry.scale,
        own_offset=entry.offset,
        words=words,
        missing=_scalars(entry.missing),
        surface=surface,
        period=period,
        always=entry.always,
    )
    plain = words is None and not reader.missing and surface is None and period is None
    return msgspec.structs.replace(reader, plain=plain)


def _target(entry: FieldEntry, known: Property) -> tuple[str | None, Surface | None]:
    """Return the unit that the reader works towards, and the geometry; no unit where geometry and property differ."""
    if entry.surface is None:
        return known.unit, None
    as_fraction = known.unit == "%"
    surface = Surface(
        from_top=entry.surface.measures == "distance",
        as_fraction=as_fraction,
        sensor_offset_cm=entry.surface.sensor_offset_cm,
        dead_zone_cm=entry.surface.dead_zone_cm,
    )
    return ("cm" if as_fraction or known.unit == "cm" else None), surface


def _period(entry: PeriodEntry | None, place: _Place, faults: _Faults) -> Period | None:
    if entry is None or entry.field is None:
        return None if entry is None else Period(seconds=entry.seconds)
    path, factors = parse(entry.field), conversion(entry.unit, "s")
    if path is None:
        faults.append(((*place, "per", "field"), f"{entry.field!r} is not a path"))
    if factors is None:
        faults.append(((*place, "per", "unit"), f"{entry.unit!r} is not a unit of time"))
    return Period(path=path, factor=factors.factor if factors else 1.0)


def _validity(content: ProfileFile, faults: _Faults) -> Iterator[Validity]:
    for number, entry in enumerate(content.valid_when):
        path = parse(entry.field)
        for name in set(entry.void or ()) - content.fields.keys():
            faults.append((("valid_when", number, "void"), f"{name!r} is not one of the fields"))
        if path is None:
            faults.append((("valid_when", number, "field"), f"{entry.field!r} is not a path"))
        else:
            yield Validity(
                path=path,
                allowed=None if entry.is_ is None else _scalars(entry.is_),
                barred=_scalars(entry.not_),
                void=frozenset(entry.void) if entry.void is not None else None,
            )


def _position(
    content: ProfileFile, dictionary: Mapping[str, Property], faults: _Faults
) -> tuple[Reader, Reader] | None:
    """Return the readers of latitude and longitude."""
    if content.position is None:
        return None
    readers = []
    for key, name in (("lat", content.position.lat), ("lon", content.position.lon)):
        path = parse(name)
        if path is None or POSITION not in dictionary:
            wrong = f"{name!r} is not a path" if path is None else f"the dictionary lacks {POSITION}"
            faults.append((("position", key), wrong))
            return None
        readers.append(Reader(path=path, property=POSITION, target="deg", factor=1.0, offset=0.0))
    return readers[0], readers[1]


def _scalars(values: tuple[object, ...] | None) -> frozenset[Scalar]:
    return frozenset(scalar(value) for value in values or () if isinstance(value, str | bool | int | float))


def _lost_names(content: ProfileFile) -> Iterator[tuple[_Place, str]]:
    """Yield the names in byte layouts that no other part of the profile uses, most often a slip of the pen."""
    used = {TIME, *content.fields} | {entry.field for entry in content.valid_when}
    used |= {content.position.lat, content.position.lon} if content.position is not None else set()
    used |= {entry.per.field for _, _, entry in _entries(content) if entry.per is not None and entry.per.field}
    for number, layout in enumerate(content.bytes):
        found, summed = list(slots(layout)), set[str]()
        names = {slot.name for _, slot in found}
        for place, slot in found:
            summed |= set(slot.sum)
            for name in set(slot.sum) - names:
                yield ("bytes", number, *place, "sum"), f"{name!r} is not one of the fields of the layout"
        for place, slot in found:
            if slot.name is not None and slot.name not in used | summed:
                near = difflib.get_close_matches(slot.name, used, n=1)
                meant = f", did you mean {near[0]!r}?" if near else " (leave the name out to skip the bytes)"
                yield ("bytes", number, *place, "name"), f"{slot.name!r} is not one of the fields{meant}"


def _lost_kinds(content: ProfileFile) -> Iterator[tuple[_Place, str]]:
    """Yield the kinds of properties that are not among the kinds that the profile fits."""
    for _, place, entry in _entries(content):
        for kind in entry.property.keys() - {ANY_KIND, *content.kinds} if content.kinds else ():
            yield (*place, "property", kind), f"{kind!r} is not one of the kinds ({', '.join(content.kinds)})"
