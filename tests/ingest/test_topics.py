"""The dialect of a frame is found by its topic or its payload."""

from __future__ import annotations

import pytest

from ingest import topics
from ingest.model import Frame, Refusal
from tests.ingest.dialects.recorded import register_of


def frame(topic: str, payload: bytes = b"{}", *, retain: bool = False) -> Frame:
    """Return a frame of this test."""
    return Frame(topic=topic, payload=payload, received_at_ms=0, source="test", retain=retain)


@pytest.mark.parametrize(
    "topic, expected",
    [
        ("wangge/xixiangtang/up", "wangge_json"),
        ("wangge/xixiangtang/up/wb-1", "wangge_json"),
        ("wangge/xixiangtang/alerts/waste/bin_full/wb-1", None),
        ("wangge/up", None),
        ("v3/bins@city/devices/wb-1/up", "the_things_stack"),
        ("v3/bins@city/devices", None),
        ("ngsi/xixiangtang/Streetlight/lamp-1", "smart_data_models"),
        ("city/fiware/x", "smart_data_models"),
        ("senml/ws-1", "senml_json"),
        ("a/SenML/b", "senml_json"),
        ("application/1/device/0102030405060708/event/up", "chirpstack"),
        ("cn470/application/1/device/0102030405060708/event/log", "chirpstack"),
        ("application/1/device/0102030405060708/command/down", None),
        ("", None),
    ],
)
def test_choose_by_topic(topic: str, expected: str | None) -> None:
    """A topic of a dialect decides alone."""
    chosen = topics.discover().choose(frame(topic))

    assert (chosen.name if chosen else None) == expected


@pytest.mark.parametrize(
    "payload, expected",
    [
        (b'{"end_device_ids": {}, "uplink_message": {}}', "the_things_stack"),
        (b'{"deviceInfo": {"devEui": "70b3d57ed0000001"}}', "chirpstack"),
        (b'{"id": "x", "type": "WasteContainer"}', "smart_data_models"),
        (b'[{"bn": "x", "v": 1}]', "senml_json"),
        (b'{"device_id": "x", "values": {}}', None),
    ],
)
def test_choose_by_payload(payload: bytes, expected: str | None) -> None:
    """On a topic that nobody owns the payload decides, for itself alone."""
    dialects = topics.discover()
    chosen = dialects.choose(frame("sensors/x", payload))

    assert (chosen.name if chosen else None) == expected
    assert dialects.choose(frame("sensors/x", b"")) is None


def test_remembered_topics_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many topics there are, no more than the bound are remembered."""
    monkeypatch.setattr(topics, "MAX_REMEMBERED", 10)
    dialects = topics.discover()
    for number in range(25):
        assert dialects.choose(frame(f"wangge/x/up/{number}")) is not None

    assert len(dialects._by_topic) <= 10


def test_unknown_topic() -> None:
    """A frame that no dialect knows is refused with its topic."""
    outcome = topics.discover().decode(frame("sensors/\udcff"), register_of({}))

    assert outcome == Refusal(
        stage="decode", reason="unknown_topic", detail="no dialect knows the topic 'sensors/\\udcff'"
    )


def test_topic_that_is_not_utf8() -> None:
    """Stray bytes in a topic make it nobody's, also where its beginning and the payload look right."""
    payload = b'{"id": "urn:ngsi-ld:WasteContainer:x", "type": "WasteContainer"}'
    dialects = topics.discover()

    for topic in ("wangge/x/up/\udcff", "ngsi/\udce9", "sensors/\udcff"):
        assert dialects.choose(frame(topic, payload)) is None


def test_retained() -> None:
    """A retained message is not fresh, however good it is."""
    outcome = topics.discover().decode(frame("wangge/x/up/wb-1", retain=True), register_of({}))

    assert isinstance(outcome, Refusal)
    assert (outcome.stage, outcome.reason) == ("normalise", "retained")
