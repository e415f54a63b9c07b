"""What a file of this folder exports: `DEVICE = DeviceKind(kind, properties, observe, encodings)`.

`observe` looks at the world and returns property → value in the canonical unit. A device speaks Wangge's own JSON
unless its register entry has `protocol=<key of encodings>`. Encoders are the simulators' own, made from the published
formats and never from `ingest.dialects`, so that a wrong scale on either side shows.

Wangge JSON, topic `wangge/{site}/up/{device_id}` (a batch: `wangge/{site}/up/{gateway}`, an array of these)::

    {"device_id": "tr-0001", "time": "2026-11-24T18:30:00.000+08:00", "values": {"traffic.speed": 42.1}}
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from ingest.model import Device
from simulators.truth import Truth

Values = Mapping[str, float]
Payload = dict[str, Any] | list[Any]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What an encoder needs: the site, the device, its zone, the time of the observation, and the values."""

    site: str
    zone: ZoneInfo
    device: Device
    at_ms: int
    values: Values

    @property
    def time(self) -> str:
        """Return the time as RFC 3339 text with the site's offset."""
        return rfc3339(self.at_ms, self.zone)


Encoder = Callable[[Message], tuple[str, Payload]]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DeviceKind:
    """A kind of simulated device."""

    kind: str
    properties: tuple[str, ...]
    observe: Callable[[Truth, Device, int], Values]
    encodings: Mapping[str, Encoder] = dataclasses.field(default_factory=dict)


def rfc3339(at_ms: int, zone: dt.tzinfo) -> str:
    """Return RFC 3339 text with milliseconds."""
    return dt.datetime.fromtimestamp(at_ms / 1000, zone).isoformat(timespec="milliseconds")


def wangge_entry(message: Message) -> dict[str, Any]:
    """Return one observation object of Wangge's JSON; every second device writes its time as epoch milliseconds."""
    odd = message.device.id[-1:] in "13579"
    return {
        "device_id": message.device.id,
        "time": message.at_ms if odd else message.time,
        "values": dict(message.values),
    }


def wangge(message: Message) -> tuple[str, Payload]:
    """Encode one device's values as Wangge JSON."""
    return f"wangge/{message.site}/up/{message.device.id}", wangge_entry(message)


def dump(payload: Payload) -> bytes:
    """Return compact UTF-8 JSON."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
