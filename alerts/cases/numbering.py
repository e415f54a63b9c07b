"""Case numbers: 19 digits = county division (6) + local date yyyyMMdd (8) + sequence of the day (5, from 00001).

No public national layout was found; this one is the project's choice. A number is issued in the transaction that files
the case, one above the highest of the day that the store has: it survives a restart, and a rolled back filing leaves
no gap. Writers exclude each other (`alerts.store.database`), so no number is issued twice.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

LAST = 99_999


def day_prefix(division: str, now_ms: int, zone: ZoneInfo) -> str:
    """Return the first 14 digits of the numbers of the local day of `now_ms`."""
    return f"{division}{dt.datetime.fromtimestamp(now_ms / 1000, zone):%Y%m%d}"


def following(prefix: str, highest: str | None) -> str | None:
    """Return the number after `highest` (None: the first of the day); None when the day has no more numbers."""
    sequence = int(highest[len(prefix) :]) + 1 if highest else 1
    return f"{prefix}{sequence:05}" if sequence <= LAST else None
