"""A profile, compiled: what `reading.observe` needs to turn a device's message into observations.

Everything that can be known before a message comes (paths, factors to the canonical unit, words) is worked out once,
when the profile is loaded. A `Reader` takes one field to one property.
"""

from __future__ import annotations

import msgspec

Step = str | int | tuple[str, str]
"""A step of a path: a key, the place in a list, or (key, value) of the list item that is meant."""

Scalar = str | float | bool

TIME = "@time"
"""The name of a field in the bytes that says when the fields beside it were measured: seconds since 1970."""


class Path(msgspec.Struct, frozen=True):
    """Where a value stands in a decoded object; `text` is the path as written, and its name in a byte layout."""

    text: str
    steps: tuple[Step, ...]


class Surface(msgspec.Struct, frozen=True, kw_only=True):
    """How a distance, or a level, becomes what the property asks for; lengths in cm.

    `from_top`: the value is the distance down from the sensor, not the level above the floor. `as_fraction`: the
    property is a fill level in percent of the height of the container, not a level in cm. `sensor_offset_cm`: how far
    the sensor sits above the rim. A surface nearer than `dead_zone_cm` cannot be told from one at that distance.
    """

    from_top: bool = True
    as_fraction: bool = True
    sensor_offset_cm: float = 0.0
    dead_zone_cm: float = 0.0


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """The period that a count is of: always the same, or told by a field (`factor` turns its number into seconds)."""

    seconds: float | None = None
    path: Path | None = None
    factor: float = 1.0


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """Takes one field to one property: `value · factor + offset` is what a bare number means in `target` unit.

    A number that comes with a unit of its own takes only `own_scale` and `own_offset`, then that unit's conversion
    (`molar_g` is that of a gas, in g/mol).
    `plain` readers need nothing but the multiplication (the hot path).
    """

    path: Path
    property: str
    target: str
    molar_g: float | None = None
    factor: float
    offset: float
    own_scale: float = 1.0
    own_offset: float = 0.0
    words: dict[Scalar, float] | None = None
    missing: frozenset[Scalar] = frozenset()
    surface: Surface | None = None
    period: Period | None = None
    always: bool = False
    plain: bool = False


class Validity(msgspec.Struct, frozen=True, kw_only=True):
    """A field that says whether others can be trusted: its value must be one of `allowed` and none of `barred`.

    `void` are the paths of the fields that fall with it; None: all that are not read `always`.
    """

    path: Path
    allowed: frozenset[Scalar] | None = None
    barred: frozenset[Scalar] = frozenset()
    void: frozenset[str] | None = None


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """A comparison of a number in the bytes."""

    source: Source
    allowed: frozenset[int] | None = None
    barred: frozenset[int] = frozenset()


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A number in the bytes: `size` bytes at `at` (None: after the one before, negative: from the end).

    `coding` is unsigned, signed, float or bcd; of a number with `bits` = (lowest, highest) only these are taken.
    """

    at: int | None
    size: int
    coding: str
    endian: str
    bits: tuple[int, int] | None = None


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a byte layout: `(number + bias) · scale + offset`, or the sum of fields before it.

    `divisor` is set where 1/scale is whole: dividing by it gives the same last digit as the maker's decoder. A slot
    without name takes its room and says nothing.
    """

    name: str | None
    source: Source | None = None
    sum: tuple[str, ...] = ()
    bias: float = 0.0
    scale: float = 1.0
    divisor: float | None = None
    offset: float = 0.0
    missing: frozenset[float] = frozenset()
    optional: bool = False
    when: tuple[Check, ...] = ()


class Flags(msgspec.Struct, frozen=True, kw_only=True):
    """Groups of fields that follow one another from `start`, each there only if its bit of `source` is set."""

    source: Source
    start: int
    groups: tuple[tuple[int, tuple[Slot, ...]], ...]


class Items(msgspec.Struct, frozen=True, kw_only=True):
    """Fields that announce themselves by a key of `key` bytes, from `start` up to `end` bytes before the end.

    `length` says where the length byte of an item stands, if it has one: `before` or `after` its key. In the keys of
    `alike` a byte that is None may be any.
    """

    key: int
    known: dict[bytes, tuple[tuple[Slot, ...], int]]
    alike: tuple[tuple[tuple[int | None, ...], tuple[tuple[Slot, ...], int]], ...] = ()
    start: int = 0
    end: int = 0
    length: str | None = None
    counts_key: bool = False


class Samples(msgspec.Struct, frozen=True, kw_only=True):
    """Measurements of several times, `size` bytes each, from `start` up to `end` bytes before the end.

    Without `every_ms` each has a field `TIME`; with it they are so far apart, and the newest, which comes first or
    last, was made when the message was sent.
    """

    start: int
    end: int
    size: int
    slots: tuple[Slot, ...]
    every_ms: int | None = None
    newest_first: bool = True


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """How the bytes of a message are laid out; it is of use where port, length and every test agree."""

    ports: frozenset[int] | None = None
    shortest: int = 0
    longest: int | None = None
    when: tuple[Check, ...] = ()
    slots: tuple[Slot, ...] = ()
    flags: Flags | None = None
    items: Items | None = None
    samples: Samples | None = None


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """A device model. `readers` apply to devices of any kind, `by_kind` to those of a kind that the file names.

    `unusable` says why nothing that the model sends can be trusted; `kinds` are the kinds that it fits (empty: any);
    `known_as` are other names by which it is found; `position` reads latitude and longitude, to be compared with the
    register.
    """

    id: str
    title_zh: str
    title_en: str
    source: str
    known_as: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    readers: tuple[Reader, ...] = ()
    by_kind: dict[str, tuple[Reader, ...]] = {}
    validity: tuple[Validity, ...] = ()
    layouts: tuple[Layout, ...] = ()
    position: tuple[Reader, Reader] | None = None
    unusable: str | None = None

    def readers_for(self, kind: str) -> tuple[Reader, ...]:
        """Return the readers for a device of this kind."""
        return self.by_kind.get(kind, self.readers)
