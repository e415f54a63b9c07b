"""Payloads of the largest size, made to cost time, are read or refused at once: no dialect works without bound."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from ingest.dialects._base import MAX_PAYLOAD_BYTES
from ingest.model import Frame, Refusal
from ingest.topics import discover
from tests.ingest.dialects.recorded import RECEIVED_MS, register_of

DEVICES = {"ws-1": {"domain": "weather", "eui": "70B3D57ED0000001", "attributes": {"topic": "city/1/x"}}}
CHIRPSTACK = "application/a/device/70b3d57ed0000001/event/up"
LONGEST_S = 3.0  # of the processor, far above what any of them takes


def event(**decoded: Any) -> str:
    """Return an uplink of ChirpStack with these decoded fields."""
    return json.dumps({"time": "2026-07-01T08:00:00Z", "deviceInfo": {"devEui": "70b3d57ed0000001"}, "object": decoded})


def link(text: str) -> str:
    """Return an observation of SensorThings with this link."""
    said = {"phenomenonTime": "2026-07-01T08:00:00Z", "result": 1, "Datastream@iot.navigationLink": text}
    return json.dumps(said)


def bin_of(**attributes: Any) -> str:
    """Return an entity of the Smart Data Models."""
    return json.dumps({"id": "ws-1", "type": "WeatherObserved", **attributes})


@pytest.mark.parametrize(
    "topic, payload, expected",
    [
        ("senml/x", json.dumps([{"bn": "a" * 400_000, "n": "t"}, *[{"n": "x", "v": 1}] * 20_000]), "shape"),
        ("senml/x", json.dumps([{"bn": "ws-1/", "n": "temperature", "u": "Cel", "v": 1}] + [{"v": 1}] * 60_000), None),
        ("v1.1/Observations", link("Datastreams(" * 60_000), "unknown_device"),
        ("v1.1/" * 13_000, link(""), "unknown_device"),
        (
            "ngsi/x",
            bin_of(temperature=[{"value": 1}] * 30_000, **{f"a{n}": [{"value": 1}] for n in range(20_000)}),
            "time",
        ),
        (
            "ngsi/x",
            bin_of(temperature=[{"value": {"value": 1}}] * 20_000, dateObserved="2026-07-01T08:00:00Z"),
            "number",
        ),
        ("ngsi/x", bin_of(**{"/" * 900_000: 1}), "nothing_known"),
        ("none", '"type":["id",' * 80_000, "unknown_topic"),
        (CHIRPSTACK, event(**{f"x{n}": n for n in range(60_000)}), "nothing_known"),
        (CHIRPSTACK, event(temperature="1" + " " * 900_000 + "x"), "unit"),
        (CHIRPSTACK, event(**{"temperature" + "_1" * 400_000: 1}), "nothing_known"),
        ("wangge/city/up", "[" * MAX_PAYLOAD_BYTES, "too_deep"),
        ("wangge/city/up", "1" * MAX_PAYLOAD_BYTES, "number"),
        ("wangge/city/up", "{}\n" * 300_000, "not_json"),
        ("wangge/city/up", "device_id,time,waste.tilt\n" + "\n" * 900_000, "nothing_known"),
        ("city/1/x", json.dumps({f"k{n}": n for n in range(60_000)}), "nothing_known"),
    ],
)
def test_bounded(topic: str, payload: str, expected: str | None) -> None:
    """A payload that is made to cost time takes little of it, and what comes of it has a name."""
    frame = Frame(topic=topic, payload=payload.encode(), received_at_ms=RECEIVED_MS, source="test")
    register, dialects = register_of(DEVICES), discover()
    begun = time.process_time()
    outcome = dialects.decode(frame, register)
    took_s = time.process_time() - begun

    assert (outcome.reason if isinstance(outcome, Refusal) else None) == expected
    assert took_s < LONGEST_S
