"""What both network servers' dialects share: profiles, identity, and whom a refusal is about."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from ingest.dialects import _uplink
from ingest.errors import RefusedError
from ingest.model import Frame, Observation, Refusal
from ingest.profiles import loading
from ingest.topics import discover
from tests.ingest.dialects.recorded import DICTIONARY, RECEIVED_MS, register_of

MODEL = "bosch-tps110-0392"
EUI = "70B3D57ED0000001"
PROFILES, _ = loading.load([loading.SHIPPED], DICTIONARY)
SIGNAL = [("device.rssi", -80.0), ("device.snr", 7.5), ("device.gateways", 1.0)]


def the_things_stack(**changes: Any) -> Frame:
    """Return an uplink over The Things Stack."""
    heard = [{"gateway_ids": {"gateway_id": "gw-1"}, "rssi": -80, "snr": 7.5}]
    uplink = {"received_at": "2026-07-01T08:00:00.5Z", "f_cnt": 9, "rx_metadata": heard, **changes}
    ids = {"device_id": "park-1", "dev_eui": EUI, "dev_addr": "00BC0000"}
    payload = {"end_device_ids": ids, "uplink_message": uplink}
    return Frame("v3/parking@city/devices/park-1/up", json.dumps(payload).encode(), RECEIVED_MS, "test")


def chirpstack(tags: dict[str, str] | None = None, **changes: Any) -> Frame:
    """Return the same uplink over ChirpStack."""
    known = {"deviceProfileName": "parking", "deviceName": "Park 1", "devEui": EUI.lower(), "tags": tags or {}}
    heard = [{"gatewayId": "0016c001f153a14c", "rssi": -80, "snr": 7.5}]
    event = {"deviceInfo": known, "time": "2026-07-01T08:00:00.4+00:00", "devAddr": "00bc0000", "rxInfo": heard}
    payload = {**event, "fCnt": 9, **changes}
    topic = f"application/1/device/{EUI.lower()}/event/up"
    return Frame(topic, json.dumps(payload).encode(), RECEIVED_MS, "test")


def decoded(frame: Frame, model: str | None = MODEL, **devices: Any) -> tuple[Observation, ...] | Refusal:
    """Return what comes of a frame for a parking sensor of a model."""
    attributes = {} if model is None else {"model": model}
    register = register_of(devices or {"park": {"domain": "traffic", "eui": EUI, "attributes": attributes}})
    register.profiles.update(PROFILES)
    return discover().decode(frame, register)


def said(outcome: tuple[Observation, ...] | Refusal) -> list[tuple[str, float]]:
    """Return properties and values."""
    assert not isinstance(outcome, Refusal), outcome
    return [(one.observed_property, one.value) for one in outcome]


@pytest.mark.parametrize(
    "frame",
    [
        the_things_stack(f_port=1, frm_payload="AQ==", decoded_payload={"occupied": True}),
        the_things_stack(f_port=1, frm_payload="AQ=="),
        chirpstack(fPort=1, data="AQ==", object={"occupied": True}),
        chirpstack(fPort=1, data="AQ=="),
        chirpstack(fPort=1, data="AQ==", object=None),
    ],
    ids=["decoded by TTS", "bytes by TTS", "decoded by ChirpStack", "bytes by ChirpStack", "null by ChirpStack"],
)
def test_profile(frame: Frame) -> None:
    """A device that names its model is read by the model's profile: the decoded object, or else the bytes."""
    outcome = decoded(frame)

    assert said(outcome) == [("traffic.parking_occupied", 1.0), *SIGNAL]
    assert not isinstance(outcome, Refusal)
    assert len({one.uplink for one in outcome}) == 1
    assert outcome[0].uplink != 0


def test_zero_bytes_and_port() -> None:
    """A payload of nothing on port 0 measures the signal alone, with or without a profile."""
    assert said(decoded(the_things_stack())) == SIGNAL
    assert said(decoded(chirpstack(), None)) == SIGNAL


def test_normalized_only() -> None:
    """A message with nothing but a normalized payload is read by its names, also where there is a profile."""
    frame = the_things_stack(f_port=1, frm_payload="AQ==", normalized_payload=[{"air": {"temperature": 21.5}}])

    assert said(decoded(frame, MODEL, park={"domain": "weather", "eui": EUI, "attributes": {"model": MODEL}})) == [
        ("weather.temperature", 21.5),
        *SIGNAL,
    ]


def test_own_time_is_no_repeat() -> None:
    """What has a time of its own within an uplink is known by that time alone."""
    battery = {"value": 50, "received_at": "2026-06-30T08:00:00Z"}
    outcome = decoded(the_things_stack(last_battery_percentage=battery))

    assert not isinstance(outcome, Refusal)
    assert [(one.observed_property, bool(one.uplink)) for one in outcome if "rssi" in one.observed_property] == [
        ("device.rssi", True)
    ]
    assert [bool(one.uplink) for one in outcome if one.observed_property == "device.battery_level"] == [False]


def test_deduplication_id() -> None:
    """Without a DevAddr ChirpStack's deduplicationId tells uplinks apart; without either there is no identity."""
    outcomes = [decoded(chirpstack(devAddr="", deduplicationId=one)) for one in ("a", "b", "a", "")]
    first, second, again, none = (one[0].uplink for one in outcomes if not isinstance(one, Refusal))

    assert first == again
    assert first != second
    assert none == 0


def test_neither_counter_nor_bytes() -> None:
    """A message that somebody has stripped down to what is decoded tells no uplink from the next."""
    outcome = decoded(the_things_stack(f_cnt=0, decoded_payload={"speed": 50}), None)

    assert not isinstance(outcome, Refusal)
    assert {one.uplink for one in outcome} == {0}


VERSION = {"brand_id": "acme", "model_id": "park", "firmware_version": "1.2"}


@pytest.mark.parametrize(
    "frame, attributes, expected",
    [
        (the_things_stack(decoded_payload={"speed": "x"}, version_ids=VERSION), {}, ("park", "acme-park@1.2")),
        (the_things_stack(decoded_payload={"speed": "x"}), {}, ("park", "")),
        (the_things_stack(decoded_payload={"speed": "x"}, version_ids=VERSION), {"model": "m"}, ("park", "m@1.2")),
        (chirpstack(object={"speed": "x"}), {}, ("park", "parking")),
        (chirpstack({"model": "acme-park", "firmware": "1.2"}, object={"speed": "x"}), {}, ("park", "acme-park@1.2")),
        (chirpstack({"firmware": "1.2"}, object={"speed": "x"}), {"model": "m"}, ("park", "m@1.2")),
        (chirpstack(data="AQ==", fPort=99), {"model": MODEL}, ("park", MODEL)),
    ],
)
def test_refusal_names_device_and_model(frame: Frame, attributes: dict[str, str], expected: tuple[str, str]) -> None:
    """A refusal says which device it is about, and its model with the firmware, as far as it is known."""
    outcome = decoded(frame, None, park={"domain": "traffic", "eui": EUI, "attributes": attributes})

    assert isinstance(outcome, Refusal)
    assert (outcome.device, outcome.model) == expected


@pytest.mark.parametrize("frame", [the_things_stack(version_ids=VERSION), chirpstack({"model": "acme-park"})])
def test_unknown_device(frame: Frame) -> None:
    """A device that the register lacks is named by its DevEUI, alike over both networks, and by its model."""
    outcome = decoded(frame, None, other={"domain": "traffic"})

    assert isinstance(outcome, Refusal)
    assert (outcome.reason, outcome.device) == ("unknown_device", EUI)
    assert outcome.model.startswith("acme-park")


def test_long_names_are_cut() -> None:
    """What a message calls itself is kept with the refusal, but not without bound."""
    outcome = decoded(chirpstack({"model": "m" * 1000}), None, other={"domain": "traffic"})

    assert isinstance(outcome, Refusal)
    assert outcome.model == "m" * 100


@pytest.mark.parametrize("frame", [the_things_stack(), chirpstack()])
def test_found_by_topic(frame: Frame) -> None:
    """A device that the register knows neither by DevEUI nor by id is found by its topic filter."""
    outcome = decoded(frame, None, park={"domain": "traffic", "attributes": {"topic": frame.topic}})

    assert said(outcome) == SIGNAL


def test_read_finds_the_reason() -> None:
    """What the typed decoder refuses is read again to say why: shape, encoding, size."""
    decoder = msgspec.json.Decoder(_uplink.Place)
    reasons = []
    for payload in (b'{"latitude": "x"}', b"\xff", b"{", b'{"latitude": 1' + b"0" * 400 + b"}", b" " * 2_000_000):
        with pytest.raises(RefusedError) as caught:
            _uplink.read(payload, decoder, "a place")
        reasons.append(caught.value.refusal.reason)

    assert reasons == ["shape", "not_json", "not_json", "shape", "too_large"]
