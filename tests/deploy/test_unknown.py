"""What devices that the register lacks have sent says what they are."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from alerts.store import deadletters
from alerts.store.database import migrate, open_database, reading
from alerts.unknown import Value
from alerts.unknown import nameless as nameless_in
from deploy import unknown
from ingest import dictionary
from ingest.devices import Register
from ingest.flow import Letter
from ingest.model import Frame, Refusal
from ingest.topics import discover

NOW_MS = 1_795_516_200_000
REGISTER = Register({}, dictionary.load()[0])
DIALECTS = discover()


@pytest.fixture
def database() -> Iterator[Engine]:
    """Return a case store in memory."""
    engine = open_database("sqlite://")
    migrate(engine)
    yield engine
    engine.dispose()


def keep(database: Engine, topic: str, content: object, at_ms: int) -> None:
    """Keep the dead letter that a frame becomes for a register without devices."""
    frame = Frame(topic, json.dumps(content).encode(), at_ms, "mqtt")
    refusal = DIALECTS.decode(frame, REGISTER)
    assert isinstance(refusal, Refusal)
    with database.begin() as connection:
        deadletters.add(connection, [Letter(frame, refusal)])


def test_listed(database: Engine) -> None:
    """A device is listed with its frames, what would be read of the latest, and what that makes it."""
    for number in range(7):
        at_ms = NOW_MS + number * 600_000
        values = {"waste.fill_level": 40.0 + number, "device.battery_level": 90}
        content = {"device_id": "bin-new", "time": at_ms, "values": values}
        keep(database, "wangge/site/up/bin-new", content, at_ms)
    keep(database, "wangge/site/up", {"device_id": "x", "time": NOW_MS, "values": {"waste.smell": 3}}, NOW_MS)
    observation = {"phenomenonTime": "2026-07-01T08:00:00Z", "result": 3, "Datastream": {"@iot.id": 42}}
    keep(database, "v1.1/Observations", observation, NOW_MS)
    with reading(database) as connection:
        nameless = nameless_in(connection)
        found = unknown.listed(connection, REGISTER, DIALECTS)
        one = unknown.find(connection, REGISTER, DIALECTS, "bin-new")
        nobody = unknown.find(connection, REGISTER, DIALECTS, "bin-old")
        letters = unknown.letters_of(connection, "bin-new")

    assert one == found[0]
    assert (one.device, one.frames, one.dialect, one.topic) == ("bin-new", 7, "wangge_json", "wangge/site/up/bin-new")
    assert (one.domain, one.kind, one.cadence_s, one.eui, one.problem) == ("waste", "waste_bin", 600, None, None)
    assert (one.first_received_at_ms, one.last_received_at_ms) == (NOW_MS, NOW_MS + 6 * 600_000)
    assert one.would_read == (
        Value("waste.fill_level", 46.0, "%"),
        Value("device.battery_level", 90.0, "%"),
    )
    assert len(letters) == 7
    assert nobody is None
    assert (nameless, len(found)) == (1, 2)
    assert (found[1].device, found[1].domain, found[1].kind, found[1].cadence_s) == ("x", None, None, None)
    assert found[1].problem == "property 'waste.smell' is not in the dictionary"


@pytest.mark.parametrize(
    "device, eui",
    [
        ("bin-17", None),
        ("70b3d57ed0000001", "70B3D57ED0000001"),
        ("bin-17 70B3D57ED0000001", "70B3D57ED0000001"),
        ("70B3D57ED0000001 70B3D57ED0000002", None),
        ("", None),
    ],
)
def test_eui_of(device: str, eui: str | None) -> None:
    """A name that is a DevEUI, or holds one, says so."""
    assert unknown.eui_of(device) == eui


@pytest.mark.parametrize(
    "domain, properties, kind",
    [
        ("traffic", ["traffic.speed"], "traffic_detector"),
        ("waste", ["waste.fill_level"], "waste_bin"),
        ("weather", ["weather.temperature", "weather.humidity"], "weather_station"),
        ("weather", ["weather.water_level", "device.battery_voltage"], "water_level_gauge"),
        ("weather", ["weather.water_level", "weather.humidity"], "weather_station"),
        ("lighting", ["lighting.power", "lighting.dimming_level"], "street_light"),
        ("lighting", ["lighting.leakage_current"], "lighting_circuit"),
        ("lighting", ["lighting.voltage_r"], "lighting_cabinet"),
        ("lighting", ["lighting.lamp_on"], "street_light"),
    ],
)
def test_kind_of(domain: str, properties: list[str], kind: str) -> None:
    """The kind follows from what is measured."""
    assert unknown.kind_of(domain, properties) == kind
