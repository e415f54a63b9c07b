"""The reference of the cluster runtime: a Faust agent as tutorials have it, a JSON message and a table update each.

It judges one threshold with hysteresis and stores nothing.

python -m deploy.bench.naive KAFKA NAME PARTITIONS COUNT        takes COUNT messages of topic NAME, prints a JSON object
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from typing import Any

import faust
from faust.types import StreamT
from mode.supervisors import CrashingSupervisor

_BURNS, _COOL = 70.0, 60.0


def main(kafka: str, name: str, partitions: int, count: int) -> None:
    """Take the messages."""
    app = faust.App(
        name,
        broker=f"kafka://{kafka}",
        store="memory://",
        web_enabled=False,
        topic_disable_leader=True,
        topic_partitions=partitions,
        broker_session_timeout=6,
        broker_heartbeat_interval=1,
        consumer_auto_offset_reset="earliest",
        datadir=f"{os.environ.get('TMPDIR', '/tmp')}/{name}",  # noqa: S108 - of Faust; the memory store leaves it empty
    )
    messages = app.topic(name, partitions=partitions, key_serializer="raw", value_serializer="json")
    alerts = app.Table("alerts", partitions=partitions)

    async def judge(stream: StreamT[dict[str, Any]]) -> None:
        taken, start_s, start_cpu_s = 0, 0.0, 0.0
        async for message in stream:
            if not taken:
                start_s, start_cpu_s = time.perf_counter(), time.process_time()
            device = message["device_id"]
            before = alerts.get(device)
            values = message["values"]
            hot = values.get("waste.temperature", 0.0)
            firing = hot >= (_COOL if before and before["firing"] else _BURNS)
            alerts[device] = {"firing": firing, "values": values, "time": message["time"]}
            taken += 1
            if taken == count:
                used = {"wall_s": time.perf_counter() - start_s, "cpu_s": time.process_time() - start_cpu_s}
                print(json.dumps({"messages": taken, **used}), flush=True)  # noqa: T201 - the parent reads it

    app.agent(messages, supervisor_strategy=CrashingSupervisor)(judge)
    print("starts", flush=True)  # noqa: T201
    worker = faust.Worker(app, loglevel="WARN", quiet=True, redirect_stdouts=False)
    worker.spinner = None
    worker.execute_from_commandline()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
