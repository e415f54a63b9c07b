"""What one device says stays in order on its way from the broker, whatever happens to the connection.

Frames may come again after a cut; what counts is that none is seen for the first time after a later one.
"""

from __future__ import annotations

import threading
import time

import pytest

from deploy.clock import monotonic_s
from deploy.runtimes.epoch import Limits, collect
from ingest.io.mqtt_source import MqttOptions
from ingest.io.sources import Sources
from tests.faults.load import paced
from tests.faults.proxy import Proxy

pytestmark = [pytest.mark.network, pytest.mark.external, pytest.mark.slow, pytest.mark.timeout(120)]

DEVICES, EACH = 5, 1_000


def test_order_over_cuts(mosquitto: int) -> None:
    """Five devices send 2,000 frames a second while the connection is reset, closed half and held up in turn."""
    load = [(f"order/{number % DEVICES}", b"%d" % (number // DEVICES)) for number in range(DEVICES * EACH)]
    newest = dict.fromkeys({topic for topic, _ in load}, -1)
    disordered, repeats = [], 0
    with Proxy(mosquitto) as proxy:
        options = MqttOptions(port=proxy.port, client_id="order", topics=("order/#",))
        sources = Sources([(options, 500)], lambda: 1_000)
        sources.start()
        deadline = time.monotonic() + 60
        while not sources.connected and time.monotonic() < deadline:
            time.sleep(0.01)
        sender = threading.Thread(target=paced, args=(mosquitto, load))
        sender.start()
        faults = iter([proxy.cut, proxy.close_half, proxy.stall, proxy.flow, proxy.cut])
        next_s = time.monotonic() + 0.4
        while min(newest.values()) < EACH - 1 and time.monotonic() < deadline:
            if time.monotonic() >= next_s:
                next(faults, proxy.flow)()
                next_s += 0.4
            sources.ensure()
            frames = collect(sources, Limits(window=1_000), 0.1, monotonic_s)
            for frame in frames:
                number = int(frame.payload)
                repeats += number <= newest[frame.topic]
                if number > newest[frame.topic] + 1:
                    disordered.append((frame.topic, newest[frame.topic], number))
                newest[frame.topic] = max(number, newest[frame.topic])
            sources.acknowledge(frames)
        sender.join()
        connections = proxy.connections
        sources.stop()

    assert newest == dict.fromkeys(newest, EACH - 1)
    assert disordered == []
    assert connections >= 3
    assert repeats < DEVICES * EACH
