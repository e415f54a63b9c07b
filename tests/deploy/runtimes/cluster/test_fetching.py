"""The names that the consumer overrides are there, in the versions that are pinned."""

from __future__ import annotations

import asyncio
from importlib.metadata import version
from typing import Any

import faust

from deploy.runtimes.cluster.fetching import WAIT_MS, App


def test_consumer_waits_less() -> None:
    """The consumer that a worker fetches with has our wait, where Faust's own has another."""

    async def waits(kind: type[faust.App]) -> int:
        app = kind("fetching", broker="kafka://127.0.0.1:1", autodiscover=False, web_enabled=False)
        app.finalize()
        consumer: Any = app.consumer
        made = consumer._thread._create_worker_consumer(app.transport)
        await made.stop()
        consumer._thread.thread_loop.close()
        return int(made._fetch_max_wait_ms)

    assert asyncio.run(waits(App)) == WAIT_MS
    assert asyncio.run(waits(faust.App)) == 1_500


def test_versions() -> None:
    """Another version may have other names: look again before you change this."""
    assert (version("faust-streaming"), version("aiokafka")) == ("0.15.3", "0.14.0")
