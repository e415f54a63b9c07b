"""Several brokers as one source, against real brokers: fair, in order, and none holds up the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from deploy.bench import backlog, mosquitto
from deploy.broker import free_port
from ingest.io.mqtt_source import MqttOptions
from ingest.io.sources import Sources

pytestmark = [pytest.mark.network, pytest.mark.external, pytest.mark.slow]

SHARE = 50


@pytest.fixture
def ports() -> Iterator[tuple[int, int]]:
    """Run two brokers, with a window of 100 each."""
    if mosquitto.find() is None:
        pytest.skip("mosquitto is not installed")
    with mosquitto.running(window=100) as first, mosquitto.running(window=100) as second:
        yield first, second


def opened(*ports: int) -> Sources:
    """Return started sources `a`, `b` … on these ports."""
    parts = [
        (MqttOptions(port=port, client_id="sources-test", source=name, topics=("t/#",)), SHARE)
        for name, port in zip("abc", ports, strict=False)
    ]
    sources = Sources(parts, lambda: 1_000)
    sources.start()
    return sources


def wait(condition: Callable[[], object], timeout_s: float = 20) -> None:
    """Wait until the condition holds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def send(port: int, count: int) -> None:
    """Publish numbered payloads."""
    backlog.publish(port, [("t/x", b"%d" % number) for number in range(count)])


def test_each_has_its_share_and_its_order(ports: tuple[int, int]) -> None:
    """A broker with a thousand frames does not push out one with few; what each sent stays in order."""
    sources = opened(*ports)
    wait(lambda: sources.connected)
    send(ports[0], 1_000)
    send(ports[1], 20)
    time.sleep(0.3)
    first = sources.take(40, 5.0)
    seen = {"a": [], "b": []}  # type: dict[str, list[int]]
    taken = first
    while taken:
        for frame in taken:
            seen[frame.source].append(int(frame.payload))
        assert sources.acknowledge(taken) == len(taken)
        taken = sources.take(60, 1.0)
    sources.stop()

    assert {name: sum(frame.source == name for frame in first) for name in seen} == {"a": 20, "b": 20}
    assert seen == {"a": list(range(1_000)), "b": list(range(20))}


def test_a_full_window_ends_the_epoch(ports: tuple[int, int]) -> None:
    """Whoever has sent his share waits for an answer, however little the others have."""
    sources = opened(*ports)
    wait(lambda: sources.connected)
    send(ports[0], SHARE)
    taken = sources.take(SHARE, 5.0)
    while len(taken) < SHARE:
        taken += sources.take(SHARE - len(taken), 1.0)
    before = sources.held_up
    sources.acknowledge(taken)
    after = sources.held_up
    sources.stop()

    assert (before, after) == (True, False)


def test_one_that_is_away_holds_up_none(ports: tuple[int, int]) -> None:
    """The others go on, and it is told which one it is; when it comes it is heard."""
    later = free_port(0)
    sources = opened(ports[0], later)
    wait(lambda: sources.links["a"])
    send(ports[0], 10)
    frames = sources.take(10, 5.0)
    wait(lambda: sources.problem == f"b: 127.0.0.1:{later} cannot be reached")
    away = sources.connected, sources.links
    sources.ensure()
    with mosquitto.running(port=later):
        wait(lambda: sources.connected)
        told = sources.problem
        sources.stop()

    assert frames
    assert {frame.source for frame in frames} == {"a"}
    assert away == (False, {"a": True, "b": False})
    assert told is None
