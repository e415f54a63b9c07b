"""Code schemes of problem classes: which codes each has, and which of them are local extensions.

The national scheme changed in 2026 (GB/T 47678.5 replaced GB/T 30428.2), and cities add classes of their own, so a
class is (scheme, kind, code) everywhere and never a literal. In both national schemes local minor classes are counted
from the back.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec


class Scheme(msgspec.Struct, frozen=True, kw_only=True):
    """A code scheme: the shape of a class code per kind, in words and as a pattern, and which codes are local."""

    shape: str
    patterns: dict[str, re.Pattern[str]]
    is_local: Callable[[str], bool]


_LOCAL_FROM_2013 = 90
_LOCAL_FROM_2026 = 80

SCHEMES: dict[str, Scheme] = {
    "gb30428.2-2013": Scheme(
        shape="4 digits: major 01-05 (components) or 01-06 (events), minor 01-99",
        patterns={
            "component": re.compile(r"0[1-5](?!00)\d{2}"),
            "event": re.compile(r"0[1-6](?!00)\d{2}"),
        },
        is_local=lambda code: int(code[2:]) >= _LOCAL_FROM_2013,
    ),
    "gb47678.5-2026": Scheme(
        shape="5 digits: major 01-99, minor 001-999",
        patterns=dict.fromkeys(("component", "event"), re.compile(r"(?!00)\d{2}(?!000)\d{3}")),
        is_local=lambda code: int(code[2:]) >= _LOCAL_FROM_2026,
    ),
    "local": Scheme(
        shape="1 to 16 letters, digits, points or dashes",
        patterns=dict.fromkeys(("component", "event"), re.compile(r"[A-Za-z0-9.-]{1,16}")),
        is_local=lambda _code: True,
    ),
}


def fault_of(scheme: str, kind: str, code: str) -> str | None:
    """Return what is wrong with a code of a known scheme and kind (component or event), or None."""
    found = SCHEMES[scheme]
    if found.patterns[kind].fullmatch(code) is None:
        return f"{code!r} is no {kind} of {scheme}: it must have {found.shape}"
    return None
