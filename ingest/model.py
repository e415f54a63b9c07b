"""The values that travel through ingest: Frame → Observation.

All of them are immutable `msgspec.Struct`s (docs/decisions/0001 has the measurement against frozen dataclasses).
Times are whole milliseconds since 1970-01-01T00:00:00Z; a name that ends in `_ms` says so. Values are `float` in the
canonical UCUM unit of their property. Vocabulary: OGC Observations & Measurements (OGC 10-004r3).
"""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping
from hashlib import blake2b
from typing import TYPE_CHECKING, Protocol

import msgspec

from ingest.checks import Checks

if TYPE_CHECKING:
    from ingest.profiles.model import Profile


class Quality(enum.IntEnum):
    """Quality flag of one observation (QARTOD primary level flags, IOOS 2020)."""

    GOOD = 1
    UNKNOWN = 2
    SUSPECT = 3
    FAIL = 4
    MISSING = 9


class Statistic(enum.StrEnum):
    """What one value of a property stands for.

    `INSTANT` holds at the phenomenon time; `MEAN`, `MAX`, `MIN`, `SUM` and `COUNT` over the period that ends there;
    `TOTAL` is a counter that runs on until something resets it; `STATUS` is 0 for no and 1 for yes.
    """

    INSTANT = "instant"
    MEAN = "mean"
    MAX = "max"
    MIN = "min"
    SUM = "sum"
    COUNT = "count"
    TOTAL = "total"
    STATUS = "status"


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One MQTT message as it arrived.

    `receipt` is what the source needs to acknowledge it (opaque to every stage).
    """

    topic: str
    payload: bytes
    received_at_ms: int
    source: str
    qos: int = 1
    retain: bool = False
    dup: bool = False
    receipt: int = 0


class Property(msgspec.Struct, frozen=True, kw_only=True):
    """An observed property: an entry of the data dictionary.

    `unit` is its canonical UCUM unit; `low`/`high` bound what is physically possible (outside: FAIL),
    `suspect_low`/`suspect_high` what is plausible (outside: SUSPECT); None means not checked. `good_low`/`good_high`
    are derived: inside of them nothing is wrong (the one comparison of the hot path). `resolution` is the smallest
    step that sensors report, in `unit`; `increments` names the property that receives the growth of a total. `checks`
    are the quality tests that look at more than one observation; `looks_back` is derived: there is such a test, or a
    growth to find. `molar_g` is the molar mass of a gas in g/mol.
    """

    name: str
    unit: str
    title_zh: str
    title_en: str
    statistic: Statistic = Statistic.INSTANT
    resolution: float | None = None
    increments: str | None = None
    molar_g: float | None = None
    low: float | None = None
    high: float | None = None
    suspect_low: float | None = None
    suspect_high: float | None = None
    checks: Checks | None = None
    good_low: float = -math.inf
    good_high: float = math.inf
    looks_back: bool = False

    def __post_init__(self) -> None:
        """Derive the bounds that hold both ranges, and whether what came before matters."""
        lows = [bound for bound in (self.low, self.suspect_low) if bound is not None]
        highs = [bound for bound in (self.high, self.suspect_high) if bound is not None]
        msgspec.structs.force_setattr(self, "good_low", max(lows, default=-math.inf))
        msgspec.structs.force_setattr(self, "good_high", min(highs, default=math.inf))
        msgspec.structs.force_setattr(self, "looks_back", self.checks is not None or self.increments is not None)


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A registry entry; `lat`, `lon` are WGS 84 degrees, `cell` a 15-digit unit grid cell code.

    `eui` is the LoRaWAN DevEUI (upper case) where the device has one; `attributes` are free words that rules
    select by (`road_class: arterial`); `datum` is that of the positions which its messages state (`ingest.datum`).
    `cadence_s` is how often it speaks; an assumption where the register does not say so (`cadence_declared`).
    """

    id: str
    domain: str
    kind: str
    cell: str
    lat: float
    lon: float
    cadence_s: int
    parent: str | None = None
    eui: str | None = None
    title: str | None = None
    attributes: dict[str, str] = {}
    datum: str = "WGS84"
    cadence_declared: bool = True


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """The series of one observed property of one device. `id` is `series_id(...)`: stable, 63 bits, never `hash()`."""

    id: int
    device: Device
    property: Property


class Observation(msgspec.Struct, frozen=True, gc=False):
    """One value of one series in canonical unit, with the time it holds for and the time we received it.

    `uplink` is what all deliveries of the LoRaWAN uplink that it came in have in common (`ingest.repeats`); 0 where
    it came in none, or has a time of its own.
    """

    series: Series
    value: float
    phenomenon_time_ms: int
    result_time_ms: int
    quality: int = Quality.GOOD
    uplink: int = 0

    @property
    def device_id(self) -> str:
        """Id of the device that observed."""
        return self.series.device.id

    @property
    def observed_property(self) -> str:
        """Name of the observed property."""
        return self.series.property.name

    @property
    def cell(self) -> str:
        """Unit grid cell of the device."""
        return self.series.device.cell


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why a frame gave no observations: `reason` is a short stable word (also the metric label), `detail` a sentence.

    `stage` is `decode` (the frame could not be read: dead-lettered) or `normalise` (it was read, but something that it
    says cannot be accepted: refused). Either way the frame is kept with its bytes. `device` is the id or EUI that the
    message names and `model` the device model with its firmware (`vendor-model@1.2`), both empty where it names none;
    `dialect` is empty where none knew the frame.
    """

    stage: str
    reason: str
    detail: str
    device: str = ""
    model: str = ""
    dialect: str = ""


class Lookup(Protocol):
    """What a dialect may ask of the device register (implemented by `ingest.devices.Register`)."""

    def device(self, device_id: str) -> Device | None:
        """Return the device with this id, or None."""

    def by_eui(self, eui: str) -> Device | None:
        """Return the device with this LoRaWAN DevEUI (any case), or None."""

    def by_topic(self, topic: str) -> Device | None:
        """Return the device whose topic filter (attribute `topic`) fits this MQTT topic best, or None."""

    def by_datastream(self, datastream: str) -> Series | None:
        """Return the series that a SensorThings datastream feeds (attribute `datastream.ID=PROPERTY`), or None."""

    def series(self, device_id: str, observed_property: str) -> Series | None:
        """Return the series of a known device and a property of the dictionary, or None."""

    def series_of(self, device_id: str) -> Mapping[str, Series] | None:
        """Return the series of a device by property name (`KeyError` outside the dictionary), or None."""

    def property(self, name: str) -> Property | None:
        """Return the dictionary entry, or None."""

    def profile(self, device: Device) -> Profile | None:
        """Return the profile of the model that the device's attribute `model` names, or None."""


def series_id(device_id: str, observed_property: str) -> int:
    """Return the stable 63-bit identity of a series (BLAKE2b of both names; the same in every process)."""
    digest = blake2b(f"{device_id}\0{observed_property}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
