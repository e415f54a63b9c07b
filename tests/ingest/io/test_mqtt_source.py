"""The MQTT source against a real broker: what is acknowledged, what comes again, and what it survives."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from deploy.bench import backlog, mosquitto
from deploy.broker import free_port
from ingest.io.mqtt_source import MqttOptions, MqttSource
from ingest.model import Frame

pytestmark = [pytest.mark.network, pytest.mark.external, pytest.mark.slow]


@pytest.fixture
def port() -> Iterator[int]:
    """Run Mosquitto for one test."""
    if mosquitto.find() is None:
        pytest.skip("mosquitto is not installed")
    with mosquitto.running(window=20) as found:
        yield found


def open_source(port: int, client_id: str = "source-test") -> MqttSource:
    """Return a started source that subscribes to everything below t/."""
    source = MqttSource(MqttOptions(port=port, client_id=client_id, topics=("t/#",)), lambda: 1_000)
    source.start()
    return source


def wait(condition: Callable[[], object], timeout_s: float = 20) -> None:
    """Wait until the condition holds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def take(source: MqttSource, count: int) -> list[Frame]:
    """Take exactly `count` frames."""
    frames: list[Frame] = []
    deadline = time.monotonic() + 20
    while len(frames) < count and time.monotonic() < deadline:
        frames += source.take(count - len(frames), 0.1)
    assert len(frames) == count
    return frames


def send(port: int, *payloads: bytes) -> None:
    """Publish payloads on t/x."""
    backlog.publish(port, [("t/x", payload) for payload in payloads])


def test_source_hands_over_in_order_and_acknowledges(port: int) -> None:
    """Far more frames than the broker's window arrive in order, because acknowledgements let them through."""
    source = open_source(port)
    wait(lambda: source.connected)
    send(port, *(b"%d" % number for number in range(500)))
    seen: list[bytes] = []
    while len(seen) < 500:
        frames = source.take(50, 5.0)
        assert frames, "the feed stopped"
        seen += [frame.payload for frame in frames]
        assert source.acknowledge(frames) == len(frames)
    source.stop()

    assert seen == [b"%d" % number for number in range(500)]


def test_source_gets_again_what_it_did_not_acknowledge(port: int) -> None:
    """Frames that were taken but not acknowledged come again to the next connection; acknowledged ones do not."""
    first = open_source(port)
    wait(lambda: first.connected)
    send(port, b"1", b"2", b"3")
    first.acknowledge(take(first, 3)[:1])
    first.stop()

    second = open_source(port)
    again = [frame.payload for frame in take(second, 2)]
    rest = second.take(10, 0.3)
    second.stop()

    assert (again, rest) == ([b"2", b"3"], [])


def test_source_survives_a_broker_restart(port: int) -> None:
    """A broker that goes and comes back is found again; packet ids of the old connection are not acknowledged."""
    second_port = free_port(0)
    with mosquitto.running(window=20, port=second_port):
        source = open_source(second_port)
        wait(lambda: source.connected)
        send(second_port, b"before")
        old = take(source, 1)
    wait(lambda: not source.connected)
    told = source.problem
    with mosquitto.running(window=20, port=second_port):
        wait(lambda: source.connected)
        stale = source.acknowledge(old)
        send(second_port, b"after")
        new = take(source, 1)
        acknowledged = source.acknowledge(new)
        source.stop()

    assert told is not None
    assert "connection lost" in told
    assert (stale, [frame.payload for frame in new], acknowledged) == (0, [b"after"], 1)


def test_source_gives_up_what_it_does_not_want_any_more(port: int) -> None:
    """A session that was shared, and is the only one now, takes each frame once; what had waited for it comes first."""
    backlog.prepare_session(port, "bridge", "$share/g/t/#")
    send(port, b"1")
    source = MqttSource(
        MqttOptions(port=port, client_id="bridge", topics=("t/#",), unwanted=("$share/g/t/#",)), lambda: 1_000
    )
    source.start()
    wait(lambda: source.connected)
    send(port, b"2", b"3")
    frames = take(source, 3)
    more = source.take(10, 0.3)
    source.stop()

    assert [frame.payload for frame in frames + more] == [b"1", b"2", b"3"]


def test_source_waits_for_an_absent_broker() -> None:
    """Started before its broker, the source says so, and connects when the broker is there."""
    if mosquitto.find() is None:
        pytest.skip("mosquitto is not installed")
    later = free_port(0)
    source = open_source(later)
    wait(lambda: source.problem == f"127.0.0.1:{later} cannot be reached")
    with mosquitto.running(window=20, port=later):
        wait(lambda: source.connected)
        source.stop()


def test_source_rebuilds_a_dead_network_thread(port: int) -> None:
    """Paho's thread can die while the client says that it is connected: `ensure` notices and starts anew."""
    source = open_source(port)
    wait(lambda: source.connected)
    source._client.loop_stop()

    source.ensure()
    wait(lambda: source.connected)
    send(port, b"alive")
    frames = take(source, 1)
    source.acknowledge(frames)
    source.stop()

    assert frames[0].payload == b"alive"


def test_source_takes_a_huge_payload(port: int) -> None:
    """Ten megabytes in one message arrive whole, and the next message after them."""
    source = open_source(port)
    wait(lambda: source.connected)
    send(port, b"x" * 10_000_000, b"next")
    frames = take(source, 2)
    source.acknowledge(frames)
    source.stop()

    assert [len(frame.payload) for frame in frames] == [10_000_000, 4]


def test_source_says_that_it_is_refused() -> None:
    """A broker that refuses us is told as the problem, with its reason."""
    if mosquitto.find() is None:
        pytest.skip("mosquitto is not installed")
    with mosquitto.running(options="allow_anonymous false") as guarded:
        source = open_source(guarded)
        wait(lambda: source.problem != "not connected yet")
        told = source.problem
        source.stop()

    assert told is not None
    assert "refuses the connection" in told
