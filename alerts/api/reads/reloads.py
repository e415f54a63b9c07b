"""What of the site's files was changed and not taken over, as the pipeline noted it in the table `meta`."""

from __future__ import annotations

import json
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, select

from alerts.store.tables import META

What = Literal["rules", "register"]
WHATS: tuple[What, ...] = ("rules", "register")


class Refused(NamedTuple):
    """A change that was refused: `faults` of them, the first as `file:line: message`, since when (wall clock)."""

    what: What
    faults: int
    first: tuple[str, ...]
    since_wall_ms: int


def refused(connection: Connection) -> tuple[Refused, ...]:
    """Return what was refused last and is not mended yet."""
    rows = connection.execute(select(META.c.key, META.c.value).where(META.c.key.in_(WHATS)))
    noted = {row.key: row.value for row in rows}
    return tuple(found for what in WHATS if (found := _read(what, noted.get(what))) is not None)


def _read(what: What, text: str | None) -> Refused | None:
    try:
        said: dict[str, Any] = json.loads(text or "{}")
        told = said["refused"]
        first = told["first"]
        lines = (first,) if isinstance(first, str) else tuple(map(str, first))
        since_ms = told["since_wall_ms"] if "since_wall_ms" in told else said["at_wall_ms"]
        return Refused(what, int(told["faults"]), lines, int(since_ms))
    except (ValueError, KeyError, TypeError):
        return None
