"""What devices say on topics of their own is read by the register, and other dialects keep their messages."""

from __future__ import annotations

from pathlib import Path

from ingest.devices import Register
from ingest.model import Frame, Refusal
from ingest.profiles import loading
from ingest.topics import discover
from tests.ingest.dialects.recorded import DICTIONARY, RECEIVED_MS, register_of

DIALECTS = discover()
REGISTER = register_of({"bin-17": {"domain": "waste", "attributes": {"topic": "city/bins/17/+"}}})


def frame(topic: str, payload: bytes) -> Frame:
    """Return a frame."""
    return Frame(topic=topic, payload=payload, received_at_ms=RECEIVED_MS, source="test")


def test_topic_of_nobody() -> None:
    """A topic that fits no device is unknown, whatever is said on it."""
    outcome = DIALECTS.decode(frame("city/bins/18/fill_level", b"81"), REGISTER)

    assert isinstance(outcome, Refusal)
    assert (outcome.reason, outcome.dialect) == ("unknown_topic", "")


def test_marks_of_another_dialect_come_first() -> None:
    """A message with the marks of another dialect is read by that one, also on a topic of the register."""
    pack = b'[{"bn": "bin-17/", "n": "waste.fill_level", "u": "%", "v": 40}]'
    chosen = DIALECTS.choose(frame("city/bins/17/state", pack), REGISTER)

    assert chosen is not None
    assert chosen.name == "senml_json"


def test_refusal_names_device_and_dialect() -> None:
    """A refusal says which device of the register sent it."""
    outcome = DIALECTS.decode(frame("city/bins/17/state", b'{"colour": 3}'), REGISTER)

    assert isinstance(outcome, Refusal)
    assert (outcome.reason, outcome.device, outcome.dialect) == ("nothing_known", "bin-17", "plain")


PROFILE = """\
id: acme-bin
title: {zh: 垃圾箱, en: Bin}
domains: [waste]
source: made up for this test
fields:
  fill: {property: waste.fill_level, unit: "%"}
  battery: {property: device.battery_voltage, unit: mV}
bytes:
  - length: 3
    fields: [{name: fill, type: u8}, {name: battery, type: u16}]
"""


def test_bytes_by_profile(tmp_path: Path) -> None:
    """A device whose model has a byte layout may send bytes, or the object that its codec would make of them."""
    file = tmp_path / "acme-bin.yaml"
    file.write_text(PROFILE, encoding="utf-8")
    profile, faults = loading.load_one(file, DICTIONARY)
    assert profile is not None, faults
    bins = {"d": {"domain": "waste", "attributes": {"topic": "city/raw/+", "model": "acme-bin"}}}
    register = Register(register_of(bins).devices, DICTIONARY, {"acme-bin": profile})
    raw = DIALECTS.decode(frame("city/raw/up", bytes.fromhex("280e1c")), register)
    decoded = DIALECTS.decode(frame("city/raw/up", b'{"fill": 40, "battery": 3612}'), register)

    assert not isinstance(raw, Refusal)
    assert [(one.observed_property, one.value) for one in raw] == [
        ("waste.fill_level", 40.0),
        ("device.battery_voltage", 3.612),
    ]
    assert raw == decoded
