"""`wangge replay` and `wangge deadletters` against a real broker."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from typer.testing import CliRunner

from alerts.store import audit, deadletters
from alerts.store.database import reading
from deploy import broker
from deploy.app import case_database
from deploy.cli import build
from deploy.commands._base import UserError
from ingest.flow import Letter
from ingest.model import Frame, Refusal


@pytest.fixture
def port() -> Iterator[int]:
    """Run a broker on a free port."""
    free = broker.free_port(0)
    with broker.running(free):
        yield free


class Listener:
    """Collects what a broker is sent."""

    def __init__(self, port: int) -> None:
        self.messages: list[tuple[str, bytes]] = []
        self._more = threading.Condition()
        ready = threading.Event()
        self.client = Client(CallbackAPIVersion.VERSION2, client_id="listener", protocol=MQTTv311)
        self.client.on_message = self._take
        self.client.on_subscribe = lambda *_: ready.set()
        self.client.connect("127.0.0.1", port)
        self.client.subscribe("#", qos=1)
        self.client.loop_start()
        assert ready.wait(10)

    def _take(self, _client: Any, _data: Any, message: Any) -> None:
        with self._more:
            self.messages.append((message.topic, bytes(message.payload)))
            self._more.notify_all()

    def wait(self, count: int) -> list[tuple[str, bytes]]:
        """Return the messages as soon as there are `count`."""
        with self._more:
            assert self._more.wait_for(lambda: len(self.messages) >= count, 10)
            return list(self.messages)


@pytest.fixture
def listener(port: int) -> Iterator[Listener]:
    """Listen to all messages of the broker."""
    made = Listener(port)
    yield made
    made.client.disconnect()
    made.client.loop_stop()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a data folder with three dead letters."""
    refusals = ("not_json", "decode"), ("unit", "normalise"), ("unit", "normalise")
    letters = [
        Letter(
            Frame(topic=f"a/{number}", payload=b"\xff%d" % number, received_at_ms=1000 + number, source="mqtt"),
            Refusal(stage=stage, reason=reason, detail="why"),
        )
        for number, (reason, stage) in enumerate(refusals)
    ]
    engine = case_database(tmp_path)
    with engine.begin() as connection:
        deadletters.add(connection, letters)
    engine.dispose()
    return tmp_path


def wangge(*arguments: str) -> str:
    """Run a command and return what it prints; mistakes of the user are raised."""
    result = CliRunner().invoke(build(), arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.network
def test_replay(tmp_path: Path, port: int, listener: Listener) -> None:
    """More messages than the window holds arrive in order, byte for byte, under the prefix."""
    file = tmp_path / "frames.jsonl"
    file.write_text("".join(f'{{"topic": "t/{number}", "payload_b64": "AP8="}}\n' for number in range(300)), "utf-8")
    report = json.loads(
        wangge("replay", str(file), "--full", "--json", "--broker", f"127.0.0.1:{port}", "--topic-prefix", "test/")
    )

    assert (report["frames"], report["acknowledged"], report["skipped"]) == (300, 300, 0)
    assert listener.wait(300) == [(f"test/t/{number}", b"\x00\xff") for number in range(300)]


@pytest.mark.network
def test_replay_skips_bad_lines(tmp_path: Path, port: int, listener: Listener) -> None:
    """Bad lines stop everything before it begins, or are left out when that is asked for."""
    file = tmp_path / "frames.jsonl"
    file.write_text('{"topic": "a", "payload": 1}\nnonsense\n{"topic": "b", "payload": 2}\n', "utf-8")
    arguments = ("replay", str(file), "--full", "--broker", f"127.0.0.1:{port}")

    with pytest.raises(UserError) as told:
        wangge(*arguments)
    assert str(told.value).splitlines() == [
        f"{file}:2: is not JSON: JSON is malformed: invalid character (byte 4)",
        "nothing was published: mend them, or leave them out with --skip-bad",
    ]
    assert "2 of 2 messages published" in wangge(*arguments, "--skip-bad")
    assert listener.wait(2) == [("a", b"1"), ("b", b"2")]


@pytest.mark.parametrize(
    "arguments, message",
    [
        (
            ("replay", "{file}", "--broker", "localhost"),
            "--broker is 'localhost': give host:port, as in 127.0.0.1:1883",
        ),
        (("replay", "{file}.none"), "{file}.none:1: cannot be read: No such file or directory"),
        (("replay", "{file}", "--mapping", "{file}.none"), "{file}.none:1: cannot be read: No such file or directory"),
        (("deadletters", "list"), "name the settings file with --config, or the data folder with --data"),
        (("deadletters", "list", "--data", "{file}"), "data folder {file} does not exist"),
        (("deadletters", "show", "0123", "--data", "{data}"), "there is no dead letter '0123'"),
        (("deadletters", "redrive", "--data", "{data}"), "name letters by their ids, or choose them by --stage"),
        (("deadletters", "redrive", "--all", "--data", "{data}"), "name the broker with --broker"),
    ],
)
def test_mistakes(tmp_path: Path, data: Path, arguments: tuple[str, ...], message: str) -> None:
    """What the user did wrong is told in a line."""
    file = tmp_path / "frames.jsonl"
    file.write_text('{"topic": "a", "payload": 1}\n', "utf-8")

    with pytest.raises(UserError) as told:
        wangge(*(argument.format(file=file, data=data) for argument in arguments))
    assert message.format(file=file, data=data) in str(told.value)


@pytest.mark.network
def test_no_broker(tmp_path: Path, data: Path) -> None:
    """A broker that is not there is told, and no letter is marked."""
    address = f"127.0.0.1:{broker.free_port(0)}"

    with pytest.raises(UserError, match="no MQTT broker answers at"):
        wangge("deadletters", "redrive", "--all", "--data", str(data), "--broker", address)
    assert len(json.loads(wangge("deadletters", "list", "--data", str(data), "--json"))["items"]) == 3


def test_deadletters_list_and_show(data: Path) -> None:
    """Letters are listed by reason, and shown with their bytes, by the first digits of their ids."""
    listed = json.loads(wangge("deadletters", "list", "--reason", "unit", "--data", str(data), "--json"))
    first = listed["items"][0]
    shown = json.loads(wangge("deadletters", "show", first["id"][:10], "--data", str(data), "--json"))
    text = wangge("deadletters", "show", first["id"], "--data", str(data))

    assert [one["topic"] for one in listed["items"]] == ["a/2", "a/1"]
    assert {one["reason"]: one["letters"] for one in listed["by_reason"]} == {"not_json": 1, "unit": 2}
    assert (shown["topic"], shown["payload_b64"], shown["times"]) == ("a/2", "/zI=", 1)
    assert "\\xff2" in text
    assert "3 letters: decode/not_json 1, normalise/unit 2" in wangge("deadletters", "list", "--data", str(data))


def test_deadletters_groups(data: Path) -> None:
    """Letters are grouped, for people and as JSON, all or those of a choice."""
    groups = json.loads(wangge("deadletters", "groups", "--data", str(data), "--json"))["items"]
    text = wangge("deadletters", "groups", "--stage", "normalise", "--data", str(data))

    assert [(one["stage"], one["reason"], one["letters"], sum(one["days"])) for one in groups] == [
        ("normalise", "unit", 2, 0),
        ("decode", "not_json", 1, 0),
    ]
    assert "normalise/unit" in text
    assert text.endswith("2 letters in 1 groups\n")


@pytest.mark.network
def test_deadletters_redrive(data: Path, port: int, listener: Listener) -> None:
    """The original bytes go out once, in an envelope or plain; the letters are marked and it is in the audit log."""
    address = f"127.0.0.1:{port}"
    common = ("--data", str(data), "--broker", address, "--json")
    first = json.loads(wangge("deadletters", "redrive", "--reason", "unit", *common))
    again = json.loads(wangge("deadletters", "redrive", "--reason", "unit", *common))
    last = json.loads(wangge("deadletters", "redrive", "--all", "--plain", "--wait", "0.1", *common))
    engine = case_database(data)
    with reading(engine) as connection:
        waiting = deadletters.waiting_ids(connection)
        sound = audit.verify(connection)
    engine.dispose()

    assert (first, again, last) == ({"redriven": 2}, {"redriven": 0}, {"redriven": 1, "refused_again": 0})
    assert listener.wait(3) == [
        ("wangge/redrive/up/mqtt/1001/a/1", b"\xff1"),
        ("wangge/redrive/up/mqtt/1002/a/2", b"\xff2"),
        ("a/0", b"\xff0"),
    ]
    assert waiting == []
    assert sound is None
