"""From the distance to a surface to how full a container is, or how high the water stands.

The height comes from the device's attribute `height_cm`: of a bin from its floor to its rim, of a gauge from the ground
(or zero mark) to the sensor. Where the sensor does not sit at the rim, `sensor_offset_cm` says how far above it.

      sensor  ─┬─   ─┬─ sensor_offset_cm            fill level = 100 · (height − (distance − offset)) / height
        rim ┌  │  ┐ ─┴─
            │  ▼  │   distance                      water level = height − (distance − offset)
            │~~~~~│
            │     │   level
            └─────┘
"""

from __future__ import annotations

from collections.abc import Mapping

from ingest.errors import Reason, shown, unacceptable
from ingest.normalise import number
from ingest.profiles.model import Surface

HEIGHT, SENSOR_OFFSET = "height_cm", "sensor_offset_cm"
_EMPTY_MARGIN = -0.1  # the floor of an empty bin may lie a little deeper than its nominal height


def above_floor(measured_cm: float, surface: Surface, attributes: Mapping[str, str]) -> float | None:
    """Return the fill level in percent or the level in cm; None where the register does not say how high it is."""
    height_cm = _length(attributes, HEIGHT)
    if height_cm is None or height_cm <= 0.0:
        return None
    level_cm = measured_cm
    if surface.from_top:
        offset_cm = _length(attributes, SENSOR_OFFSET)
        offset_cm = surface.sensor_offset_cm if offset_cm is None else offset_cm
        level_cm = height_cm - (max(measured_cm, surface.dead_zone_cm) - offset_cm)
    if not surface.as_fraction:
        return number(level_cm, "the level")
    share = level_cm / height_cm
    return 0.0 if _EMPTY_MARGIN <= share < 0.0 else number(100.0 * share, "the fill level")


def _length(attributes: Mapping[str, str], name: str) -> float | None:
    text = attributes.get(name)
    if text is None:
        return None
    try:
        return float(text)
    except ValueError as exc:
        raise unacceptable(Reason.NUMBER, f"attribute {name} of the device is {shown(text)}, not a number") from exc
