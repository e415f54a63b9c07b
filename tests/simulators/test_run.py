"""The run: frames go out when the clock says so, in order, a device always on one connection, and a stop ends it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from ingest.devices import Register
from simulators import scenario
from simulators.city import Emission
from simulators.incidents import Book, read
from simulators.publisher import Publisher, PublishError
from simulators.run import Pulse, TruthFile, befall, send
from simulators.scenario import Planner


class RecordingPublisher(Publisher):
    """Keeps what is published and acknowledges at once."""

    def __init__(self) -> None:
        super().__init__("127.0.0.1", 1, "recording")
        self.topics: list[str] = []

    def publish(self, topic: str, payload: bytes, timeout_s: float = 0.0) -> None:  # noqa: ARG002 - as the real one
        """Keep the topic."""
        self.topics.append(topic)
        self.acknowledged += 1


def _frames(count: int, every_ms: int = 1_000) -> list[Emission]:
    return [
        Emission(send_ms=every_ms * number, device_id=f"d-{number % 7}", topic=f"d-{number % 7}/{number}", payload=b"")
        for number in range(count)
    ]


def _pulse(now_ms: int = 10**12) -> Pulse:
    return Pulse(now_ms=lambda: now_ms, wall_s=lambda duration_ms: duration_ms / 1000)


def test_send_keeps_the_order_of_each_device() -> None:
    """All frames go out; those of one device over one connection, in order."""
    publishers = [RecordingPublisher(), RecordingPublisher()]

    report = send(iter(_frames(100)), publishers, _pulse(), threading.Event(), truth=TruthFile(None, Book()))

    topics = [one.topics for one in publishers]
    assert sorted(topics[0] + topics[1]) == sorted(frame.topic for frame in _frames(100))
    assert {topic.split("/")[0] for topic in topics[0]}.isdisjoint(topic.split("/")[0] for topic in topics[1])
    for sent in topics:
        numbers = [int(topic.split("/")[1]) for topic in sent]
        assert numbers == sorted(numbers)
    assert (report.published, report.acknowledged, report.unacknowledged) == (100, 100, 0)


def test_send_tells_that_it_never_caught_up() -> None:
    """Frames that are due since long, to the last one, make the report say by how many wall seconds."""
    report = send(
        iter(_frames(2)), [RecordingPublisher()], _pulse(8_000), threading.Event(), truth=TruthFile(None, Book())
    )

    assert report.late_s == 7.0


def test_send_forgives_a_late_start() -> None:
    """A run that begins late and catches up was not late; what falls behind later was."""
    moments = iter((5_000, 900, 1_100, 2_600))  # the frames are due at 0, 1000 and 2000
    pulse = Pulse(now_ms=lambda: next(moments, 10_000), wall_s=lambda duration_ms: duration_ms / 1e6)

    report = send(iter(_frames(3)), [RecordingPublisher()], pulse, threading.Event(), truth=TruthFile(None, Book()))

    assert report.late_s == pytest.approx(0.0006)


def test_send_stops_before_a_frame_that_is_not_due() -> None:
    """When it is told to stop, nothing that lies ahead is sent."""
    stop = threading.Event()
    stop.set()

    report = send(iter(_frames(3)), [RecordingPublisher()], _pulse(0), stop, truth=TruthFile(None, Book()))

    assert report.published == 0


def test_befall_repeats_with_other_devices(register: Register) -> None:
    """Incidents of the first turn are there from the start, those of the next when its time has come."""
    evening, _ = scenario.load(scenario.FOLDER / "evening.yaml")
    assert evening is not None
    planner = Planner(scenario=evening, devices=tuple(register.devices.values()), seed=7)
    book = Book()
    turn_ms = 5_400_000
    stream = befall(iter(_frames(3, every_ms=turn_ms)), planner, book, 0)

    next(stream)
    assert {one.id.split("-")[0] for one in book.begun(10 * turn_ms)} == {"1"}
    next(stream)
    assert {one.id.split("-")[0] for one in book.begun(10 * turn_ms)} == {"1", "2"}
    everywhere = [one.device_id for one in book.begun(10 * turn_ms)]
    assert len(everywhere) == len(set(everywhere))


def test_truth_file_has_what_has_begun(tmp_path: Path, register: Register) -> None:
    """Incidents to come are not in the file yet."""
    evening, _ = scenario.load(scenario.FOLDER / "evening.yaml")
    assert evening is not None
    planner = Planner(scenario=evening, devices=tuple(register.devices.values()), seed=7)
    truth = TruthFile(tmp_path / "truth.json", Book(planner.plan(0)))

    truth.save(2 * 60_000)

    assert max(one.start_ms for one in read(tmp_path / "truth.json")) == 2 * 60_000


def test_publisher_names_a_broker_that_is_not_there() -> None:
    """No broker: one line with its address."""
    with (
        pytest.raises(PublishError, match=r"no MQTT broker answers at 127\.0\.0\.1:1 "),
        Publisher("127.0.0.1", 1, "x"),
    ):
        pass
