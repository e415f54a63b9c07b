"""Every simulated device: it observes what it declares, says it in valid JSON, and shows the effects of incidents."""

from __future__ import annotations

import json
from zoneinfo import ZoneInfo

import pytest

from ingest.devices import Register
from ingest.model import Device
from ingest.plugins import find
from simulators.devices._base import DeviceKind, Message, dump, wangge
from simulators.incidents import EFFECTS, Book, Incident
from simulators.truth import Truth

KINDS: dict[str, DeviceKind] = find("simulators.devices", "DEVICE", key="kind")
_HOUR_MS = 3_600_000


def _first(register: Register, kind: str, **attributes: str) -> Device:
    return next(
        device
        for device in register.devices.values()
        if device.kind == kind and attributes.items() <= device.attributes.items()
    )


@pytest.mark.parametrize("kind", KINDS)
def test_observe_gives_what_is_declared(register: Register, world: Truth, evening_ms: int, kind: str) -> None:
    """A day's observations have the declared properties, which the dictionary knows, inside their plausible range."""
    device = _first(register, kind)
    for hour in range(24):
        values = KINDS[kind].observe(world, device, evening_ms + hour * _HOUR_MS)
        assert tuple(values) == KINDS[kind].properties
        for name, value in values.items():
            known = register.dictionary[name]
            assert known.suspect_low is None or value >= known.suspect_low
            assert known.suspect_high is None or value <= known.suspect_high


@pytest.mark.parametrize("kind", KINDS)
def test_encoders_give_strict_json(register: Register, world: Truth, evening_ms: int, kind: str) -> None:
    """Each encoding is JSON without NaN on a topic without wildcards, the same for the same moment."""
    device = _first(register, kind)
    values = KINDS[kind].observe(world, device, evening_ms)
    message = Message(site="x", zone=ZoneInfo("Asia/Shanghai"), device=device, at_ms=evening_ms, values=values)
    for encode in (wangge, *KINDS[kind].encodings.values()):
        topic, payload = encode(message)

        assert not set("+#\0") & set(topic)
        assert (topic, dump(payload)) == (encode(message)[0], dump(encode(message)[1]))
        json.loads(dump(payload), parse_constant=pytest.fail)


_SHOWN = {
    # effect: (attributes of the device, property, at least, at most) twenty minutes after it began
    "road_flooded": ({"place": "road"}, "weather.water_level", 20, 40),
    "underpass_flooded": ({"place": "underpass"}, "weather.water_level", 40, 60),
    "congested": ({"road_class": "branch"}, "traffic.speed", 3, 8),
    "stopped": ({"road_class": "branch"}, "traffic.occupancy", 85, 100),
    "lamp_dark": ({}, "lighting.lamp_failure", 1, 1),
    "undervoltage": ({}, "lighting.voltage", 150, 180),
    "leaking": ({}, "lighting.leakage_current", 300, 600),
    "overfull": ({}, "waste.fill_level", 85, 105),
    "burning": ({}, "waste.temperature", 65, 95),
    "tilted": ({}, "waste.tilt", 60, 80),
}


@pytest.mark.parametrize("effect", EFFECTS)
def test_effect_shows_and_goes(register: Register, evening_ms: int, effect: str) -> None:
    """An incident moves its property into the range above, and the mending takes it out of it again."""
    attributes, name, low, high = _SHOWN[effect]
    device = _first(register, EFFECTS[effect].kind, **attributes)
    incident = Incident(
        id="1", effect=effect, domain=device.domain, category="x", device_id=device.id, cell=device.cell,
        start_ms=evening_ms,
    )  # fmt: skip
    world = Truth(seed=7, zone=ZoneInfo("Asia/Shanghai"), book=Book([incident]))
    observe = KINDS[device.kind].observe

    before, during = observe(world, device, evening_ms - 1), observe(world, device, evening_ms + 1_200_000)
    world.book.mend(device.id, evening_ms + 1_200_000)
    after = observe(world, device, evening_ms + 1_500_000)

    assert not low <= before[name] <= high
    assert low <= during[name] <= high
    assert not low <= after[name] <= high


def test_lamps_burn_by_night_only(register: Register, world: Truth, evening_ms: int) -> None:
    """At half past six in November lamps draw their rated power, at noon nearly none, after midnight half."""
    device = _first(register, "street_light")
    rated_w = float(device.attributes["rated_w"])
    evening, night, noon = (
        KINDS["street_light"].observe(world, device, evening_ms + hours * _HOUR_MS)["lighting.power"]
        for hours in (0, 6, 18)
    )

    assert evening == pytest.approx(rated_w, rel=0.05)
    assert night == pytest.approx(rated_w / 2, rel=0.05)
    assert noon < 1


def test_bin_stays_emptied_after_it_was_mended(register: Register, evening_ms: int) -> None:
    """A bin that a crew emptied does not jump back to where it would have been."""
    device = _first(register, "waste_bin")
    incident = Incident(
        id="1", effect="overfull", domain="waste", category="bin_full", device_id=device.id, cell=device.cell,
        start_ms=evening_ms, fixed_ms=evening_ms + 600_000,
    )  # fmt: skip
    world = Truth(seed=7, zone=ZoneInfo("Asia/Shanghai"), book=Book([incident]))

    assert KINDS["waste_bin"].observe(world, device, evening_ms + 900_000)["waste.fill_level"] < 10
