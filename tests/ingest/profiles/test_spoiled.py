"""Whatever a device sends, a profile gives observations or a refusal, never another exception."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.devices import Register
from ingest.errors import RefusedError
from ingest.model import Device, Frame
from ingest.profiles.model import Profile, Step
from ingest.profiles.reading import observe
from tests.ingest.profiles.sample import DICTIONARY, PROFILES

IDS = sorted(PROFILES)

WORDS = st.text(max_size=8) | st.sampled_from(["No Sensor", "3 mm", "-2.5", "on"])
KEYS = st.sampled_from(["value", "unit", "x"])
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(KEYS, children),
    max_leaves=4,
)
Message = tuple[Profile, dict[str, Any] | None, bytes, int | None]
HIGH = {"height_cm": "120"}


def nested(steps: tuple[Step, ...], value: Any) -> Any:
    """Return an object in which a path leads to a value."""
    for step in reversed(steps):
        if isinstance(step, tuple):
            value = [value | {step[0]: step[1]} if isinstance(value, dict) else {step[0]: step[1]}]
        else:
            value = {step: value} if isinstance(step, str) else [value]
    return value


@st.composite
def messages(draw: st.DrawFn) -> Message:
    """Draw a profile and a message of its model with anything in its fields, or with any bytes."""
    profile = PROFILES[draw(st.sampled_from(IDS))]
    decoded: dict[str, Any] | None = None
    if draw(st.booleans()):
        decoded = {}
        for one in (*profile.readers, *(reader for found in profile.by_kind.values() for reader in found)):
            if draw(st.booleans()):
                decoded |= nested(one.path.steps, draw(anything))
        for validity in profile.validity:
            if draw(st.booleans()):
                decoded |= nested(validity.path.steps, draw(anything))
    layout = draw(st.sampled_from(profile.layouts)) if profile.layouts else None
    raw = bytearray(draw(st.binary(min_size=layout.shortest if layout else 0, max_size=40)))
    for test in layout.when if layout and draw(st.booleans()) else ():
        at, allowed = test.source.at or 0, sorted(test.allowed or {0})
        if 0 <= at < len(raw):
            raw[at] = allowed[0] & 0xFF
    port = min(layout.ports) if layout and layout.ports else draw(st.integers(0, 255) | st.none())
    return profile, decoded, bytes(raw), port


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(messages(), st.sampled_from(["waste_bin", "water_level_gauge", "weather_station"]), st.sampled_from([{}, HIGH]))
def test_spoiled_message(message: Message, kind: str, attributes: dict[str, str]) -> None:
    """Any values in the fields, any bytes in a layout: finite observations or a named refusal."""
    profile, decoded, raw, port = message
    device = Device(
        id="d", domain="waste", kind=kind, cell="0" * 15, lat=0.0, lon=0.0, cadence_s=60, attributes=attributes
    )
    register = Register({"d": device}, DICTIONARY, PROFILES)
    try:
        found = observe(profile, decoded, raw, port, device, 0, Frame("t", b"", 0, "s"), register)
    except RefusedError:
        return

    assert all(math.isfinite(item.value) for item in found)
