"""The device register: which devices the site has, where they stand, and the series that each of them can feed.

It is read from a CSV file with the columns of `COLUMNS`: `cadence_s` is how often the device is expected to speak
(empty: rules learn it, all else assumes `ASSUMED_CADENCE_S`), `parent` the device that feeds or relays it (lamp →
circuit → cabinet, sensor → gateway), `eui` its LoRaWAN DevEUI, `attributes` words to select it by, as
`road_class=arterial;lanes=2`. Empty fields are absent. Some attributes say how to read its messages: `unit.NAME=UNIT`
and `field.NAME=PROPERTY` for a field of a vendor's own, `height_cm=120` of a bin, `topic=city/bins/17/+` for messages
that do not name their device, `datum=WGS84` of the positions that they state, `datastream.ID=PROPERTY` of a
SensorThings server (`datastreams.py`).
`model=VENDOR-MODEL` names the profile of the device (docs/profiles.md).

`lat` and `lon` are in the datum of the site and become WGS 84 here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path

from ingest import datastreams, topic_filters
from ingest.cells import Cells
from ingest.datum import Datum, is_shifted, to_wgs84
from ingest.located import Fault, load_csv
from ingest.model import Device, Property, Series, series_id
from ingest.profiles.fitting import misfits
from ingest.profiles.model import Profile
from ingest.units import is_known

COLUMNS = ("id", "domain", "kind", "title", "cell", "lat", "lon", "cadence_s", "parent", "eui", "attributes")
ASSUMED_CADENCE_S = 300
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
_WORD = re.compile(r"[a-z][a-z0-9_]*")
_EUI = re.compile(r"[0-9A-F]{16}")
_WHOLE_NUMBER = re.compile(r"[0-9]{1,9}")


class _SeriesOfDevice(dict[str, Series]):
    """The series of one device by property name; made when first asked for, `KeyError` outside the dictionary."""

    __slots__ = ("_device", "_dictionary")

    def __init__(self, device: Device, dictionary: Mapping[str, Property]) -> None:
        super().__init__()
        self._device = device
        self._dictionary = dictionary

    def __missing__(self, name: str) -> Series:
        found = self._dictionary[name]
        series = Series(id=series_id(self._device.id, name), device=self._device, property=found)
        self[name] = series
        return series


class Register:
    """The devices of a site (implements `ingest.model.Lookup`).

    `devices` and `table` are plain dictionaries; `table[device_id][property_name]` is a series, and a `KeyError` where
    the site has no such device or the dictionary no such property. `version` tells the contents of the file that it was
    read from from any others; it is empty where there is no file.
    """

    def __init__(
        self,
        devices: Mapping[str, Device],
        dictionary: Mapping[str, Property],
        profiles: Mapping[str, Profile] | None = None,
    ) -> None:
        self.devices = dict(devices)
        self.dictionary = dict(dictionary)
        self.profiles = dict(profiles or {})
        self.version = ""
        self.table = {device.id: _SeriesOfDevice(device, self.dictionary) for device in self.devices.values()}
        self._datastreams: tuple[dict[str, Device], dict[str, tuple[Device, str]]] | None = None  # made when asked for
        self._by_eui = {device.eui: device for device in self.devices.values() if device.eui}
        filters = ((device.attributes["topic"], device) for device in devices.values() if "topic" in device.attributes)
        self._by_topic = topic_filters.DevicesByTopic(filters)

    def take_over(self, other: Register) -> None:
        """Become what another register is, for all who hold this one: what is looked up from now on is the other's.

        Another thread may look up meanwhile: what is found by id last is there first.
        """
        self.dictionary, self.profiles = other.dictionary, other.profiles
        self.table, self._by_eui, self._by_topic = other.table, other._by_eui, other._by_topic
        self.devices, self.version = other.devices, other.version

    def device(self, device_id: str) -> Device | None:
        """Return the device with this id, or None."""
        return self.devices.get(device_id)

    def by_eui(self, eui: str) -> Device | None:
        """Return the device with this LoRaWAN DevEUI (any case), or None."""
        return self._by_eui.get(eui.upper())

    def by_topic(self, topic: str) -> Device | None:
        """Return the device whose topic filter (attribute `topic`) fits this MQTT topic best, or None."""
        return self._by_topic.find(topic)

    def by_datastream(self, datastream: str) -> Series | None:
        """Return the series that a SensorThings datastream feeds (attribute `datastream.ID=PROPERTY`), or None."""
        if self._datastreams is None or self._datastreams[0] is not self.devices:
            self._datastreams = self.devices, datastreams.index(self.devices.values())
        found = self._datastreams[1].get(datastream)
        return self.series(found[0].id, found[1]) if found else None

    def series_of(self, device_id: str) -> Mapping[str, Series] | None:
        """Return the series of a device by property name (`KeyError` outside the dictionary), or None."""
        return self.table.get(device_id)

    def series(self, device_id: str, observed_property: str) -> Series | None:
        """Return the series of a known device and a property of the dictionary, or None."""
        try:
            return self.table[device_id][observed_property]
        except KeyError:
            return None

    def property(self, name: str) -> Property | None:
        """Return the dictionary entry, or None."""
        return self.dictionary.get(name)

    def profile(self, device: Device) -> Profile | None:
        """Return the profile of the model that the device's attribute `model` names (`model@firmware`), or None."""
        model = device.attributes.get("model")
        return self.profiles.get(model.partition("@")[0]) if model is not None else None


def load(
    path: Path,
    dictionary: Mapping[str, Property],
    cells: Cells,
    profiles: Mapping[str, Profile] | None = None,
    *,
    datum: Datum = Datum.WGS84,
) -> tuple[Register, tuple[Fault, ...]]:
    """Read the register; return it with the devices that have no fault, and every fault with its line.

    `profiles` are the device models that the attribute `model` may name (None: names of models are not checked);
    `datum` is what the coordinates of the file are in.
    """
    file = str(path)
    rows, csv_faults = load_csv(path, COLUMNS)
    faults = list(csv_faults)
    domains = {name.partition(".")[0] for name in dictionary} - {"device"}
    devices: dict[str, Device] = {}
    lines: dict[str, int] = {}
    euis: dict[str, str] = {}
    topics: dict[str, str] = {}
    feeds: dict[str, str] = {}
    for line, row in rows:
        messages = [*_row_faults(row, domains, cells, datum), *_attribute_faults(row["attributes"], dictionary)]
        if profiles is not None:
            messages += misfits(row["kind"], {name: value or "" for name, value in _pairs(row["attributes"])}, profiles)
        if row["id"] in lines:
            messages.append(f"id {row['id']!r} stands twice (first on line {lines[row['id']]})")
        eui = row["eui"].upper()
        if eui and eui in euis:
            messages.append(f"eui {eui} belongs to device {euis[eui]} already")
        attributes = {name: value or "" for name, value in _pairs(row["attributes"])}
        messages += datastreams.faults(attributes, dictionary, feeds, row["id"])
        topic = attributes.get("topic", "")
        if topic and topic in topics:
            messages.append(f"topic {topic} belongs to device {topics[topic]} already")
        lines.setdefault(row["id"], line)
        euis.setdefault(eui, row["id"])
        topics.setdefault(topic, row["id"])
        faults += [Fault(file, line, message, row["id"]) for message in messages]
        if not messages:
            devices[row["id"]] = _device(row, datum)
    for device in devices.values():
        message = _parent_fault(device, devices, lines)
        if message:
            faults.append(Fault(file, lines[device.id], message, device.id))
    register = Register(devices, dictionary, profiles)
    register.version = version(path)
    return register, tuple(sorted(faults))


def version(path: Path) -> str:
    """Return a digest of a register's file, empty where it cannot be read."""
    try:
        return blake2b(path.read_bytes(), digest_size=8).hexdigest()
    except OSError:
        return ""


def _row_faults(row: dict[str, str], domains: set[str], cells: Cells, datum: Datum) -> list[str]:
    faults = []
    if not _ID.fullmatch(row["id"]):
        faults.append(f"id {row['id']!r} is not 1 to 64 letters, digits and . _ : - (a letter or digit first)")
    if row["domain"] not in domains:
        faults.append(f"domain {row['domain']!r} is not one of {', '.join(sorted(domains))}")
    if not _WORD.fullmatch(row["kind"]):
        faults.append(f"kind {row['kind']!r} is not a word of small letters, digits and _")
    if row["cell"] not in cells:
        faults.append(f"cell {row['cell']!r} is not a cell of the site")
    faults += _place_faults(row, datum)
    if row["cadence_s"] and (not _WHOLE_NUMBER.fullmatch(row["cadence_s"]) or int(row["cadence_s"]) == 0):
        faults.append(f"cadence_s {row['cadence_s']!r} is not a whole number of seconds above 0")
    if row["eui"] and not _EUI.fullmatch(row["eui"].upper()):
        faults.append(f"eui {row['eui']!r} is not 16 hexadecimal digits")
    return faults


def _place_faults(row: dict[str, str], datum: Datum) -> list[str]:
    faults = []
    for column, bound in (("lat", 90.0), ("lon", 180.0)):
        number = _number(row[column])
        if number is None:
            faults.append(f"{column} {row[column]!r} is not a number")
        elif abs(number) > bound:
            faults.append(f"{column} {row[column]} is outside the world (-{bound:g} to {bound:g} degrees)")
    if not faults and datum in {Datum.GCJ02, Datum.BD09} and not is_shifted(float(row["lat"]), float(row["lon"])):
        faults.append(f"lat {row['lat']}, lon {row['lon']} is outside of China, where {datum} says nothing")
    return faults


def _attribute_faults(text: str, dictionary: Mapping[str, Property]) -> list[str]:
    pairs = _pairs(text)
    faults = [f"attribute {name!r} is not `name=value`" for name, value in pairs if not name or value is None]
    names = [name for name, _ in pairs]
    faults += [f"attribute {name!r} stands twice" for name in sorted({n for n in names if names.count(n) > 1})]
    for name, value in pairs:
        if name.startswith("unit.") and not is_known(value or ""):
            faults.append(f"attribute {name!r}: {value!r} is not a unit")
        if name.startswith("field.") and value not in dictionary and value != "distance":
            faults.append(f"attribute {name!r}: {value!r} is not a property of the dictionary, nor `distance`")
        if name == "height_cm" and not (_number(value or "") or 0.0) > 0.0:
            faults.append(f"attribute {name!r}: {value!r} is not a number above 0")
        if name == "topic" and (reason := topic_filters.fault(value or "")):
            faults.append(f"attribute {name!r}: {value!r} is not a topic filter: {reason}")
        if name == "datum" and value not in list(Datum):
            faults.append(f"attribute {name!r}: {value!r} is not one of {', '.join(Datum)}")
    return faults


def _pairs(text: str) -> list[tuple[str, str | None]]:
    """Return the attributes of a row; the value is None where there is no `=`."""
    parts = (part.partition("=") for part in text.split(";") if part.strip())
    return [(name.strip(), value.strip() if equals else None) for name, equals, value in parts]


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _device(row: dict[str, str], datum: Datum) -> Device:
    place = to_wgs84(float(row["lat"]), float(row["lon"]), datum)
    attributes = {name: value or "" for name, value in _pairs(row["attributes"])}
    return Device(
        id=row["id"],
        domain=row["domain"],
        kind=row["kind"],
        cell=row["cell"],
        lat=place.lat,
        lon=place.lon,
        cadence_s=int(row["cadence_s"] or ASSUMED_CADENCE_S),
        parent=row["parent"] or None,
        eui=row["eui"].upper() or None,
        title=row["title"] or None,
        attributes=attributes,
        datum=attributes.get("datum", datum.value),
        cadence_declared=bool(row["cadence_s"]),
    )


def _parent_fault(device: Device, devices: Mapping[str, Device], lines: Mapping[str, int]) -> str | None:
    """Say what is wrong with the parents of a device; a parent that has faults of its own is not told again."""
    if device.parent and device.parent not in lines:
        return f"parent {device.parent!r} is not a device of the register"
    chain = [device.id]
    ancestor = device.parent
    while ancestor and ancestor in devices:
        chain.append(ancestor)
        if ancestor == device.id:
            return f"is its own ancestor ({' → '.join(chain)})"
        if ancestor in chain[:-1]:
            return None  # the loop lies further up and is told there
        ancestor = devices[ancestor].parent
    return None
