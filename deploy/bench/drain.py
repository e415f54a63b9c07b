"""Drains a prepared session as one process, and prints what it took as JSON.

python -m deploy.bench.drain line PORT COUNT SITE DATA       the whole embedded line, acknowledged after the commit
python -m deploy.bench.drain source PORT COUNT               our MQTT source alone, acknowledged at once
python -m deploy.bench.drain paho PORT COUNT                 a plain paho subscriber that does nothing
"""

from __future__ import annotations

import json
import resource
import sys
import threading
import time
from pathlib import Path

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

_LIMIT_S = 300.0
_AT_ONCE = 2_000


def drain_paho(port: int, count: int) -> None:
    """Receive `count` messages with plain paho 3.1.1 at QoS 1."""
    done = threading.Event()
    received = 0

    def on_message(_client: paho.Client, _data: object, _message: paho.MQTTMessage) -> None:
        nonlocal received
        received += 1
        if received == count:
            done.set()

    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="paho", clean_session=False, protocol=paho.MQTTv311)
    client.on_message = on_message
    client.connect("127.0.0.1", port)
    start_s, start_cpu_s = time.perf_counter(), time.process_time()
    client.loop_start()
    finished = done.wait(_LIMIT_S)
    _print(received, time.perf_counter() - start_s, time.process_time() - start_cpu_s, observations=0)
    client.disconnect()
    client.loop_stop()
    if not finished:
        sys.exit(1)


def drain_source(port: int, count: int) -> None:
    """Take `count` messages as frames from the MQTT source, and acknowledge them list by list."""
    from ingest.io.mqtt_source import MqttOptions, MqttSource  # noqa: PLC0415 - the other reference must not pay

    options = MqttOptions(port=port, topics=("wangge/+/up/#",), client_id="source")
    source = MqttSource(options, lambda: time.time_ns() // 1_000_000)
    received = 0
    limit_s = time.monotonic() + _LIMIT_S
    start_s, start_cpu_s = time.perf_counter(), time.process_time()
    source.start()
    while received < count and time.monotonic() < limit_s:
        frames = source.take(_AT_ONCE, 0.1)
        received += len(frames)
        if frames:
            source.acknowledge(frames)
    _print(received, time.perf_counter() - start_s, time.process_time() - start_cpu_s, observations=0)
    source.stop()
    if received < count:
        sys.exit(1)


def drain_line(port: int, count: int, site: Path, data: Path) -> None:
    """Take `count` messages through the embedded line into SQLite."""
    from alerts.store import ledger  # noqa: PLC0415 - the other reference must not pay for these
    from alerts.store.database import open_database, reading  # noqa: PLC0415
    from deploy.app import pipeline  # noqa: PLC0415
    from deploy.bench.load import START_MS  # noqa: PLC0415
    from deploy.settings import ClockSettings, MqttSettings, Settings  # noqa: PLC0415
    from ingest.model import Frame  # noqa: PLC0415

    settings = Settings(
        site=site,
        data=data,
        mqtt=MqttSettings(port=port, client_id="line", topics=("wangge/+/up/#",), window=1_000),
        clock=ClockSettings(start_ms=START_MS + 366 * 86_400_000, wall_start=time.time_ns() // 1_000_000),
    )
    stop = threading.Event()
    received = 0
    start_s = start_cpu_s = 0.0
    with pipeline(settings) as (runtime, collect):

        def counted() -> list[Frame]:
            nonlocal received, start_s, start_cpu_s
            frames = collect()
            if frames and not received:
                start_s, start_cpu_s = time.perf_counter(), time.process_time()
            received += len(frames)
            if received >= count:
                stop.set()
            return frames

        runtime.run(stop, counted)
        wall_s, cpu_s = time.perf_counter() - start_s, time.process_time() - start_cpu_s
    engine = open_database(f"sqlite:///{data / 'state.db'}")
    with reading(engine) as connection:
        total = ledger.total(connection)
    engine.dispose()
    _print(total.frames, wall_s, cpu_s, observations=total.stored)


def _print(messages: int, wall_s: float, cpu_s: float, *, observations: int) -> None:
    print(  # noqa: T201 - the parent reads it
        json.dumps(
            {
                "messages": messages,
                "observations": observations,
                "wall_s": wall_s,
                "cpu_s": cpu_s,
                "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    )


if __name__ == "__main__":
    if sys.argv[1] == "paho":
        drain_paho(int(sys.argv[2]), int(sys.argv[3]))
    elif sys.argv[1] == "source":
        drain_source(int(sys.argv[2]), int(sys.argv[3]))
    else:
        drain_line(int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]), Path(sys.argv[5]))
