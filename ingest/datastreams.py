"""Which series a SensorThings datastream feeds: the attribute `datastream.ID=PROPERTY` of its device says so.

    attributes of a gauge: datastream.42=weather.water_level;unit.datastream.42=m

A bare observation names nothing but its datastream, so the register binds the datastream to a property. Its values are
in the canonical unit of the property then, or in the unit that `unit.datastream.ID` states.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ingest.model import Device

PREFIX = "datastream."


def index(devices: Iterable[Device]) -> dict[str, tuple[Device, str]]:
    """Return device and property by the id of the datastream."""
    return {
        name.removeprefix(PREFIX): (device, value)
        for device in devices
        for name, value in device.attributes.items()
        if name.startswith(PREFIX)
    }


def faults(names: Mapping[str, str], dictionary: Iterable[str], taken: dict[str, str], device_id: str) -> Iterator[str]:
    """Yield what is wrong with the datastreams among attributes; `taken` says whose each one is, and is added to."""
    for name, value in names.items():
        if not name.startswith(PREFIX):
            continue
        if value not in dictionary:
            yield f"attribute {name!r}: {value!r} is not a property of the dictionary"
        if taken.setdefault(name, device_id) != device_id:
            yield f"datastream {name.removeprefix(PREFIX)} belongs to device {taken[name]} already"
