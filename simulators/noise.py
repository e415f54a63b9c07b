"""Chance without state: every number is a pure function of a seed and of what it is about.

The same (seed, key) gives the same number in every process, on every platform and in any order of asking, so that a
run can be repeated exactly, and a second look at the same moment sees the same world.
"""

from __future__ import annotations

import math
from hashlib import blake2b

_SCALE = 1 / 2**64


def draw(seed: int, *key: str | int) -> float:
    """Return a number in [0, 1), evenly distributed over keys."""
    digest = blake2b("\0".join((str(seed), *map(str, key))).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") * _SCALE


def between(low: float, high: float, seed: int, *key: str | int) -> float:
    """Return a number in [low, high)."""
    return low + (high - low) * draw(seed, *key)


def smooth(seed: int, at_ms: int, period_ms: int, *key: str | int) -> float:
    """Return a slow wobble in [-1, 1]: random values `period_ms` apart, joined by half waves without a corner."""
    index, rest = divmod(at_ms, period_ms)
    left, right = draw(seed, *key, index), draw(seed, *key, index + 1)
    blend = (1 - math.cos(math.pi * rest / period_ms)) / 2
    return 2 * (left + (right - left) * blend) - 1
