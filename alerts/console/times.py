"""Times in words, in the site's zone."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def moment(at_ms: int | None, zone: ZoneInfo) -> str:
    """Return date and minute in the zone; nothing for None."""
    if at_ms is None:
        return ""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M")


def duration(seconds: int) -> str:
    """Return a duration as a rule file writes it: 90 s is `90s`, 7200 s is `2h`."""
    for size, word in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{word}"
    return f"{seconds}s"
