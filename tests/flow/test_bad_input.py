"""Whatever a broker brings, it ends in a named refusal or a quality flag, and the frame after it is processed.

One line runs, as a process. Each bad frame is followed by a good one on the same connection; afterwards stores, dead
letters and ledger must say exactly what became of every single frame.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt import publish

from alerts.store.deadletters import letter_id
from ingest.model import Frame, Quality
from simulators.publisher import Publisher
from tests.flow.careless import CarelessBroker
from tests.flow.line import SOURCE, TIMEOUT_S, Line, running_broker, running_line

pytestmark = [pytest.mark.network, pytest.mark.slow]

NOW_MS = 1_795_516_200_000  # 2026-11-24T18:30+08:00
DEVICE, BIN = "tr-0001", "bin-0001"
UP = f"wangge/xixiangtang/up/{DEVICE}"
TOPICS = ("wangge/+/up/#", "v3/#", "ngsi/#", "senml/#", "factory/#")
DAY_MS = 86_400_000
FAIL, SUSPECT, GOOD = int(Quality.FAIL), int(Quality.SUSPECT), int(Quality.GOOD)


def message(time: object, values: object, **fields: object) -> bytes:
    """Return a Wangge message of the device of this test (`NaN` and `Infinity` are written as such)."""
    return json.dumps({"device_id": DEVICE, "time": time, "values": values} | fields).encode()


def speed(value: object, time: object = NOW_MS, **fields: object) -> bytes:
    """Return a message with one speed."""
    return message(time, {"traffic.speed": value}, **fields)


@dataclasses.dataclass(frozen=True, slots=True)
class Bad:
    """A frame that is not as it should be, and the (stage, reason) of its refusal."""

    name: str
    payload: bytes
    stage: str
    reason: str
    topic: str = UP


BATCH = b"[" + speed(50.0) + b"," + speed("fast") + b"]"
REFUSED = (
    Bad("undecodable bytes", b"\xff\xfe\x00\x9f\x92\x96", "decode", "not_json"),
    Bad("bytes that are not UTF-8 in a text", speed(50.0).replace(b"tr-", b"t\xe9-"), "decode", "not_json"),
    Bad("nothing at all", b"", "decode", "not_json"),
    Bad("JSON that breaks off", speed(50.0)[:-9], "decode", "not_json"),
    Bad("JSON of another shape", b'"42"', "decode", "shape"),
    Bad("no values", json.dumps({"device_id": DEVICE, "time": NOW_MS}).encode(), "decode", "shape"),
    Bad("unknown topic", speed(50.0), "decode", "unknown_topic", "factory/hall-3/press"),
    Bad("unknown topic of a known server", b"{}", "decode", "unknown_topic", "v3/app@city/clients/1"),
    Bad("unknown device", speed(50.0, device_id="tr-9999"), "normalise", "unknown_device"),
    Bad(
        "unknown device of another dialect",
        b'[{"n":"ghost","u":"Cel","v":1}]',
        "normalise",
        "unknown_device",
        "senml/x",
    ),
    Bad("unknown property", message(NOW_MS, {"traffic.mood": 1.0}), "normalise", "unknown_property"),
    Bad("missing unit", speed({"value": 50.0}), "normalise", "unit"),
    Bad("wrong unit", speed({"value": 50.0, "unit": "Cel"}), "normalise", "unit"),
    Bad("a unit that nobody knows", speed({"value": 50.0, "unit": "furlong/fortnight"}), "normalise", "unit"),
    Bad("NaN", speed(float("nan")), "decode", "not_json"),
    Bad("infinity", speed(float("inf")), "decode", "not_json"),
    Bad("minus infinity", speed(float("-inf")), "decode", "not_json"),
    Bad("a number beyond all bounds", speed(0).replace(b": 0}", b": 1e999}"), "decode", "number"),
    Bad("a whole number of 400 digits", speed(10**400), "decode", "number"),
    Bad("number as text", speed("50.0"), "decode", "number"),
    Bad("number as text beside its unit", speed({"value": "50", "unit": "km/h"}), "decode", "number"),
    Bad("truth value", speed(True), "decode", "number"),
    Bad("null", speed(None), "decode", "number"),
    Bad("a payload of 10 MB", speed(50.0, note="x" * 10_000_000), "decode", "too_large"),
    Bad("10 MB that are not JSON", b"\x00" * 10_000_000, "decode", "too_large"),
    Bad("deeply nested", b"[" * 200_000 + b"]" * 200_000, "decode", "too_deep"),
    Bad(
        "deeply nested value",
        speed(0).replace(b": 0}", b": " + b'{"a":' * 100_000 + b"0" + b"}" * 100_001),
        "decode",
        "too_deep",
    ),
    Bad("time as a word", speed(50.0, "yesterday"), "decode", "time"),
    Bad("time without zone", speed(50.0, "2026-11-24T18:30:00"), "decode", "time"),
    Bad("no time", json.dumps({"device_id": DEVICE, "values": {"traffic.speed": 1.0}}).encode(), "decode", "time"),
    Bad("time before 1970", speed(50.0, -1), "decode", "time"),
    Bad("time after the year 9999", speed(50.0, 10**15), "decode", "time"),
    Bad("a cell that the site has not", speed(50.0, cell="450107999999999"), "normalise", "unknown_cell"),
    Bad("one bad message in a batch", BATCH, "decode", "number", "wangge/xixiangtang/up"),
)
RETAINED = Bad("retained", speed(50.0, NOW_MS - DAY_MS), "normalise", "retained")

FLAGGED = (  # name, values, time → value, quality
    ("tomorrow", 50.0, NOW_MS + DAY_MS, FAIL),
    ("1970", 51.0, "1970-01-01T00:00:17Z", FAIL),
    ("2019, before there was any of this", 52.0, "2019-12-31T23:59:59Z", FAIL),
    ("faster than possible", 301.0, NOW_MS - 1, FAIL),
    ("slower than possible", -1.0, NOW_MS - 2, FAIL),
    ("faster than plausible", 200.0, NOW_MS - 3, SUSPECT),
)
ORDER_MS = NOW_MS - 3_600_000  # a quarter of the bin's story, told out of order and twice
REORDERED = tuple((ORDER_MS + minute * 60_000, 20.0 + minute) for minute in (0, 3, 1, 4, 2))


def bins(time_ms: int, level: float) -> tuple[str, bytes]:
    """Return a frame of the bin."""
    payload = {"device_id": BIN, "time": time_ms, "values": {"waste.fill_level": level}}
    return f"wangge/xixiangtang/up/{BIN}", json.dumps(payload).encode()


def good(number: int) -> tuple[str, bytes]:
    """Return the good frame that follows the bad frame of this number."""
    return UP, message(NOW_MS - DAY_MS // 2 + number * 1_000, {"traffic.occupancy": 10.0 + number / 100})


def frames() -> Iterator[tuple[str, bytes]]:
    """Yield every frame but the retained one, a good frame after each bad one."""
    for number, bad in enumerate(REFUSED):
        yield bad.topic, bad.payload
        yield good(number)
    for number, (_, value, time, _) in enumerate(FLAGGED, start=len(REFUSED)):
        yield UP, speed(value, time)
        yield good(number)
    for time_ms, level in (*REORDERED, *REORDERED):
        yield bins(time_ms, level)
    yield UP, REFUSED[0].payload  # the same rubbish again


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory, site_folder: Path) -> Iterator[Line]:
    """Return a line that has been sent everything, and still runs."""
    sent = list(frames())
    with running_broker() as port:
        publish.single(UP, RETAINED.payload, qos=1, retain=True, hostname="127.0.0.1", port=port)
        with running_line(tmp_path_factory.mktemp("bad"), site_folder, port, NOW_MS, TOPICS) as made:
            with Publisher("127.0.0.1", port, "bad-input") as publisher:
                for topic, payload in sent:
                    publisher.publish(topic, payload)
                assert publisher.flush(TIMEOUT_S) == 0
            made.wait_for_frames(len(sent) + 1)
            yield made


def refusal(line: Line, topic: str, payload: bytes) -> tuple[str, str] | None:
    """Return stage and reason with which a frame lies in the dead letters, or None."""
    frame = Frame(topic=topic, payload=payload, received_at_ms=0, source=SOURCE)
    return line.letters().get(letter_id(frame))


@pytest.mark.parametrize("bad", [*REFUSED, RETAINED], ids=lambda bad: bad.name)
def test_refused_by_name(line: Line, bad: Bad) -> None:
    """A frame that cannot be accepted lies in the dead letters with its bytes, its stage and its reason."""
    assert refusal(line, bad.topic, bad.payload) == (bad.stage, bad.reason)


@pytest.mark.parametrize("name, value, time, quality", FLAGGED, ids=[row[0] for row in FLAGGED])
def test_flagged(line: Line, name: str, value: float, time: object, quality: int) -> None:
    """A value that can be read and not be true is stored and flagged."""
    found = [
        flag for (device, _, _), (known, flag) in line.observations().items() if (device, known) == (DEVICE, value)
    ]

    assert found == [quality]
    assert refusal(line, UP, speed(value, time)) is None


@pytest.mark.parametrize("number", range(len(REFUSED) + len(FLAGGED)))
def test_next_frame_is_processed(line: Line, number: int) -> None:
    """After each bad frame the good one is stored as it was sent."""
    time_ms, value = NOW_MS - DAY_MS // 2 + number * 1_000, 10.0 + number / 100

    assert line.observations().get((DEVICE, "traffic.occupancy", time_ms)) == (value, GOOD)


def test_reordered_and_repeated(line: Line) -> None:
    """Frames out of order are all stored, once."""
    stored = {key[2]: value for key, (value, _) in line.observations().items() if key[:2] == (BIN, "waste.fill_level")}

    assert stored == dict(REORDERED)


def test_ledger_says_what_became_of_every_frame(line: Line) -> None:
    """Each frame is counted once, in its column."""
    unread = sum(bad.stage == "decode" for bad in REFUSED)
    expected = {
        "frames": len(list(frames())) + 1,
        "stored": len(REFUSED) + 2 * len(FLAGGED) + len(REORDERED),
        "duplicate": len(REORDERED) + 1,
        "refused": len(REFUSED) - unread + 1,
        "dead_lettered": unread,
    }

    assert {column: line.sum(column) for column in expected} == expected, line.reasons()
    assert line.balance() == 0
    assert len(line.letters()) == len(REFUSED) + 1


def test_nothing_was_taken_for_a_mistake_of_ours(line: Line) -> None:
    """No bad frame made a stage fail."""
    assert "Traceback" not in line.log
    assert [reason for _, reason in line.letters().values() if reason == "internal"] == []


def test_topic_that_is_not_utf8(tmp_path: Path, site_folder: Path) -> None:
    """A broker that lets such a topic pass: the frame is refused, the next one is stored, the connection stays."""
    payload = speed(50.0)
    sent: list[tuple[bytes, bytes]] = [(b"wangge/x/up/\xff\xfe", payload), (UP.encode(), good(0)[1])]
    with CarelessBroker(sent) as broker, running_line(tmp_path, site_folder, broker.port, NOW_MS, TOPICS) as line:
        line.wait_for_frames(len(sent))
        acknowledged = broker.acknowledged(len(sent), TIMEOUT_S)
        letters: Any = line.query("SELECT topic, stage, reason FROM dead_letters")
        stored = line.observations()

    assert letters == [("wangge/x/up/\\udcff\\udcfe", "decode", "unknown_topic")]
    assert [key[:2] for key in stored] == [(DEVICE, "traffic.occupancy")]
    assert acknowledged == [1, 2]
