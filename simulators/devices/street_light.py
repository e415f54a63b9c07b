"""A street lamp with its own controller: power, voltage, current, power factor, dimming level and failure flag.

With `protocol=ngsi_ld` or `ngsi_v2` it speaks the Smart Data Models entity Streetlight, topic
`ngsi/{site}/Streetlight/{device_id}` (NGSI-LD normalised, or NGSI-v2 key-values without the `{type, value}` pairs)::

    {"id": "urn:ngsi-ld:Streetlight:lamp-00016", "type": "Streetlight",
     "status": {"type": "Property", "value": "ok", "observedAt": "2026-11-24T10:30:00.000Z"},
     "powerConsumption": {"type": "Property", "value": 117.2, "unitCode": "WTT", "observedAt": …}, …}
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from ingest.model import Device
from simulators.devices._base import DeviceKind, Message, Payload, Values, rfc3339
from simulators.truth import Truth

_POWER_FACTOR = 0.95
_STANDBY_W = 0.6
_LATE_HOUR, _EARLY_HOUR, _LATE_DIMMING = 23.5, 5.5, 50.0
_CONTEXT = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld"
_UNITS = {
    "powerConsumption": "WTT",
    "voltage": "VLT",
    "current": "AMP",
    "powerFactor": "C62",
    "illuminanceLevel": "C62",
}


def dimming(truth: Truth, device: Device, at_ms: int) -> float:
    """Return the commanded dimming level in %: 0 by day, 100 in the evening, half in the small hours."""
    if not truth.is_dark(device, at_ms):
        return 0.0
    hour = truth.hour(at_ms)
    return _LATE_DIMMING if hour >= _LATE_HOUR or hour < _EARLY_HOUR else 100.0


def _observe(truth: Truth, device: Device, at_ms: int) -> Values:
    level = dimming(truth, device, at_ms)
    dark = truth.strength(device, "lamp_dark", at_ms) > 0
    voltage = 228 + 3 * truth.wobble(device, "voltage", at_ms, 1_800)
    rated_w = float(device.attributes.get("rated_w", "120"))
    power = _STANDBY_W
    if level and not dark:
        power = rated_w * level / 100 * (0.98 + 0.02 * truth.wobble(device, "power", at_ms))
    return {
        "lighting.power": round(power, 1),
        "lighting.voltage": round(voltage, 1),
        "lighting.current": round(power / voltage / _POWER_FACTOR, 3),
        "lighting.power_factor": _POWER_FACTOR,
        "lighting.dimming_level": level,
        "lighting.lamp_failure": float(dark),
    }


def _attributes(message: Message) -> dict[str, str | float]:
    values = message.values
    failed = bool(values["lighting.lamp_failure"])
    return {
        "status": "defectiveLamp" if failed else "ok",
        "powerState": "on" if values["lighting.dimming_level"] and not failed else "off",
        "powerConsumption": values["lighting.power"],
        "voltage": values["lighting.voltage"],
        "current": values["lighting.current"],
        "powerFactor": values["lighting.power_factor"],
        "illuminanceLevel": values["lighting.dimming_level"] / 100,
        "controllingMethod": "individual",
    }


def _entity(message: Message) -> dict[str, Any]:
    return {"id": f"urn:ngsi-ld:Streetlight:{message.device.id}", "type": "Streetlight"}


def _topic(message: Message) -> str:
    return f"ngsi/{message.site}/Streetlight/{message.device.id}"


def _place(message: Message) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [message.device.lon, message.device.lat]}


def _ngsi_ld(message: Message) -> tuple[str, Payload]:
    observed_at = rfc3339(message.at_ms, dt.UTC).replace("+00:00", "Z")
    entity = _entity(message)
    for name, value in _attributes(message).items():
        entity[name] = {"type": "Property", "value": value, "observedAt": observed_at}
        if name in _UNITS:
            entity[name]["unitCode"] = _UNITS[name]
    entity["location"] = {"type": "GeoProperty", "value": _place(message)}
    entity["@context"] = [_CONTEXT]
    return _topic(message), entity


def _ngsi_v2(message: Message) -> tuple[str, Payload]:
    return _topic(message), {
        **_entity(message),
        **_attributes(message),
        "location": _place(message),
        "dateObserved": message.time,
    }


DEVICE = DeviceKind(
    kind="street_light",
    properties=(
        "lighting.power",
        "lighting.voltage",
        "lighting.current",
        "lighting.power_factor",
        "lighting.dimming_level",
        "lighting.lamp_failure",
    ),
    observe=_observe,
    encodings={"ngsi_ld": _ngsi_ld, "ngsi_v2": _ngsi_v2},
)
