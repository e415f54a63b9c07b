"""Says what a profile does, for tables and for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ingest.profiles.model import Profile, Reader


def summary(profile: Profile) -> dict[str, Any]:
    """Return a profile in a few words: what it is, which properties it reads, whether it reads bytes."""
    return {
        "id": profile.id,
        "title_zh": profile.title_zh,
        "title_en": profile.title_en,
        "known_as": list(profile.known_as),
        "domains": list(profile.domains),
        "kinds": list(profile.kinds),
        "properties": sorted({reader.property for reader in _all(profile)}),
        "bytes": any(layout.slots or layout.flags or layout.items or layout.samples for layout in profile.layouts),
        "unusable": profile.unusable,
        "source": profile.source,
    }


def described(profile: Profile) -> list[dict[str, str]]:
    """Return one row for each field and property: where it stands, what it becomes, and how."""
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for kind, readers in (("", profile.readers), *sorted(profile.by_kind.items())):
        for reader in readers:
            how = _how(reader) if not kind or reader in profile.readers else f"{kind}: {_how(reader)}"
            row = {"field": reader.path.text, "property": reader.property, "how": how}
            rows.setdefault((reader.path.text, reader.property), row)
    return list(rows.values())


def markdown(profiles: Sequence[Profile]) -> str:
    """Return the table of docs/profiles.md."""
    lines = ["| model | device | domain | properties | bytes |", "|---|---|---|---|---|"]
    for row in map(summary, profiles):
        properties = ", ".join(f"`{name}`" for name in row["properties"]) or f"none: {row['unusable']}"
        title = f"{row['title_zh']}<br>{row['title_en']}"
        names = "<br>".join(f"`{name}`" for name in (row["id"], *row["known_as"]))
        cells = (names, title, ", ".join(row["domains"]), properties, "yes" if row["bytes"] else "–")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _all(profile: Profile) -> list[Reader]:
    return [*profile.readers, *(reader for readers in profile.by_kind.values() for reader in readers)]


def _how(reader: Reader) -> str:
    parts = []
    if reader.words:
        parts.append(", ".join(f"{word}: {value:g}" for word, value in reader.words.items()))
    if reader.factor != 1.0 or reader.offset != 0.0:
        parts.append(f"· {reader.factor:g}" + (f" {reader.offset:+g}" if reader.offset else ""))
    if reader.surface is not None:
        measured = "distance" if reader.surface.from_top else "level"
        parts.append(f"{measured} → {'fill level' if reader.surface.as_fraction else 'level'} by height_cm")
    if reader.period is not None:
        parts.append(f"per {reader.period.seconds:g} s" if reader.period.seconds else "per period in the message")
    if reader.missing:
        parts.append("missing: " + ", ".join(sorted(map(str, reader.missing))))
    if reader.always:
        parts.append("even if the message is not valid")
    return "; ".join([*parts, f"in {reader.target}"])
