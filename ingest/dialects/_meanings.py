"""What the names in messages were found to mean, remembered: shared by dialects that name things at length.

To find a device and a property by a long name costs many times what it costs to convert the value. A register keeps its
own memory of at most `MAX_REMEMBERED` names; a meaning holds as long as the register still has the very same device.
"""

from __future__ import annotations

from collections.abc import Hashable
from weakref import WeakKeyDictionary

import msgspec

from ingest.model import Lookup, Observation, Series
from ingest.units import conversion

MAX_REMEMBERED = 50_000


class Meaning(msgspec.Struct, frozen=True):
    """The series that a name speaks of; `canonical value = value · factor + offset`."""

    series: Series
    factor: float
    offset: float


class Meanings:
    """The meanings that one dialect has found, by register."""

    def __init__(self) -> None:
        self._by_lookup: WeakKeyDictionary[Lookup, dict[Hashable, Meaning]] = WeakKeyDictionary()

    def of(self, lookup: Lookup) -> dict[Hashable, Meaning]:
        """Return what is remembered for a register: read it with `get`, fill it through `learn`."""
        found = self._by_lookup.get(lookup)
        if found is None:
            found = self._by_lookup[lookup] = {}
        return found


def holds(meaning: Meaning, lookup: Lookup) -> bool:
    """Say whether the register still has the device as it was when the meaning was found."""
    return lookup.device(meaning.series.device.id) is meaning.series.device


def learn(meanings: dict[Hashable, Meaning], name: Hashable, unit: str, value: float, observed: Observation) -> None:
    """Remember what a name means, if its value was just converted from `unit` (a distance to the waste is not)."""
    known = observed.series.property
    found = conversion(unit, known.unit, known.molar_g)
    if found is not None and value * found.factor + found.offset == observed.value:
        _remember(meanings, name, Meaning(observed.series, found.factor, found.offset))


def _remember(meanings: dict[Hashable, Meaning], name: Hashable, meaning: Meaning) -> None:
    """Keep a meaning; a memory that is full begins anew, so that no sender of ever new names can fill it up."""
    if len(meanings) >= MAX_REMEMBERED:
        meanings.clear()
    meanings[name] = meaning
