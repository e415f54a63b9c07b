"""The part `bytes` of a profile file: how the messages of a device are laid out. A list; the first that fits counts.

    bytes:
      - port: 2                                       # fPort, or several; left out: any
        length: 11                                    # bytes, or [shortest, longest]
        endian: big                                   # big (usual), little, mixed (low 16-bit word first)
        when: [{at: 0, is: 0x01}]                     # numbers that a message of this layout has
        fields:                                       # one after another, or `at` a place (negative: from the end)
          - {name: voltage, type: u16, bits: [0, 13], scale: 0.001}
          - {name: temperature, type: i16, scale: 0.1, missing: [0x7fff]}
          - {type: u8}                                # takes its room and says nothing
        flags: {at: 3, type: u16, start: 5, groups: [{bit: 0, fields: […]}, …]}    # groups that are there by flag
        items: {key: 1, known: {"01": [{name: temperature, type: i16}]}}           # fields that announce themselves
        samples: {start: 4, size: 6, fields: [{name: "@time", type: u32}, …]}      # measurements of several times

A number becomes `(number + bias) · scale + offset`. `type` is u8 … u64, i8 … i64, f16 … f64, bcd8 … bcd64. A field of
the name `@time` says when the other fields of its sample, or of its item, were measured: seconds since 1970.
"""

from __future__ import annotations

from typing import Annotated, Literal

import pydantic

from ingest.profiles.model import TIME
from ingest.profiles.shape import IntEntries, Shape, in_order, paired

Endian = Literal["big", "little", "mixed"]
_TYPES = r"^([ui](8|16|24|32|40|48|64)|f(16|32|64)|bcd(8|16|24|32|48|64))$"
_Type = Annotated[str, pydantic.Field(pattern=_TYPES)]
_Bit = Annotated[int, pydantic.Field(ge=0, le=63)]
_Bits = Annotated[
    tuple[_Bit, _Bit],
    pydantic.BeforeValidator(paired, json_schema_input_type=_Bit | tuple[_Bit, _Bit]),
    pydantic.AfterValidator(in_order),
]
_Lengths = tuple[pydantic.NonNegativeInt, pydantic.NonNegativeInt]
_Length = Annotated[
    _Lengths,
    pydantic.BeforeValidator(paired, json_schema_input_type=pydantic.NonNegativeInt | _Lengths),
    pydantic.AfterValidator(in_order),
]
_Name = Annotated[str, pydantic.Field(min_length=1)]


class CheckEntry(Shape):
    """A number that tells one layout from another, or whether a field is there."""

    at: int
    type: _Type = "u8"
    endian: Endian | None = None
    bits: _Bits | None = None
    is_: IntEntries | None = pydantic.Field(default=None, alias="is")
    not_: IntEntries | None = pydantic.Field(default=None, alias="not")

    @pydantic.model_validator(mode="after")
    def _says_something(self) -> CheckEntry:
        if self.is_ is None and self.not_ is None:
            raise ValueError("needs `is` or `not`")
        return self


class SlotEntry(Shape):
    """A field in the bytes; `sum` adds fields before it instead of reading one."""

    name: _Name | None = None
    at: int | None = None
    type: _Type | None = None
    endian: Endian | None = None
    bits: _Bits | None = None
    sum: tuple[str, ...] = ()
    bias: pydantic.FiniteFloat = 0.0
    scale: pydantic.FiniteFloat = 1.0
    offset: pydantic.FiniteFloat = 0.0
    missing: tuple[float, ...] = ()
    optional: bool = False
    when: tuple[CheckEntry, ...] = ()

    @pydantic.model_validator(mode="after")
    def _one_of_two(self) -> SlotEntry:
        if (self.type is None) is (not self.sum):
            raise ValueError("needs either `type` or `sum`")
        if self.bits is not None and (self.type is None or self.type.startswith(("f", "bcd"))):
            raise ValueError("`bits` are taken of a whole number")
        return self


class GroupEntry(Shape):
    """Fields that are there only if a bit of the flags is set."""

    bit: _Bit
    fields: tuple[SlotEntry, ...] = pydantic.Field(min_length=1)


class FlagsEntry(Shape):
    """The flags that say which groups of fields follow."""

    at: int
    type: _Type = "u8"
    endian: Endian | None = None
    start: pydantic.NonNegativeInt
    groups: tuple[GroupEntry, ...] = pydantic.Field(min_length=1)


class ItemsEntry(Shape):
    """Fields with a key before each; `length` where a byte before or after the key says how long it is.

    `..` in a key stands for any byte: of Cayenne LPP `..67` is a temperature, whatever its channel.
    """

    key: Annotated[int, pydantic.Field(ge=1, le=8)]
    known: dict[str, tuple[SlotEntry, ...]]
    start: pydantic.NonNegativeInt = 0
    end: pydantic.NonNegativeInt = 0
    length: Literal["before", "after"] | None = None
    counts_key: bool = False

    @pydantic.field_validator("known", mode="before")
    @classmethod
    def _quoted(cls, value: object) -> object:
        if isinstance(value, dict) and any(not isinstance(key, str) for key in value):
            raise ValueError("keys are hexadecimal digits in quotes, such as '0175'")
        return value

    @pydantic.model_validator(mode="after")
    def _keys_fit(self) -> ItemsEntry:
        for key in self.known:
            if len(key) != 2 * self.key or not _is_hex(key.replace("..", "00")):
                raise ValueError(f"key {key!r} is not {2 * self.key} hexadecimal digits")
        return self


class SamplesEntry(Shape):
    """Measurements of several times, `size` bytes each, from `start` up to `end` bytes before the end of the message.

    When they were made says a field `@time` of each, or `every_s`: one follows the other after so many seconds, and the
    `newest` was made when the message was sent.
    """

    start: pydantic.NonNegativeInt = 0
    end: pydantic.NonNegativeInt = 0
    size: pydantic.PositiveInt
    every_s: pydantic.PositiveFloat | None = None
    newest: Literal["first", "last"] = "first"
    fields: tuple[SlotEntry, ...] = pydantic.Field(min_length=1)

    @pydantic.model_validator(mode="after")
    def _has_times(self) -> SamplesEntry:
        if (self.every_s is None) is not any(slot.name == TIME for slot in self.fields):
            raise ValueError(f"needs either `every_s` or a field `{TIME}`")
        return self


class LayoutEntry(Shape):
    """One layout."""

    port: IntEntries | None = None
    length: _Length | None = None
    endian: Endian = "big"
    when: tuple[CheckEntry, ...] = ()
    fields: tuple[SlotEntry, ...] = ()
    flags: FlagsEntry | None = None
    items: ItemsEntry | None = None
    samples: SamplesEntry | None = None


def _is_hex(text: str) -> bool:
    try:
        bytes.fromhex(text)
    except ValueError:
        return False
    return True
