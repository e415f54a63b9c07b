"""From the value of a field to a number: bare numbers, numbers in text with a unit, objects, words, missing values.

Raises `RefusedError` where a value is neither a number nor a word that the profile knows: nothing is guessed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from ingest.errors import Reason, shown, unacceptable, unreadable
from ingest.normalise import number
from ingest.profiles.model import Reader, Scalar
from ingest.units import conversion

NUMBER = re.compile(r"\s*([+-]?\d{1,15}(?:\.\d{1,15})?)\s*(\D\S{0,15})?\s*")
"""A number in a text, perhaps with its unit."""
NOTHING = frozenset({"", "-", "--", "n/a", "nan", "none", "null", "no sensor", "nosensor"})
_TRUE, _FALSE = frozenset({"true", "on", "yes"}), frozenset({"false", "off", "no"})


def scalar(value: Scalar) -> Scalar:
    """Return a value as it is compared: a text trimmed and in small letters, a number as `float`."""
    if isinstance(value, str):
        return value.strip().lower()
    try:
        return value if isinstance(value, bool) else float(value)
    except OverflowError:  # a whole number of more than 308 digits
        return math.inf


def among(value: object, known: frozenset[Scalar]) -> bool:
    """Say whether a value is one of those that a profile lists; of bytes, 1 is `true` and 0 `false`."""
    return isinstance(value, str | bool | int | float) and scalar(value) in known


def is_missing(value: object, known: frozenset[Scalar]) -> bool:
    """Say whether a value stands for nothing measured; `false` is not 0."""
    return among(value, known) and (not isinstance(value, bool) or any(value is one for one in known))


def parts(value: object) -> tuple[object, object]:
    """Return a value and the unit beside it: some decoders write `{"value": 21.4, "unit": "°C"}`."""
    return (value.get("value"), value.get("unit")) if isinstance(value, Mapping) else (value, None)


def amount(value: object, reader: Reader) -> float | None:
    """Return the number that a value says, in the reader's target unit; None for one that says "nothing measured"."""
    value, unit = parts(value)
    if value is None or (reader.missing and is_missing(value, reader.missing)):
        return None
    word = _word(value, reader.words) if reader.words is not None else None
    if word is not None:
        return word * reader.factor + reader.offset
    if isinstance(value, str):
        match = NUMBER.fullmatch(value)
        if match is None and value.strip().lower() in NOTHING:
            return None
        value, unit = (float(match[1]), match[2] or unit) if match else (value, unit)
    elif isinstance(value, bool) and reader.words is None and reader.target == "1":
        value = float(value)
    return _amount(value, unit, reader)


def _amount(value: object, unit: object, reader: Reader) -> float:
    coded = reader.words is not None and any(isinstance(word, float) for word in reader.words)
    if coded or isinstance(value, bool) or not isinstance(value, int | float):
        raise unreadable(Reason.NUMBER, f"{reader.path.text} is {shown(value)}, {_expected(reader)}")
    bare = number(value, reader.path.text)
    if isinstance(unit, str) and unit:
        return _with_unit(bare, unit, reader)
    return number(bare * reader.factor + reader.offset, reader.path.text)


def _word(value: object, words: Mapping[Scalar, float]) -> float | None:
    if not isinstance(value, str | bool | int | float):
        return None
    alike = scalar(value)
    if isinstance(alike, str) and alike not in words:  # an unquoted ON or yes in a YAML file is a truth value
        alike = True if alike in _TRUE else False if alike in _FALSE else alike
    return words.get(alike)


def _with_unit(bare: float, unit: str, reader: Reader) -> float:
    per = "/s" if reader.period is not None else ""
    found = conversion(unit + per, reader.target, reader.molar_g)
    if found is None:
        expected = f"not a unit of {reader.property} (which is kept in {reader.target})"
        raise unacceptable(Reason.UNIT, f"{reader.path.text} is in {shown(unit)}, {expected}")
    return number((bare * reader.own_scale + reader.own_offset) * found.factor + found.offset, reader.path.text)


def _expected(reader: Reader) -> str:
    if not reader.words:
        return "not a number"
    return f"neither a number nor one of {', '.join(str(word) for word in reader.words)}"
