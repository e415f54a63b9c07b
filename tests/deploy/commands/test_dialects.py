"""`wangge dialects`: the list is complete, and `try` answers for every recorded payload, also of unknown devices."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from deploy.cli import build
from deploy.commands._base import UserError
from deploy.trial import attempt
from ingest.devices import Register
from ingest.model import Frame
from ingest.plugins import find
from ingest.topics import discover
from tests.ingest.dialects.recorded import CASES, DICTIONARY, RECEIVED_MS, Case, register_of

SITE = Path(__file__).parents[3] / "deploy" / "sites" / "xixiangtang"
KEYS = ["device_id", "property", "value", "unit", "phenomenon_time", "quality"]
BIN = {
    "device_id": "wb-9999",
    "time": "2026-07-01T08:00:00Z",
    "values": {"waste.fill_level": {"value": 0.5, "unit": "1"}},
}
# what only a register can tell: which of two names is the device, and that a bin is no weather station
TOLD_BY_REGISTER = {"the_things_stack/masked_eui", "the_things_stack/other_domain"}
EMPTY = Register({}, DICTIONARY)
READABLE = [case for case in CASES if case.expect and case.dialect != "plain"]  # which reads topics of the register
DIALECTS = discover()


def run(*arguments: str | Path, payload: bytes | None = None) -> Result:
    """Run `wangge dialects …`."""
    return CliRunner().invoke(build(), ["dialects", *map(str, arguments)], input=payload)


def answer(*arguments: str | Path, payload: bytes) -> dict[str, Any]:
    """Return what `wangge dialects try - --json` answers; its exit code is 0."""
    result = run("try", "-", "--json", *arguments, payload=payload)

    assert result.exit_code == 0, result.output
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def test_list() -> None:
    """Every dialect is listed with a sentence."""
    names = sorted(find("ingest.dialects", "DIALECT"))
    told = json.loads(run("list", "--json").stdout)["dialects"]

    assert [one["name"] for one in told] == names
    assert all(one["about"] for one in told)
    assert all(name in run("list").stdout for name in names)


def test_known_device() -> None:
    """A device of the site is read, and the answer has the keys that it always has."""
    lines = (SITE / "devices.csv").read_text(encoding="utf-8").splitlines()
    device = next(line.partition(",")[0] for line in lines if ",waste_bin," in line)
    told = answer("--site", SITE, payload=json.dumps(BIN | {"device_id": device}).encode())

    assert told["dialect"] == "wangge_json"
    assert told["refusals"] == told["quarantined"] == []
    assert [list(one) for one in told["observations"]] == [KEYS]
    assert told["observations"][0] == {
        "device_id": device,
        "property": "waste.fill_level",
        "value": 50.0,
        "unit": "%",
        "phenomenon_time": "2026-07-01T08:00:00.000Z",
        "quality": told["observations"][0]["quality"],
    }


def test_unknown_device_is_quarantined() -> None:
    """A device that the register lacks is refused, and shown with what would be read."""
    told = answer("--topic", "wangge/nanning/up/wb-9999", payload=json.dumps(BIN).encode())

    assert told["refusals"] == [{"reason": "unknown_device", "detail": "device 'wb-9999' is not in the register"}]
    assert told["quarantined"] == [{"device_id": "wb-9999", "read_as": "waste"}]
    assert [(one["property"], one["value"]) for one in told["observations"]] == [("waste.fill_level", 50.0)]
    assert told["why"] == "topic 'wangge/nanning/up/wb-9999' belongs to wangge_json"


def test_further_refusal_of_an_unknown_device() -> None:
    """If the frame would be refused also of a registered device, the answer says why."""
    wrong = BIN | {"values": {"waste.fill_level": {"value": 0.5, "unit": "kg"}}}
    told = answer(payload=json.dumps(wrong).encode())

    assert [one["reason"] for one in told["refusals"]] == ["unknown_device", "unit"]
    assert told["observations"] == []
    assert told["quarantined"] == [{"device_id": "wb-9999", "read_as": None}]


def test_unknown_devices_of_two_domains() -> None:
    """A batch of devices that are not known is read whole, each as of the domain that its values are of."""
    station = {"device_id": "ws-9999", "time": "2026-07-01T08:00:00Z", "values": {"weather.temperature": 31.5}}
    told = answer("--topic", "wangge/nanning/up", payload=json.dumps([BIN, station]).encode())

    assert [one["device_id"] for one in told["observations"]] == ["wb-9999", "ws-9999"]
    assert told["quarantined"] == [
        {"device_id": "wb-9999", "read_as": "waste"},
        {"device_id": "ws-9999", "read_as": "weather"},
    ]


def test_model_of_an_unknown_device() -> None:
    """What the device is can be said; a model that has no profile is a mistake of the user."""
    uplink = {
        "end_device_ids": {"device_id": "d-1", "dev_eui": "0102030400070001"},
        "received_at": "2026-07-01T08:00:00Z",
        "uplink_message": {"f_port": 2, "decoded_payload": {"value": 1200, "BatV": 3.6}},
    }
    payload = json.dumps(uplink).encode()
    told = answer("--model", "dragino-ldds75", payload=payload)
    wrong = run("try", "-", "--model", "dragino", payload=payload)

    assert ("waste.distance", 120.0) in [(one["property"], one["value"]) for one in told["observations"]]
    assert told["quarantined"] == [{"device_id": "0102030400070001", "read_as": "waste"}]
    assert str(wrong.exception) == "there is no profile 'dragino': `wangge profiles list` shows those that there are"


def test_topic_that_is_shared() -> None:
    """The answer says when the dialect of the topic leaves the payload to another."""
    payload = b"device_id,time,property,value\nwb-1,2026-07-01T08:00:00Z,waste.tilt,2\n"
    told = answer("--topic", "wangge/nanning/up", payload=gzip.compress(payload))

    assert told["dialect"] == "wangge_csv"
    assert told["why"] == (
        "opened from gzip; topic 'wangge/nanning/up' belongs to wangge_json, which leaves such a payload to wangge_csv"
    )


def test_topic_of_the_register() -> None:
    """A topic that the register has a device for is known by that."""
    register = register_of({"wb-17": {"domain": "waste", "attributes": {"topic": "city/bins/17/+"}}})
    frame = Frame(topic="city/bins/17/state", payload=b'{"fill_level": 81}', received_at_ms=RECEIVED_MS, source="test")
    trial = attempt(frame, DIALECTS, register)

    assert trial.why == "no dialect owns the topic 'city/bins/17/state'; the register has a device for it"
    assert [(one.observed_property, one.value) for one in trial.observations] == [("waste.fill_level", 81.0)]


def test_payload_of_nobody() -> None:
    """A payload that no dialect knows is an answer too."""
    told = answer(payload=b"\x00\x01")

    assert told["dialect"] is None
    assert told["why"] == "no topic given, and the payload has no marks of one"
    assert [one["reason"] for one in told["refusals"]] == ["unknown_topic"]


def test_table() -> None:
    """People are shown a table, and words that look like markup as they are."""
    shown = run("try", "-", payload=json.dumps(BIN | {"device_id": "[red]9"}).encode()).stdout

    assert "quarantined [red]9, read below as a device of waste" in shown
    assert "waste.fill_level" in shown


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there is a mistake of the user."""
    result = run("try", tmp_path / "none.json")

    assert isinstance(result.exception, UserError)
    assert str(result.exception) == f"{tmp_path / 'none.json'} cannot be read: No such file or directory"


@pytest.mark.parametrize("case", READABLE, ids=lambda case: case.name)
def test_recorded_case_of_an_unknown_device(case: Case) -> None:
    """Every good recorded payload is read as well by an empty register, but for what only a register can tell."""
    frame = Frame(topic=case.topic, payload=case.payload, received_at_ms=RECEIVED_MS, source="test")
    trial = attempt(frame, DIALECTS, EMPTY)
    told = case.name in TOLD_BY_REGISTER or any(set(device) - {"domain"} for device in case.devices.values())
    expected = [row for row in case.expect or () if row[1] != "device.position_offset"]

    assert trial.dialect == case.dialect
    assert trial.refusals[0].reason == "unknown_device"
    assert told or len(trial.observations) == len(expected), trial
