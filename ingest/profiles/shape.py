"""What all parts of a profile file share: no unknown keys, and values that stay what was written."""

from __future__ import annotations

from typing import Annotated

import pydantic


def _simple(value: object) -> object:
    if not isinstance(value, str | bool | int | float):
        raise ValueError("is not a number, a text, true or false")  # noqa: TRY004 - pydantic collects ValueErrors only
    return value


def listed(value: object) -> tuple[object, ...]:
    """Return a value that may stand alone or in a list as a tuple; None as an empty one."""
    if value is None:
        return ()
    return tuple(value) if isinstance(value, tuple | list) else (value,)


def paired(value: object) -> object:
    """Return a number that stands for a range of one as the pair that it is."""
    return (value, value) if isinstance(value, int) else value


def in_order(pair: tuple[int, int]) -> tuple[int, int]:
    """Return a pair of which the first is not above the second; raises `ValueError`."""
    if pair[0] > pair[1]:
        raise ValueError(f"{pair[0]} is above {pair[1]}: the lower comes first")
    return pair


class Shape(pydantic.BaseModel):
    """A mapping of a profile file: no unknown keys."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


_Scalar = str | bool | int | float
ScalarEntry = Annotated[object, pydantic.BeforeValidator(_simple, json_schema_input_type=_Scalar)]
"""A value to compare with, as it was written: never turned into another type."""

ScalarEntries = Annotated[
    tuple[ScalarEntry, ...], pydantic.BeforeValidator(listed, json_schema_input_type=_Scalar | list[_Scalar])
]
IntEntries = Annotated[
    tuple[pydantic.StrictInt, ...], pydantic.BeforeValidator(listed, json_schema_input_type=int | list[int])
]
