"""What frames look like, by the hour: a few frames of every epoch are looked at, and counted by dialect and model.

Counted are frames and how many of them were refused (without a property), and for each property the frames that had it
and some of its values. So that memory stays bounded whatever arrives, an hour has at most `MAX_KEYS` keys, and a key at
most `MAX_VALUES` values: when they are full, every second one is kept and only every second later one is taken.

`model` is what the register calls the device's model (attribute `model`), else its kind; for a device that the register
does not have, what the message calls its model. Firmware is no part of the key, else the first frame of a new one
would have nothing to be compared with: it is counted beside (`@1.2` among the reasons). `ingest.drift_alarms` judges.
"""

from __future__ import annotations

import array
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import msgspec

from ingest.firmware import firmware_of
from ingest.model import Device, Frame, Lookup, Observation, Refusal

HOUR_MS = 3_600_000
MAX_KEYS = 4_000
MAX_VALUES = 64
FEW = 8  # values, or frames, that an hour must have to be compared with
_FIRMWARE_MARK = "@"
_REASONS = 4

Outcome = tuple[Observation, ...] | Refusal


class Key(NamedTuple):
    """What is counted; `observed_property` is empty for the frames themselves."""

    dialect: str
    model: str
    observed_property: str = ""


class Look(msgspec.Struct, frozen=True, array_like=True):
    """One frame that was looked at: its values by property, or why it was refused (`reason`); its firmware."""

    dialect: str
    model: str
    values: dict[str, float]
    reason: str = ""
    firmware: str = ""


class Spread(NamedTuple):
    """Values of one hour: the lowest and the highest tenth begin there, and half lie below the median."""

    low: float
    median: float
    high: float


class Tally(msgspec.Struct):
    """What was counted of a key: frames that had it (or were there at all), frames refused, some values, reasons.

    `reasons` counts refused frames by `reason@firmware`, and others by `@firmware`, of frames that name one.
    """

    seen: int = 0
    refused: int = 0
    values: list[float] = []
    reasons: dict[str, int] = {}
    stride: int = 1
    skipped: int = 0
    _spread: tuple[int, Spread | None] = (0, None)

    def add(self, value: float) -> None:
        """Count a value; keep it or not."""
        self.seen += 1
        self.skipped += 1
        if self.skipped >= self.stride:
            self.skipped = 0
            self.values.append(value)
            if len(self.values) >= MAX_VALUES:
                del self.values[1::2]
                self.stride *= 2

    def spread(self) -> Spread | None:
        """Return the spread of the values; None where they are too few."""
        if self._spread[0] != self.seen:
            self._spread = self.seen, spread_of(self.values)
        return self._spread[1]

    def pack(self) -> bytes:
        """Return values and reasons as bytes."""
        return msgspec.msgpack.encode((array.array("f", map(_bounded, self.values)).tobytes(), self.reasons))


def spread_of(values: Iterable[float]) -> Spread | None:
    """Return the spread of values; None where they are too few."""
    ordered = sorted(values)
    last = len(ordered) - 1
    if last + 1 < FEW:
        return None
    return Spread(ordered[round(last * 0.1)], ordered[round(last * 0.5)], ordered[round(last * 0.9)])


class Hour:
    """The tallies of one hour. Used from one thread."""

    def __init__(self, hour_ms: int, tallies: dict[Key, Tally] | None = None) -> None:
        self.hour_ms = hour_ms
        self.tallies = tallies or {}
        self.changed: set[Key] = set()

    def add(self, looks: Iterable[Look]) -> None:
        """Count frames that were looked at."""
        for look in looks:
            frames = self._tally(Key(look.dialect, look.model))
            if frames is None:
                continue
            frames.seen += 1
            if look.reason:
                frames.refused += 1
            if look.reason or look.firmware:
                _count(frames.reasons, look.reason, look.firmware)
            for name, value in look.values.items():
                tally = self._tally(Key(look.dialect, look.model, name))
                if tally is not None:
                    tally.add(value)

    def _tally(self, key: Key) -> Tally | None:
        tally = self.tallies.get(key)
        if tally is None:
            if len(self.tallies) >= MAX_KEYS:
                return None
            tally = self.tallies[key] = Tally()
        self.changed.add(key)
        return tally


def firmwares(reasons: Mapping[str, int]) -> dict[str, int]:
    """Return how many frames that were not refused each firmware sent, by `@firmware`."""
    return {said: number for said, number in reasons.items() if said.startswith(_FIRMWARE_MARK)}


def _count(reasons: dict[str, int], reason: str, firmware: str) -> None:
    said = f"{reason}{_FIRMWARE_MARK}{firmware}" if firmware else reason
    if said not in reasons:
        ours = firmwares(reasons)
        if (len(reasons) - len(ours) if reason else len(ours)) >= _REASONS:
            return
    reasons[said] = reasons.get(said, 0) + 1


def unpack(seen: int, refused: int, packed: bytes) -> Tally:
    """Return the tally that was packed; raises msgspec.MsgspecError or ValueError for other bytes."""
    sample, reasons = msgspec.msgpack.decode(packed, type=tuple[bytes, dict[str, int]])
    values = array.array("f")
    values.frombytes(sample)
    stride = max(1, seen // max(1, len(values)))
    return Tally(seen=seen, refused=refused, values=list(values), reasons=reasons, stride=stride)


class Looker:
    """Looks at frames and what they gave. `dialect_of` tells the name of the dialect of a frame that was read."""

    def __init__(self, lookup: Lookup, dialect_of: Callable[[Frame, Lookup], str]) -> None:
        self._lookup, self._dialect_of = lookup, dialect_of

    def __call__(self, frame: Frame, outcome: Outcome) -> Look:
        """Return what a frame looks like; of a batch, what it says of its first device."""
        if isinstance(outcome, Refusal):
            device = self._device(outcome.device)
            model, _, firmware = outcome.model.partition(_FIRMWARE_MARK)
            said = model_of(device) if device else _named(model, 128)
            return Look(outcome.dialect, said, {}, outcome.reason, _named(firmware, 32))
        if not outcome:
            return Look(self._dialect_of(frame, self._lookup), "", {})
        device = outcome[0].series.device
        values: dict[str, float] = {}
        for one in outcome:
            if one.series.device is device:
                values.setdefault(one.series.property.name, one.value)
        dialect = self._dialect_of(frame, self._lookup)
        return Look(dialect, model_of(device), values, firmware=_named(firmware_of(frame.payload, device), 32))

    def _device(self, name: str) -> Device | None:
        return (self._lookup.device(name) or self._lookup.by_eui(name)) if name else None


def model_of(device: Device) -> str:
    """Return what the register calls the model of a device, else its kind."""
    return device.attributes.get("model", device.kind)


def _named(text: str, length: int) -> str:
    """Return a name that the outside gave as it can be kept: bounded, and without halves of surrogate pairs."""
    return text[:length].encode("utf-8", "backslashreplace").decode()[:length]


def _bounded(value: float) -> float:
    return min(max(value, -3e38), 3e38)  # what 32 bits hold
