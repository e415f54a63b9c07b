"""From the part `bytes` of a profile file to layouts that are ready to read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ingest.profiles.layout_schema import CheckEntry, FlagsEntry, ItemsEntry, LayoutEntry, SamplesEntry, SlotEntry
from ingest.profiles.model import Check, Flags, Items, Layout, Samples, Slot, Source

_TYPE = re.compile(r"(u|i|f|bcd)(\d+)")
_CODINGS = {"u": "unsigned", "i": "signed", "f": "float", "bcd": "bcd"}
_NEARLY = 1e-9


def compiled(entry: LayoutEntry) -> Layout:
    """Return the layout that an entry declares."""
    return Layout(
        ports=frozenset(entry.port) if entry.port is not None else None,
        shortest=entry.length[0] if entry.length else 0,
        longest=entry.length[1] if entry.length else None,
        when=tuple(_check(one, entry.endian) for one in entry.when),
        slots=_slots(entry.fields, entry.endian),
        flags=_flags(entry.flags, entry.endian) if entry.flags is not None else None,
        items=_items(entry.items, entry.endian) if entry.items is not None else None,
        samples=_samples(entry.samples, entry.endian) if entry.samples is not None else None,
    )


def slots(entry: LayoutEntry) -> Iterator[tuple[tuple[int | str, ...], SlotEntry]]:
    """Yield the place in the entry of every field of a layout, and the field."""
    groups: list[tuple[tuple[int | str, ...], Sequence[SlotEntry]]] = [(("fields",), entry.fields)]
    for number, group in enumerate(entry.flags.groups if entry.flags is not None else ()):
        groups.append((("flags", "groups", number, "fields"), group.fields))
    for key, known in (entry.items.known if entry.items is not None else {}).items():
        groups.append((("items", "known", key), known))
    if entry.samples is not None:
        groups.append((("samples", "fields"), entry.samples.fields))
    for where, fields in groups:
        for number, slot in enumerate(fields):
            yield (*where, number), slot


def _source(entry: SlotEntry | CheckEntry | FlagsEntry, endian: str) -> Source:
    match = _TYPE.fullmatch(entry.type or "u8")
    coding, width = (match[1], int(match[2])) if match else ("u", 8)
    return Source(
        at=entry.at,
        size=width // 8,
        coding=_CODINGS[coding],
        endian=entry.endian or endian,
        bits=None if isinstance(entry, FlagsEntry) else entry.bits,
    )


def _check(entry: CheckEntry, endian: str) -> Check:
    return Check(
        source=_source(entry, endian),
        allowed=None if entry.is_ is None else frozenset(entry.is_),
        barred=frozenset(entry.not_ or ()),
    )


def _slots(entries: Sequence[SlotEntry], endian: str) -> tuple[Slot, ...]:
    return tuple(_slot(entry, endian) for entry in entries)


def _slot(entry: SlotEntry, endian: str) -> Slot:
    inverse = round(1.0 / entry.scale) if entry.scale else 0
    return Slot(
        name=entry.name,
        source=_source(entry, endian) if entry.type is not None else None,
        sum=entry.sum,
        bias=entry.bias,
        scale=entry.scale,
        divisor=float(inverse) if inverse > 1 and abs(inverse * entry.scale - 1.0) < _NEARLY else None,
        offset=entry.offset,
        missing=frozenset(entry.missing),
        optional=entry.optional,
        when=tuple(_check(one, endian) for one in entry.when),
    )


def _flags(entry: FlagsEntry, endian: str) -> Flags:
    groups = tuple((group.bit, _slots(group.fields, endian)) for group in entry.groups)
    return Flags(source=_source(entry, endian), start=entry.start, groups=groups)


def _items(entry: ItemsEntry, endian: str) -> Items:
    known = {key: (fields := _slots(slots, endian), _room(fields)) for key, slots in entry.known.items()}
    return Items(
        key=entry.key,
        known={bytes.fromhex(key): slots for key, slots in known.items() if ".." not in key},
        alike=tuple((_pattern(key), slots) for key, slots in known.items() if ".." in key),
        start=entry.start,
        end=entry.end,
        length=entry.length,
        counts_key=entry.counts_key,
    )


def _pattern(key: str) -> tuple[int | None, ...]:
    pairs = (key[at : at + 2] for at in range(0, len(key), 2))
    return tuple(None if pair == ".." else int(pair, 16) for pair in pairs)


def _samples(entry: SamplesEntry, endian: str) -> Samples:
    return Samples(
        start=entry.start,
        end=entry.end,
        size=entry.size,
        slots=_slots(entry.fields, endian),
        every_ms=None if entry.every_s is None else round(entry.every_s * 1000),
        newest_first=entry.newest == "first",
    )


def _room(slots: Sequence[Slot]) -> int:
    """Return how many bytes the fields of an item take together."""
    position, furthest = 0, 0
    for source in (slot.source for slot in slots if slot.source is not None):
        position = (source.at if source.at is not None else position) + source.size
        furthest = max(furthest, position)
    return furthest
