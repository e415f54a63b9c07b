"""What goes wrong in the simulated city: an incident has an effect on one device from a moment until it is mended.

The book of incidents is the truth that a run is scored against. It is the only part of the world that people change:
a crew mends an incident (`mend`), or only says that it did (`note_false_fix`). Everything else follows from the seed.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """How something goes wrong: for which kind of device, and how fast it comes and goes.

    `category` is the case that it should become; empty where it should only raise an alert. No crew comes for an alert,
    so such an effect ends by itself after `lasts_s`.
    """

    kind: str
    category: str
    rise_s: int = 0
    fall_s: int = 0
    lasts_s: int | None = None


EFFECTS = {
    "road_flooded": Effect(kind="water_level_gauge", category="road_flooding", rise_s=120, fall_s=120),
    "underpass_flooded": Effect(kind="water_level_gauge", category="underpass_flooding", rise_s=120, fall_s=120),
    "congested": Effect(kind="traffic_detector", category="traffic_congestion", rise_s=60, fall_s=120),
    "stopped": Effect(kind="traffic_detector", category="traffic_stopped", rise_s=60, fall_s=120),
    "lamp_dark": Effect(kind="street_light", category="lamp_dark"),
    "undervoltage": Effect(kind="lighting_circuit", category="", lasts_s=1_500),
    "leaking": Effect(kind="lighting_circuit", category="lamp_leakage"),
    "overfull": Effect(kind="waste_bin", category="bin_full", rise_s=240),
    "burning": Effect(kind="waste_bin", category="bin_fire", rise_s=60, fall_s=120),
    "tilted": Effect(kind="waste_bin", category="bin_tilted"),
}


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that went wrong; the JSON of the truth file has these fields.

    Times are ms UTC; `fixed_ms` is when it was mended or ended by itself, null while nobody knows.
    """

    id: str
    effect: str
    domain: str
    category: str
    device_id: str
    cell: str
    start_ms: int
    fixed_ms: int | None = None
    false_fixes: int = 0
    false_fixes_planned: int = 0

    def strength(self, at_ms: int) -> float:
        """Return how much of the effect is there: 0 before, rising to 1, back to 0 after it was mended."""
        effect = EFFECTS[self.effect]
        if at_ms < self.start_ms:
            return 0.0
        if self.fixed_ms is None or at_ms < self.fixed_ms:
            return _ramp(at_ms - self.start_ms, effect.rise_s)
        return _ramp(self.fixed_ms - self.start_ms, effect.rise_s) * (1 - _ramp(at_ms - self.fixed_ms, effect.fall_s))


class Book:
    """All incidents of a run, past and to come. Threads may read while one writes: every change is one assignment."""

    def __init__(self, incidents: Iterable[Incident] = ()) -> None:
        self._of_device: dict[str, tuple[Incident, ...]] = {}
        for incident in incidents:
            self.add(incident)

    def add(self, incident: Incident) -> None:
        """Enter an incident."""
        known = self._of_device.get(incident.device_id, ())
        self._of_device[incident.device_id] = (*known, incident)

    def of(self, device_id: str) -> tuple[Incident, ...]:
        """Return the incidents of a device, in the order of entry."""
        return self._of_device.get(device_id, ())

    def open(self, device_id: str, at_ms: int) -> tuple[Incident, ...]:
        """Return the incidents of a device that have begun and are not mended."""
        return tuple(one for one in self.of(device_id) if one.start_ms <= at_ms and one.fixed_ms is None)

    def begun(self, at_ms: int) -> tuple[Incident, ...]:
        """Return every incident that has begun, in order of time."""
        everything = (one for known in tuple(self._of_device.values()) for one in known)
        return tuple(
            sorted((one for one in everything if one.start_ms <= at_ms), key=lambda one: (one.start_ms, one.id))
        )

    def mend(self, device_id: str, at_ms: int) -> int:
        """Mend what is open at a device; return how many incidents that were."""
        changed = self.open(device_id, at_ms)
        self._replace(device_id, {one.id: msgspec.structs.replace(one, fixed_ms=at_ms) for one in changed})
        return len(changed)

    def note_false_fix(self, device_id: str, at_ms: int) -> None:
        """Note that a crew said it had mended what is open at a device, but had not."""
        changed = self.open(device_id, at_ms)
        new = {one.id: msgspec.structs.replace(one, false_fixes=one.false_fixes + 1) for one in changed}
        self._replace(device_id, new)

    def _replace(self, device_id: str, new: dict[str, Incident]) -> None:
        self._of_device[device_id] = tuple(new.get(one.id, one) for one in self.of(device_id))


def write(path: Path, incidents: Iterable[Incident]) -> None:
    """Write a truth file (JSON list), whole or not at all; raises OSError."""
    partial = path.with_name(f"{path.name}.part")
    partial.write_bytes(msgspec.json.format(msgspec.json.encode(list(incidents))) + b"\n")
    partial.replace(path)


def read(path: Path) -> tuple[Incident, ...]:
    """Read a truth file; raises OSError, or ValueError where it is not one."""
    return tuple(msgspec.json.decode(path.read_bytes(), type=list[Incident]))


def _ramp(elapsed_ms: int, whole_s: int) -> float:
    return min(elapsed_ms / (whole_s * 1000), 1.0) if whole_s else 1.0
