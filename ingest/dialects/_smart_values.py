"""From an entity of a Smart Data Model to what its attributes say: numbers with their units, words, levels, phases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ingest.dialects._ngsi import Attribute, attribute
from ingest.dialects._smart_models import IF_STATED, MODELS, PHASES, VISIBILITY_M, WORDS
from ingest.errors import Reason, RefusedError, unacceptable
from ingest.model import Device, Quality
from ingest.normalise import number
from ingest.units import conversion

_LEVEL = "weather.water_level"
_CONTRADICTION_CM = 5.0
_GOOD, _UNKNOWN, _SUSPECT = int(Quality.GOOD), int(Quality.UNKNOWN), int(Quality.SUSPECT)


class Measured(msgspec.Struct, frozen=True):
    """What an attribute says; `unit` is None for a count in the period."""

    name: str
    quantity: str
    value: float
    unit: str | None
    observed_at_ms: int | None = None
    quality: int = _GOOD


def measured(model: str, entity: dict[str, Any], device: Device) -> list[Measured]:
    """Return what the attributes of an entity say, in the order of the model."""
    found: list[Measured] = []
    for name, (quantity, usual) in MODELS.get(model, {}).items():
        if name in entity and (one := _number(name, quantity, usual, attribute(entity, name), device)) is not None:
            found.append(one)
    if model == "FloodMonitoring":
        found += _flood(entity, device)
    unstated = list(_if_stated(model, entity, device, found))
    for name, words in WORDS.get(model, {}).items():
        if name not in entity:
            continue
        said = attribute(entity, name)
        for quantity, value in words.get(said.value, ()) if isinstance(said.value, str | bool) else ():
            found.append(Measured(name, quantity, value, "1", said.observed_at_ms))
    if model == "StreetlightControlCabinet":
        stated = {one.quantity for one in found}
        found += (one for one in _phases(entity) if one.quantity not in stated)
    if unstated and not found:
        raise _without_unit(unstated[0], device)
    return found


def _if_stated(model: str, entity: dict[str, Any], device: Device, found: list[Measured]) -> Iterator[str]:
    """Add to `found` what somebody states the unit of, and yield the names of the others."""
    for name, quantity in IF_STATED.get(model, {}).items():
        if name not in entity:
            continue
        said = attribute(entity, name)
        unit = _unit(name, said, device)
        if said.value is not None and unit is None:
            yield name
        elif said.value is not None:
            found.append(Measured(name, quantity, number(said.value, name), unit, said.observed_at_ms))


def _number(name: str, quantity: str, usual: str | None, said: Attribute, device: Device) -> Measured | None:
    """Return what a number says; None where there is none, or a word or truth value that is no measurement."""
    if said.value is None or (name == "precipitation" and isinstance(said.value, bool)):
        return None
    if name == "visibility" and isinstance(said.value, str):
        metres = VISIBILITY_M.get(said.value)
        return None if metres is None else Measured(name, quantity, metres, "m", said.observed_at_ms, _UNKNOWN)
    unit = _unit(name, said, device) or usual
    if name == "intensity" and (unit is None or conversion(unit, "1") is not None):
        unit = None
    return Measured(name, quantity, number(said.value, name), unit, said.observed_at_ms)


def _flood(entity: dict[str, Any], device: Device) -> Iterator[Measured]:
    """Yield the water level: as stated, else the reference level less the distance down to the water."""
    current, reference, distance = (
        attribute(entity, name) for name in ("currentLevel", "referenceLevel", "measuredDistance")
    )
    computed = None
    if reference.value is not None and distance.value is not None and reference.unit == distance.unit:
        computed = number(reference.value, "referenceLevel") - number(distance.value, "measuredDistance")
    if current.value is not None:
        unit, level = _unit("currentLevel", current, device), number(current.value, "currentLevel")
        if unit is None:
            raise _without_unit("currentLevel", device)
        scale = conversion(unit, "cm")
        contradicts = (
            computed is not None
            and scale is not None
            and reference.unit in {None, current.unit}
            and abs(level - computed) * scale.factor > _CONTRADICTION_CM
        )
        quality = _SUSPECT if contradicts else _GOOD
        yield Measured("currentLevel", _LEVEL, level, unit, current.observed_at_ms, quality)
    elif computed is not None:
        unit = _unit("measuredDistance", distance, device) or _unit("currentLevel", distance, device)
        if unit is None:
            raise _without_unit("measuredDistance", device)
        yield Measured("referenceLevel - measuredDistance", _LEVEL, computed, unit, distance.observed_at_ms)


def _phases(entity: dict[str, Any]) -> Iterator[Measured]:
    for name, quantity, usual, together in PHASES:
        phases = [attribute(entity, f"{name}{phase}") for phase in "RST"]
        units = {phase.unit or usual for phase in phases}
        if any(phase.value is None for phase in phases) or len(units) > 1:
            continue
        value = together([number(phase.value, name) for phase in phases])
        yield Measured(name, quantity, value, units.pop(), phases[-1].observed_at_ms)


def _unit(name: str, said: Attribute, device: Device) -> str | None:
    return said.unit or device.attributes.get(f"unit.{name}")


def _without_unit(name: str, device: Device) -> RefusedError:
    mend = f"state unitCode, or set the attribute unit.{name} of device {device.id}"
    return unacceptable(Reason.UNIT, f"{name} has no unit: {mend}")
