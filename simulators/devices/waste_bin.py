"""A waste bin: fill level, temperature inside, tilt, battery. It fills with the hours and is emptied twice a day.

With `protocol=thethings_v3` it sends LoRaWAN uplinks, which The Things Stack v3 publishes with the decoded payload on
`v3/{site}@ttn/devices/{device_id}/up`::

    {"end_device_ids": {"device_id": "bin-0001", "dev_eui": "02…", "application_ids": {"application_id": …}},
     "received_at": "2026-11-24T10:30:00.000000000Z",
     "uplink_message": {"f_port": 2, "f_cnt": 17, "frm_payload": "…", "decoded_payload": {"fill_level": 41.2, …},
                        "rx_metadata": [{"gateway_ids": {"gateway_id": "gw-001"}, "rssi": -97, "snr": 7.2}], …}}

Counters that are 0 are left out, as the server does.
"""

from __future__ import annotations

import base64
import datetime as dt
import struct
from typing import Any

from ingest.model import Device
from simulators.devices._base import DeviceKind, Message, Payload, Values, rfc3339
from simulators.noise import draw
from simulators.truth import Truth

_EMPTIED_AT = (5.5, 17.5)
_FILL_PER_HOUR = (0.8, 3.6)  # %, so that 12 h give less than 50 %
_MENDED_FILL = 6.0
_PORT = 2


def _observe(truth: Truth, device: Device, at_ms: int) -> Values:
    low, high = _FILL_PER_HOUR
    per_hour = low + (high - low) * truth.own(device, "filling")
    wobble = truth.wobble(device, "fill", at_ms)
    fill = 8 + 6 * truth.own(device, "rest") + per_hour * truth.hours_since(at_ms, _EMPTIED_AT) + 0.8 * wobble
    fill += (88 + 10 * truth.own(device, "heap") - fill) * truth.strength(device, "overfull", at_ms)
    if any(one.effect == "overfull" and one.fixed_ms and one.fixed_ms <= at_ms for one in truth.book.of(device.id)):
        fill = min(fill, _MENDED_FILL + 0.3 * wobble)
    air = 21 + 9 * truth.sunshine(device, at_ms) + truth.common_wobble("warmth", at_ms)
    return {
        "waste.fill_level": round(fill, 1),
        "waste.temperature": round(air + wobble + 46 * truth.strength(device, "burning", at_ms), 1),
        "waste.tilt": round(2 + wobble + 68 * truth.strength(device, "tilted", at_ms), 1),
        "device.battery_voltage": round(3.55 + 0.1 * truth.own(device, "battery"), 2),
    }


def _thethings(message: Message) -> tuple[str, Payload]:
    device, values = message.device, message.values
    counter = message.at_ms // (device.cadence_s * 1000) % 65_536
    time = rfc3339(message.at_ms, dt.UTC).replace("+00:00", "000000Z")
    uplink: dict[str, Any] = {
        "session_key_id": base64.b64encode(f"session-{device.id}".encode()).decode(),
        "f_port": _PORT,
        "frm_payload": base64.b64encode(_bytes(values)).decode(),
        "decoded_payload": {
            "fill_level": values["waste.fill_level"],
            "temperature": values["waste.temperature"],
            "tilt_angle": values["waste.tilt"],
            "battery_voltage": values["device.battery_voltage"],
        },
        "rx_metadata": [
            {
                "gateway_ids": {"gateway_id": device.parent or "gw-000"},
                "rssi": -115 + int(40 * draw(0, device.id, "rssi", counter)),
                "snr": round(-3 + 13 * draw(0, device.id, "snr", counter), 1),
                "uplink_token": base64.b64encode(f"{device.id}/{counter}".encode()).decode(),
            }
        ],
        "settings": {
            "data_rate": {"lora": {"bandwidth": 125000, "spreading_factor": 9}},
            "frequency": "470300000",
        },
        "received_at": time,
        "consumed_airtime": "0.185344s",
    }
    if counter:
        uplink["f_cnt"] = counter
    ids = {
        "device_id": device.id,
        "application_ids": {"application_id": message.site},
        "dev_eui": device.eui or "",
    }
    topic = f"v3/{message.site}@ttn/devices/{device.id}/up"
    return topic, {"end_device_ids": ids, "received_at": time, "uplink_message": uplink}


def _bytes(values: Values) -> bytes:
    """Return the raw uplink: fill ‰, temperature 0.1 Cel, tilt deg, battery mV (big endian)."""
    fill, temperature = values["waste.fill_level"], values["waste.temperature"]
    tilt, battery = values["waste.tilt"], values["device.battery_voltage"]
    return struct.pack(">HhbH", round(fill * 10), round(temperature * 10), round(tilt), round(battery * 1000))


DEVICE = DeviceKind(
    kind="waste_bin",
    properties=("waste.fill_level", "waste.temperature", "waste.tilt", "device.battery_voltage"),
    observe=_observe,
    encodings={"thethings_v3": _thethings},
)
