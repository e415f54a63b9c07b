"""Real messages of vendors and network servers give observations or a named refusal."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ingest.model import Observation, Refusal
from tests.ingest.dialects.real import outcome_of, values

pytestmark = pytest.mark.corpora

# what a register would say about these vendors' fields
VENDORS: dict[str, dict[str, str]] = {
    "teneo-iot-filling-degree-sensor": {"unit.battery": "V", "unit.distance": "cm", "height_cm": "200"},
    "netvox-r718x": {"unit.Distance": "mm"},
    "elsys-elt-ultrasonic": {"unit.distance": "mm", "height_cm": "900"},
    "decentlab-dl-mbx": {"height_cm": "200"},
    "dingtek-df702": {"field.level": "distance", "height_cm": "200"},
    "noah-trashbin-sensor": {"unit.level": "%"},
    "milesight-iot-am107": {"unit.battery": "%"},
    "sensecap-sensecap2120-8-in-1": {"unit.battery": "%"},
    "uradmonitor-uradmonitor-model-a3": {"unit.pressure": "Pa"},
}


def uplinks(corpora: Path) -> list[dict[str, Any]]:
    """Return the lines of the network servers' uplinks."""
    text = (corpora / "ttn-lorawan-devices" / "network-uplinks.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def device_of(line: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the id that the network gives a device, and what a register would say of it."""
    payload = line["payload"]
    ids = payload.get("end_device_ids") or payload["deviceInfo"]
    device_id, eui = (ids.get("device_id") or ids["deviceName"]), (ids.get("dev_eui") or ids["devEui"]).upper()
    domain = "weather" if line["domain"] == "air" else line["domain"]
    return device_id, {"domain": domain, "eui": eui, "attributes": VENDORS.get(device_id, {})}


def outcome_of_line(line: dict[str, Any]) -> tuple[Observation, ...] | Refusal:
    """Return what comes of an uplink of a device that the register knows by its DevEUI only."""
    _, device = device_of(line)
    return outcome_of(line["topic"], json.dumps(line["payload"], ensure_ascii=False).encode(), {"known": device})


@pytest.mark.parametrize("network", ["tts-v3", "chirpstack-v4"])
def test_vendor_uplinks(corpora: Path, network: str) -> None:
    """Every vendor's uplink is read over either network, and bins, weather and air stations measure something."""
    measured: Counter[str] = Counter()
    lines = [line for line in uplinks(corpora) if line["network"] == network]
    for line in lines:
        found = values(outcome_of_line(line))
        measured[line["domain"]] += any(not name.startswith("device.") for name in found)
        assert {"device.rssi", "device.snr", "device.gateways"} <= set(found)

    assert len(lines) == 102
    assert measured["waste"] >= 13
    assert measured["weather"] >= 5
    assert measured["air"] >= 10


def test_networks_agree(corpora: Path) -> None:
    """The same example gives the same observations over both networks, known again as one uplink."""
    lines = uplinks(corpora)
    seen: list[int] = []
    for one, other in zip(lines[0::2], lines[1::2], strict=True):
        first, second = outcome_of_line(one), outcome_of_line(other)
        assert (one["network"], other["network"]) == ("tts-v3", "chirpstack-v4")
        assert values(first) == values(second)
        assert not isinstance(first, Refusal)
        assert not isinstance(second, Refusal)
        assert [(o.series.id, o.uplink) for o in first] == [(o.series.id, o.uplink) for o in second]
        assert first[0].phenomenon_time_ms != second[0].phenomenon_time_ms
        seen.append(first[0].uplink)

    assert len(set(seen)) == len(lines) // 2


def test_unknown_devices_are_named(corpora: Path) -> None:
    """Where the register is empty, each refusal names the device by its DevEUI, alike over both networks."""
    for line in uplinks(corpora):
        outcome = outcome_of(line["topic"], json.dumps(line["payload"], ensure_ascii=False).encode(), {})
        device_id, device = device_of(line)

        assert isinstance(outcome, Refusal)
        assert (outcome.reason, outcome.device) == ("unknown_device", device["eui"])
        assert outcome.model == ("" if line["network"] == "tts-v3" else device_id)


@pytest.mark.parametrize(
    "codec, number, expected",
    [
        ("decentlab/dl-atm41", 0, {"weather.pressure": 959.6, "weather.wind_speed": 0.09, "weather.humidity": 52.4}),
        ("decentlab/dl-pm", 0, {"weather.pressure": 968.0, "weather.pm2_5": 3.9}),
        ("decentlab/dl-tbrg-01", 0, {"weather.rain_increment": 0.4}),
        ("decentlab/dl-mbx", 0, {"waste.fill_level": 38.3}),
        ("dingtek/df702", 0, {"waste.fill_level": 0.0, "waste.temperature": 25.0, "waste.tilt": 0.0}),
        ("netvox/r718x", 1, {"waste.fill_level": 50.0, "waste.temperature": 26.3, "device.battery_voltage": 3.6}),
        ("teneo-iot/filling-degree", 2, {"waste.fill_level": 40.0, "waste.temperature": 18.75}),
        ("teneo-iot/filling-degree", 3, {"device.battery_voltage": 3.3}),
        ("uradmonitor/uradmonitor-model-a3", 0, {"weather.pressure": 1021.15, "weather.pm10": 11.0}),
        ("sensecap/sensecap2120", 1, {"weather.temperature": 21.4, "weather.humidity": 31.4}),
    ],
)
def test_vendor_values(corpora: Path, codec: str, number: int, expected: dict[str, float]) -> None:
    """What a vendor's decoder gives arrives in canonical units."""
    lines = [line for line in uplinks(corpora) if line["network"] == "tts-v3" and codec in line["codec"]]
    line = lines[number]
    device_id = line["payload"]["end_device_ids"]["device_id"]
    domain = "weather" if line["domain"] == "air" else line["domain"]
    device = {"domain": domain, "attributes": VENDORS.get(device_id, {})}
    found = values(outcome_of(line["topic"], json.dumps(line["payload"]).encode(), {device_id: device}))

    assert {name: found.get(name) for name in expected} == pytest.approx(expected)
    if len(expected) == 1:
        assert [name for name in found if not name.startswith("device.")] in ([*expected], [])


def test_the_things_stack_documents(corpora: Path) -> None:
    """Every document of The Things Stack gives observations or a named refusal, and its uplinks are measured."""
    devices = {name: {"domain": "weather"} for name in ("dev1", "my-motion-sensor-1", "eui-70b3d52dd600035a")}
    files = sorted((corpora / "thethingsstack-v3").glob("*.json"))
    found = {file.stem: outcome_of("v3/app1@city/devices/dev1/up", file.read_bytes(), devices) for file in files}
    refused = Counter(outcome.reason for outcome in found.values() if isinstance(outcome, Refusal))

    assert len(files) > 25
    assert set(refused) <= {"not_measured", "nothing_known", "shape", "time"}
    assert values(found["integrations__data-formats__04"]) == {
        "weather.temperature": 1.0,
        "weather.illuminance": 0.64,
        "device.rssi": -35.0,
        "device.snr": 5.0,
        "device.gateways": 1.0,
    }
    assert values(found["integrations__cloud-integrations__ubidots__01"])["weather.humidity"] == 44.0
    assert found["integrations__data-formats__03"] == Refusal(
        stage="normalise",
        reason="not_measured",
        detail="the uplink was simulated in the console of the network server",
        device="dev1",
        model="the-things-products-the-things-uno@quickstart",
        dialect="the_things_stack",
    )
    assert found["integrations__data-formats__02"] == Refusal(
        stage="normalise",
        reason="not_measured",
        detail="join_accept: the device joined the network, nothing was measured",
        device="dev1",
        dialect="the_things_stack",
    )


@pytest.mark.parametrize(
    "event, expected",
    [
        ("up", {"device.rssi": -36.0, "device.snr": 10.5, "device.gateways": 1.0}),
        ("status", {"device.battery_level": 88.3, "device.external_power": 0.0, "device.link_margin": 10.0}),
        ("location", {"device.position_offset": 10_640_879.0}),
        ("join", "join: the device joined the network, nothing was measured"),
        ("ack", "ack: the device acknowledged a downlink, nothing was measured"),
        ("txack", "txack: gateway '0016c001f153a14c' took a downlink to send, nothing was measured"),
        (
            "log",
            "log: an entry of level 'ERROR', code 'UPLINK_MIC': 'MIC of join-request is invalid",
        ),
        ("integration", "integration: the integration 'loracloud' said 'modem_UplinkResponse', nothing was measured"),
    ],
)
@pytest.mark.parametrize("by_topic", [True, False], ids=["topic", "payload"])
def test_chirpstack_documents(corpora: Path, event: str, expected: dict[str, float] | str, *, by_topic: bool) -> None:
    """Each event of ChirpStack's documentation is read or refused by name, whether or not its topic says what it is."""
    payload = (corpora / "chirpstack-v4" / f"event-{event}.json").read_bytes()
    eui = json.loads(payload)["deviceInfo"]["devEui"].upper()
    topic = f"application/1/device/{eui}/event/{event}" if by_topic else "some/bridge"
    outcome = outcome_of(topic, payload, {"known": {"domain": "waste", "eui": eui}})

    if isinstance(expected, dict):
        assert values(outcome) == pytest.approx(expected, rel=1e-3)
        return
    assert isinstance(outcome, Refusal)
    assert (outcome.stage, outcome.reason) == ("normalise", "not_measured")
    assert outcome.detail.startswith(expected)
    assert (outcome.device, outcome.model) == ("known", "Test device-profile")
