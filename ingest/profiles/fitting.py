"""Whether a device of the register and the profile that its attribute `model` names go together."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

from ingest.profiles.geometry import HEIGHT, SENSOR_OFFSET
from ingest.profiles.model import Profile


def misfits(kind: str, attributes: Mapping[str, str], profiles: Mapping[str, Profile]) -> Iterator[str]:
    """Yield what is wrong with the attributes `model`, `height_cm` and `sensor_offset_cm` of a device of this kind."""
    if SENSOR_OFFSET in attributes and not _is_number(attributes[SENSOR_OFFSET]):
        yield f"attribute {SENSOR_OFFSET!r}: {attributes[SENSOR_OFFSET]!r} is not a number"
    model = attributes.get("model")
    if model is None:
        return
    profile = profiles.get(model.partition("@")[0])
    if profile is None:
        near = difflib.get_close_matches(model, profiles, n=1)
        meant = f", did you mean {near[0]!r}?" if near else ", see `wangge profiles list`"
        yield f"attribute 'model': there is no profile {model!r}{meant}"
        return
    if profile.kinds and kind not in profile.kinds:
        yield f"attribute 'model': profile {profile.id!r} is of {', '.join(profile.kinds)}, not of {kind}"
    elif HEIGHT not in attributes and _needs_height(profile, kind):
        yield f"attribute {HEIGHT!r} is missing: without it profile {profile.id!r} cannot tell a level from a distance"


def _needs_height(profile: Profile, kind: str) -> bool:
    """Say whether some property of the profile comes from a distance alone."""
    readers = profile.readers_for(kind)
    direct = {reader.property for reader in readers if reader.surface is None}
    return any(reader.surface is not None and reader.property not in direct for reader in readers)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
