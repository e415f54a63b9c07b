"""Reads the bytes of a message by the layout that a profile declares: no code, only places, sizes and scales.

The first layout counts whose port, length and tests agree. It yields numbers by field name, the same names and units
as the maker's own decoder gives, for the time of the message and for the times of its samples. A message that breaks
off is refused, never filled up with zeros.
"""

from __future__ import annotations

import struct
from typing import Literal

from ingest.errors import Reason, unreadable
from ingest.normalise import bounded_ms, number
from ingest.profiles.model import TIME, Check, Flags, Items, Layout, Profile, Samples, Slot, Source

_FLOATS = {2: "e", 4: "f", 8: "d"}
_MAX_ITEMS = 256


Sample = tuple[int, dict[str, float]]
"""When fields were measured, in milliseconds since 1970, and their numbers by name."""


def read(profile: Profile, raw: bytes, port: int | None, time_ms: int) -> list[Sample]:
    """Return the fields of a message of this time, and after them its samples of other times.

    Raises `RefusedError` (`shape`) where no layout fits it.
    """
    for layout in profile.layouts:
        if _fits(layout, raw, port):
            values: dict[str, float] = {}
            found: list[Sample] = [(time_ms, values)]
            _slots(layout.slots, raw, 0, values)
            if layout.flags is not None:
                _flags(layout.flags, raw, values)
            if layout.items is not None:
                found += _items(layout.items, raw, values)
            if layout.samples is not None:
                found += _samples(layout.samples, raw, time_ms)
            return found
    where = "" if port is None else f" on port {port}"
    if not profile.layouts:
        raise unreadable(Reason.SHAPE, f"nothing is decoded{where}, and profile {profile.id} has no byte layout")
    raise unreadable(Reason.SHAPE, f"no byte layout of profile {profile.id} fits {len(raw)} bytes{where}")


def _fits(layout: Layout, raw: bytes, port: int | None) -> bool:
    if layout.ports is not None and port not in layout.ports:
        return False
    if len(raw) < layout.shortest or (layout.longest is not None and len(raw) > layout.longest):
        return False
    return all(_holds(test, raw) for test in layout.when)


def _holds(test: Check, raw: bytes) -> bool:
    place = _place(test.source, raw, 0)
    if place is None:
        return False
    value = _number(test.source, raw, place)
    return value not in test.barred and (test.allowed is None or value in test.allowed)


def _slots(slots: tuple[Slot, ...], raw: bytes, start: int, values: dict[str, float]) -> int:
    """Read fields into `values`, places counted from `start`; return where the last of them ends."""
    position = start
    for slot in slots:
        source = slot.source
        if source is None:
            if slot.name is not None and all(name in values for name in slot.sum):
                values.setdefault(slot.name, _scaled(sum(values[name] for name in slot.sum), slot))
            continue
        if slot.when and not all(_holds(test, raw) for test in slot.when):
            continue
        place = _place(source, raw, start) if source.at is not None else position
        if place is None or place + source.size > len(raw):
            if slot.optional:
                continue
            name = slot.name or "a field without name"
            raise unreadable(Reason.SHAPE, f"the message breaks off before {name} ({len(raw)} bytes)")
        position = place + source.size
        if slot.name is not None:
            read_ = _number(source, raw, place)
            if read_ not in slot.missing:
                values.setdefault(slot.name, _scaled(read_, slot))
    return position


def _place(source: Source, raw: bytes, start: int) -> int | None:
    """Return where a number with a place of its own begins, None outside of the message."""
    at = source.at or 0
    place = len(raw) + at if at < 0 else start + at
    return place if 0 <= place <= len(raw) - source.size else None


def _number(source: Source, raw: bytes, place: int) -> float:
    data = raw[place : place + source.size]
    if source.endian == "mixed":  # 16-bit words with the low word first, each big-endian
        data = b"".join(data[at : at + 2] for at in range(len(data) - 2, -1, -2))
    order: Literal["little", "big"] = "little" if source.endian == "little" else "big"
    if source.coding == "float":
        value: float = struct.unpack(("<" if order == "little" else ">") + _FLOATS[source.size], data)[0]
        return value
    if source.coding == "bcd":
        return _bcd(data if order == "big" else data[::-1])
    signed = source.coding == "signed"
    whole = int.from_bytes(data, order, signed=signed)
    if source.bits is not None:
        low, high = source.bits
        whole = (whole >> low) & ((1 << (high - low + 1)) - 1)
        whole -= (signed and whole >> (high - low)) << (high - low + 1)
    return whole


def _bcd(data: bytes) -> float:
    text = data.hex()
    if not text.isdecimal():
        raise unreadable(Reason.NUMBER, f"0x{text} is not a binary coded decimal")
    return int(text)


def _scaled(bare: float, slot: Slot) -> float:
    biased = bare + slot.bias
    return (biased / slot.divisor if slot.divisor is not None else biased * slot.scale) + slot.offset


def _flags(flags: Flags, raw: bytes, values: dict[str, float]) -> None:
    place = _place(flags.source, raw, 0)
    if place is None:
        raise unreadable(Reason.SHAPE, f"the message breaks off before its flags ({len(raw)} bytes)")
    set_bits = int(_number(flags.source, raw, place))
    position = flags.start
    for bit, slots in flags.groups:
        if set_bits >> bit & 1:
            position = _slots(slots, raw, position, values)


def _samples(samples: Samples, raw: bytes, time_ms: int) -> list[Sample]:
    """Return the samples of a message, in its order."""
    length = max(0, len(raw) - samples.start - samples.end)
    count, left = divmod(length, samples.size)
    if left:
        raise unreadable(Reason.SHAPE, f"the message breaks off within a sample ({len(raw)} bytes)")
    if count > _MAX_ITEMS:
        raise unreadable(Reason.SHAPE, f"the message has more than {_MAX_ITEMS} samples")
    found: list[Sample] = []
    for place in range(count):
        start = samples.start + place * samples.size
        values: dict[str, float] = {}
        _slots(samples.slots, raw[start : start + samples.size], 0, values)
        if samples.every_ms is None:
            found += _of_its_time(values)
        else:
            age = place if samples.newest_first else count - 1 - place
            found.append((time_ms - age * samples.every_ms, values))
    return found


def _of_its_time(values: dict[str, float]) -> list[Sample]:
    """Return fields with the time that they tell themselves; nothing where it is missing (a clock that is not set)."""
    time_s = values.pop(TIME, None)
    return [] if time_s is None else [(bounded_ms(round(number(time_s, TIME) * 1000), TIME), values)]


def _item(items: Items, key: bytes) -> tuple[tuple[Slot, ...], int] | None:
    """Return what an item of this key holds, None for one that the profile does not know."""
    known = items.known.get(key)
    if known is None and len(key) == items.key:
        fits = (all(byte in {None, key[at]} for at, byte in enumerate(pattern)) for pattern, _ in items.alike)
        known = next((slots for (_, slots), fit in zip(items.alike, fits, strict=True) if fit), None)
    return known


def _items(items: Items, raw: bytes, values: dict[str, float]) -> list[Sample]:
    """Read the items of a message into `values`; return those that have a time of their own."""
    position, end = items.start, len(raw) - items.end
    found: list[Sample] = []
    for _ in range(_MAX_ITEMS):
        if position >= end:
            return found
        length = None
        if items.length == "before":
            length = raw[position]
            position += 1
        key = raw[position : position + items.key]
        if items.length == "after" and position + items.key < end:
            length = raw[position + items.key]
        position += items.key + (items.length == "after")
        if length is not None:
            length -= items.key * items.counts_key
        known = _item(items, key)
        if known is None and (length is None or length < 0):
            raise unreadable(Reason.SHAPE, f"item 0x{key.hex()} of the message is not in the profile")
        room = length if length is not None else known[1] if known is not None else 0
        if position + room > end:
            raise unreadable(Reason.SHAPE, f"the message breaks off within item 0x{key.hex()}")
        if known is not None:
            own = {} if any(slot.name == TIME for slot in known[0]) else values
            _slots(known[0], raw[position : position + room], 0, own)
            found += _of_its_time(own) if own is not values else ()
        position += room
    raise unreadable(Reason.SHAPE, f"the message has more than {_MAX_ITEMS} items")
