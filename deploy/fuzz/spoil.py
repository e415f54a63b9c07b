"""Ways to spoil a payload. All chance comes from the `Random` that is handed in.

What can be read as JSON, CBOR or lines of text is spoiled field by field: left out, replaced, renamed, said twice. And
bytes are spoiled as bytes: flipped, cut, put in, put together from two messages, compressed.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any, NamedTuple

import cbor2

WRONG: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 10**400, -(10**400), 2**31, 2**53, 2**63, 2**64, 1e308, -1e308, 1e-320, -0.0, 0.1,
    math.nan, math.inf, -math.inf, "", " ", "NaN", "-Infinity", "25 ℃", "1e999", "0x10", "true", "null", "\x00",
    "\ud800", "\n",
    "2026-13-45T99:00:00Z", "2026-07-01T08:00:00", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "urn:dev:",
    "AP8=", "====", "a" * 1_000, "٣", "１２", [], [None], [[]], [1, 2, 3], {}, {"": None}, {"value": None},
    {"@value": 1}, {"type": "Property", "value": {}}, {"value": 1e999, "unitCode": 7},
)  # fmt: skip
_DEEPEST = 50  # what is nested deeper is spoiled as bytes
_REMOVED: Any = object()
_SEPARATORS = re.compile(rb"([,;\t\r\n])")
_TEXTS = tuple(
    value.encode("utf-8", "surrogatepass") if isinstance(value, str) else str(value).encode() for value in WRONG
)


class Form(NamedTuple):
    """A payload as a tree of dictionaries and lists, and how it is written."""

    tree: Any
    write: Callable[[Any], bytes]


def form_of(payload: bytes) -> Form | None:
    """Return a payload as JSON, or as CBOR, or None."""
    form: Form | None = None
    try:
        form = Form(json.loads(payload), _json)
    except (ValueError, RecursionError):
        with contextlib.suppress(Exception):  # a library's errors for any bytes; then it is no CBOR
            form = Form(cbor2.loads(payload), _cbor)
    if form is None or not isinstance(form.tree, dict | list):
        return None
    try:
        return form if max(map(len, places(form.tree))) <= _DEEPEST else None
    except RecursionError:
        return None


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Go over the paths of every value inside a tree, and of itself."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in items:
        yield from places(part, (*path, key))


def every_field(payload: bytes, step: int = 1) -> Iterator[bytes]:
    """Go over the payload with each of its fields left out, and replaced by each of `WRONG`; nothing by chance.

    With a `step` of n, by every n-th of `WRONG` only.
    """
    form = form_of(payload)
    if form is None:
        parts = _SEPARATORS.split(payload)
        for at in range(0, len(parts), 2):
            for wrong in (b"", *_TEXTS[::step]):
                yield b"".join((*parts[:at], wrong, *parts[at + 1 :]))
        return
    for path in places(form.tree):
        for wrong in (_REMOVED, *WRONG[::step]):
            yield form.write(_changed(form.tree, path, wrong))


def by_chance(payload: bytes, form: Form | None, others: Sequence[bytes], random: Random) -> bytes:
    """Return the payload spoiled in one way, seldom in several."""
    result = payload
    for _ in range(random.choice((1, 1, 1, 1, 1, 2, 4))):
        if form is not None and result is payload and random.random() < 0.8:  # noqa: PLR2004 - bytes seldom get far
            result = _by_field(form, random)
        elif random.random() < 0.3:  # noqa: PLR2004 - as above
            result = _by_cell(result, random)
        else:
            result = _by_bytes(result, others, random)
    return gzip.compress(result, 1, mtime=0) if random.random() < 0.02 else result  # noqa: PLR2004 - now and then


def _by_field(form: Form, random: Random) -> bytes:
    paths = list(places(form.tree))
    path = random.choice(paths)
    way = random.randrange(6)
    if way == 0:
        wrong = _REMOVED
    elif way == 1:
        wrong = _at(form.tree, random.choice(paths))  # another part of the same message
    elif way in {2, 3}:  # a number or text like what is there
        wrong = _like(_at(form.tree, path), random)
    else:
        wrong = random.choice(WRONG)
    tree = _changed(form.tree, path, wrong)
    if path and way == 5 and isinstance(_at(tree, path[:-1]), dict):  # noqa: PLR2004 - the name of the field
        parent = _at(tree, path[:-1])
        parent[random.choice(("", "value", "type", str(path[-1]).upper(), f"{path[-1]} "))] = parent.pop(path[-1])
    return form.write(tree)


def _by_cell(payload: bytes, random: Random) -> bytes:
    parts = _SEPARATORS.split(payload)
    parts[random.randrange(len(parts))] = random.choice((b"", *_TEXTS))
    return b"".join(parts)


def _by_bytes(payload: bytes, others: Sequence[bytes], random: Random) -> bytes:
    size = len(payload)
    begin = random.randint(0, size)
    end = min(size, begin + random.choice((0, 1, 1, 2, 4, 16, 64)))
    other = random.choice(others)
    ways = (
        payload[:begin] + payload[end:],
        payload[:begin],
        payload[:begin] + random.randbytes(random.randrange(8)) + payload[end:],
        payload[:end] + payload[begin:end] * random.choice((1, 2, 50)) + payload[end:],
        payload[:begin] + bytes(byte ^ 1 << random.randrange(8) for byte in payload[begin:end]) + payload[end:],
        payload[:begin] + other[random.randint(0, len(other)) :],
        random.randbytes(random.randrange(64)),
    )
    return random.choice(ways)


def _changed(tree: Any, path: tuple[Any, ...], change: Any) -> Any:
    if not path:
        return None if change is _REMOVED else change
    result = _copy(tree)
    parent = _at(result, path[:-1])
    if change is _REMOVED:
        del parent[path[-1]]
    else:
        parent[path[-1]] = change
    return result


def _copy(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _copy(part) for key, part in tree.items()}
    return [_copy(part) for part in tree] if isinstance(tree, list) else tree


def _at(tree: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        tree = tree[key]
    return tree


def _like(value: Any, random: Random) -> Any:
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, int | float) and abs(value) < 1e300:  # noqa: PLR2004 - what can be reckoned with
        return random.choice((-value, value * 1000, value / 3, value + 0.5, str(value), [value]))
    if isinstance(value, str):
        at = random.randint(0, len(value))
        return random.choice((value[:at], value + value, value[:at] + "\x00" + value[at:], value.swapcase(), [value]))
    return [value] if isinstance(value, dict) else {"value": value}


def _json(tree: Any) -> bytes:
    return json.dumps(tree, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _cbor(tree: Any) -> bytes:
    try:
        return cbor2.dumps(tree)
    except (cbor2.CBOREncodeError, UnicodeEncodeError):
        return repr(tree).encode("utf-8", "surrogatepass")  # what CBOR cannot hold: bytes that are none
