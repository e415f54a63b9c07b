"""`POST /api/v1/frames`: who may send, what becomes of each line, and what is told when it cannot be."""

from __future__ import annotations

import dataclasses
import gzip
import json
from collections.abc import Sequence
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from alerts.api import bodies
from alerts.api import frames as route
from alerts.api.app import create_app
from alerts.api.context import WebContext
from alerts.api.topics import hears
from alerts.errors import Conflict, NotFound
from alerts.store import api_tokens
from alerts.store.api_tokens import Scope
from tests.alerts.api.conftest import HOUR_MS, StandingClock
from tests.alerts.api.http import TestClient
from tests.alerts.sample import NINE_MS

URL = "/api/v1/frames"
LINE = b'{"device_id": "wl-1", "time": 1, "values": {"weather.water_level": 3}}'
TOPICS = "wangge/+/up/#", "v3/#"


@dataclasses.dataclass
class RecordingOutlet:
    """Takes the first `room` messages."""

    topics: Sequence[str] = TOPICS
    room: int = 1_000_000
    messages: list[tuple[str, bytes]] = dataclasses.field(default_factory=list)

    def publish(self, messages: Sequence[tuple[str, bytes]], timeout_s: float) -> list[bool]:
        """Take what there is room for."""
        assert timeout_s == route.PUBLISH_S
        self.messages += messages[: self.room]
        return [number < self.room for number in range(len(messages))]

    def stop(self) -> None:
        """Do nothing."""


@pytest.fixture
def outlet() -> RecordingOutlet:
    """Return where frames go."""
    return RecordingOutlet()


@pytest.fixture
def app(web: WebContext, outlet: RecordingOutlet) -> FastAPI:
    """Return the application with somewhere to send frames."""
    return create_app(dataclasses.replace(web, frames=outlet))


@pytest.fixture
def sender(app: FastAPI, engine: Engine) -> TestClient:
    """Return a client with a token that is good for an hour."""
    with engine.begin() as connection:
        secret = api_tokens.create(connection, "t", [Scope.FRAMES], TOPICS, now_ms=NINE_MS, lifetime_ms=HOUR_MS)
    client = TestClient(app)
    client.headers["Authorization"] = f"Bearer {secret}"
    return client


def refused(answer: Any) -> list[tuple[str, str]]:
    """Return status and reason word of each line of an answer."""
    return [(one["status"], one["error"]) for one in answer.json()["results"]]


def test_lines_become_messages(sender: TestClient, outlet: RecordingOutlet) -> None:
    """A Wangge object keeps its bytes and goes by its device; others name their topic; empty lines are passed over."""
    lines = [
        LINE,
        b"",
        b'{"topic": "v3/a/devices/b/up", "payload": {"x": [1, 2.50]}}',
        b'{"topic": "v3/a", "payload": "plain \\u4e2d"}',
        b'{"topic": "v3/b", "payload_base64": "AP8="}',
    ]
    answer = sender.post(URL, content=b"\r\n".join(lines))

    assert answer.status_code == 202, answer.text
    assert outlet.messages == [
        ("wangge/xixiangtang/up/wl-1", LINE),
        ("v3/a/devices/b/up", b'{"x": [1, 2.50]}'),
        ("v3/a", "plain 中".encode()),
        ("v3/b", b"\x00\xff"),
    ]
    assert (answer.json()["accepted"], answer.json()["refused"]) == (4, 0)
    assert [one["line"] for one in answer.json()["results"]] == [1, 3, 4, 5]


@pytest.mark.parametrize(
    "line,error",
    [
        (b"rubbish", "not_json"),
        (b"[1]", "not_json"),
        (b'{"a": ' * 2_000, "not_json"),
        (b'{"device_id": "a/b"}', "shape"),
        (b'{"device_id": ""}', "shape"),
        (b'{"device_id": 7}', "shape"),
        (b'{"device_id": "\\ud800"}', "not_json"),
        (b'{"values": {}}', "shape"),
        (b'{"topic": "v3/a"}', "shape"),
        (b'{"topic": "v3/a", "payload": 1, "payload_base64": "AA=="}', "shape"),
        (b'{"topic": "v3/a", "payload": 1, "qos": 2}', "shape"),
        (b'{"topic": "v3/a", "payload_base64": "?"}', "shape"),
        (b'{"topic": "v3/#", "payload": 1}', "topic"),
        (b'{"topic": "", "payload": 1}', "topic"),
        (b'{"topic": "wangge/xixiangtang/alerts/a", "payload": 1}', "topic"),
        (b'{"topic": "wangge/redrive/up/mqtt/1/a", "payload": 1}', "topic"),
        (b'{"topic": "v3/a", "payload": "' + b"x" * route.MAX_LINE_BYTES + b'"}', "too_large"),
    ],
)
def test_a_wrong_line(sender: TestClient, outlet: RecordingOutlet, line: bytes, error: str) -> None:
    """It is told with its reason; the lines around it are accepted, and alone it makes the request invalid."""
    among, alone = sender.post(URL, content=b"\n".join((LINE, line, LINE))), sender.post(URL, content=line)

    assert among.status_code == 202
    assert refused(among) == [("accepted", None), ("refused", error), ("accepted", None)]
    assert (alone.status_code, alone.json()["error"]) == (422, "invalid")
    assert alone.json()["results"][0]["error"] == error
    assert len(outlet.messages) == 2


def test_a_broker_that_is_away(sender: TestClient, outlet: RecordingOutlet) -> None:
    """Nothing is answered as accepted that the broker does not have; the answer says which lines to send again."""
    outlet.room = 1
    answer = sender.post(URL, content=b"\n".join((LINE, b"rubbish", LINE)))

    assert (answer.status_code, answer.json()["error"], answer.headers["Retry-After"]) == (503, "broker_away", "5")
    assert [one["status"] for one in answer.json()["results"]] == ["accepted", "refused", "not_taken"]


def test_compressed(sender: TestClient, outlet: RecordingOutlet, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gzip is opened within its bound; what is no gzip, or another encoding, is refused."""

    def send(content: bytes, encoding: str = "gzip") -> tuple[int, str | None]:
        answer = sender.post(URL, content=content, headers={"Content-Encoding": encoding})
        return answer.status_code, answer.json().get("error")

    packed = gzip.compress(LINE)
    assert send(packed) == (202, None)
    assert outlet.messages == [("wangge/xixiangtang/up/wl-1", LINE)]
    assert [send(LINE), send(packed[:-3]), send(packed + b"x"), send(packed, "br")] == [(400, "encoding")] * 4
    monkeypatch.setattr(bodies, "MAX_PLAIN_BYTES", 10)
    assert send(packed) == (413, "too_large")


def test_bounds(sender: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """No body, a body that is too large, too many lines."""
    empty, large = sender.post(URL, content=b"\n\n"), sender.post(URL, content=b"x" * (bodies.MAX_BODY_BYTES + 1))
    monkeypatch.setattr(bodies, "MAX_LINES", 2)
    many = sender.post(URL, content=b"\n".join([LINE] * 3))

    assert [(one.status_code, one.json()["error"]) for one in (empty, large, many)] == [
        (400, "empty"),
        (413, "too_large"),
        (413, "too_large"),
    ]


def test_too_fast(sender: TestClient, clock: StandingClock) -> None:
    """A token that sends more than its share is told how long to wait; then it is let in again."""
    lines = b"\n".join([b'{"device_id": "a"}'] * 10_000)
    first = [sender.post(URL, content=lines).status_code for _ in range(2)]
    over = sender.post(URL, content=lines)
    clock.ms += 10_000

    assert first == [202, 202]
    assert (over.status_code, over.json()["error"], over.headers["Retry-After"]) == (429, "too_many_frames", "10")
    assert sender.post(URL, content=lines).status_code == 202


def test_too_many_at_once(app: FastAPI, sender: TestClient) -> None:
    """While many requests wait for the broker, others are sent away at once: the console must not wait for them."""
    room = app.state.intake.room
    taken = [room.acquire(blocking=False) for _ in range(8)]
    busy = sender.post(URL, content=LINE)
    room.release()

    assert all(taken)
    assert (busy.status_code, busy.json()["error"]) == (503, "busy")
    assert sender.post(URL, content=LINE).status_code == 202


def test_who_may_send(app: FastAPI, sender: TestClient, engine: Engine, clock: StandingClock) -> None:
    """Only a token that is known, not revoked and not ended; it reaches its own topics only."""
    with engine.begin() as connection:
        secret = api_tokens.create(
            connection, "own", [Scope.FRAMES], ["wangge/+/up/wl-2"], now_ms=NINE_MS, lifetime_ms=HOUR_MS
        )
        nothing = api_tokens.create(connection, "none", [], TOPICS, now_ms=NINE_MS, lifetime_ms=HOUR_MS)

    def send(secret: str, scheme: str = "Bearer") -> int:
        answer = TestClient(app).post(URL, content=LINE, headers={"Authorization": f"{scheme} {secret}"})
        return int(answer.status_code)

    assert [send(secret), send(nothing), send("wgt_x"), send(secret, "Basic"), send("")] == [422, 403, 401, 401, 401]
    with engine.begin() as connection:
        api_tokens.revoke(connection, "t", now_ms=NINE_MS)
    assert sender.post(URL, content=LINE).status_code == 401
    clock.ms += HOUR_MS
    assert send(secret) == 401


def test_without_a_broker(web: WebContext, sender: TestClient) -> None:
    """An application that has nowhere to hand frames to says so."""
    client = TestClient(create_app(web))
    client.headers.update(sender.headers)

    assert client.post(URL, content=LINE).json()["error"] == "broker_away"


@pytest.mark.parametrize(
    "pattern,topic,expected",
    [
        ("a/#", "a/b/c", True),
        ("a/#", "a", True),
        ("a/+", "a/b", True),
        ("a/+", "a/b/c", False),
        ("a/+", "a", False),
        ("a/b", "a/b", True),
        ("a/b", "a/c", False),
        ("#", "a/b", True),
        ("#", "$SYS/a", False),
        ("+/a", "$x/a", False),
        ("a/#/b", "a/x/b", False),
        ("a/+/c", "a//c", True),
    ],
)
def test_topic_filters(pattern: str, topic: str, *, expected: bool) -> None:
    """The examples of the standard (MQTT 3.1.1 §4.7)."""
    assert hears(pattern, topic) == expected


def test_tokens_in_the_store(engine: Engine) -> None:
    """Names are unique and plain, the secret is not stored, and lists tell all but the secret."""
    with engine.begin() as connection:
        secret = api_tokens.create(connection, "a", [Scope.FRAMES], ["x"], now_ms=1, lifetime_ms=10)
        found = api_tokens.find(connection, secret, now_ms=5)
        with pytest.raises(api_tokens.TokenRefused, match="is no name of a token"):
            api_tokens.create(connection, "A b", [Scope.FRAMES], ["x"], now_ms=1, lifetime_ms=10)
        with pytest.raises(api_tokens.TokenRefused, match="name one"):
            api_tokens.create(connection, "b", [Scope.FRAMES], [], now_ms=1, lifetime_ms=10)
        with pytest.raises(Conflict):
            api_tokens.create(connection, "a", [Scope.FRAMES], ["x"], now_ms=1, lifetime_ms=10)
        with pytest.raises(NotFound):
            api_tokens.revoke(connection, "nobody", now_ms=1)
        stored = str(connection.exec_driver_sql("SELECT * FROM api_tokens").all())

    assert secret not in stored
    assert found is not None
    assert json.loads(json.dumps([found.name, found.topics, found.expires_at_ms])) == ["a", ["x"], 11]
